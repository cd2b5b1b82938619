/**
 * Which keys the installation has had, by the ledger's own events: `installation.json` names them too, and whoever has an older key can
 * write another chain there. The two have to be the same.
 */
import { createHash } from 'node:crypto';
import { keysOf, type NoteKey } from './note.ts';
import type { LedgerEvent } from './types.ts';

export interface KeyChain {
  /** Digests of the keys, oldest first; none where none was replaced. */
  readonly keys: readonly string[];
  /** Events up to the last one that is more than a word about bytes that were moved aside. */
  readonly spoken: number;
}
export const NO_CHAIN: KeyChain = { keys: [], spoken: 0 };

/** The chain after an event. What does not follow the key before it stands in it all the same: then it is the chain of no file. */
export function nextChainOfKeys(chain: KeyChain, { action, detail, seq }: LedgerEvent): KeyChain {
  const { keys } = chain;
  if (action === 'ledger.unvouched') return chain;
  if (action !== 'installation.key') return { keys, spoken: seq + 1 };
  const { key, previous } = detail ?? {};
  return { keys: [...keys, ...(keys.at(-1) === previous ? [] : [String(previous)]), String(key)], spoken: seq + 1 };
}

/** As `keyDigest` has it: SHA-256 over both halves, lower-case hex. */
const digestOf = ({ publicKey, second }: NoteKey): string =>
  createHash('sha256')
    .update(publicKey)
    .update(second?.publicKey ?? Buffer.alloc(0))
    .digest('hex');

/** Whether a key and those that it replaced are those of the ledger. Where the last rotation was cut, the ledger has not the last one yet, and ends with its border. */
export function isChainOf(key: NoteKey, chain: KeyChain): boolean {
  const all = keysOf(key)
    .map((each) => digestOf(each.key))
    .reverse();
  const said = chain.keys.length === 0 ? all.slice(0, 1) : chain.keys;
  const same = (some: readonly string[]): boolean => some.length === said.length && some.every((digest, n) => digest === said[n]);
  return same(all) || (key.before !== undefined && chain.spoken <= key.before.until.size && same(all.slice(0, -1)));
}
