/**
 * Which keys the installation has had, by the ledger's own events: `installation.json` names them too, and whoever has an older key can
 * write another chain there. The two have to be the same.
 */
import { createHash } from 'node:crypto';
import { keysOf, type NoteKey } from './note.ts';
import type { LedgerEvent } from './types.ts';

/** Digests of the keys, oldest first; none where none was replaced. */
export type KeyChain = readonly string[];

/** The chain after an event. What does not follow the key before it stands in it all the same: then it is the chain of no file. */
export function nextChainOfKeys(chain: KeyChain, { action, detail }: LedgerEvent): KeyChain {
  if (action !== 'installation.key') return chain;
  const { key, previous } = detail ?? {};
  return [...chain, ...(chain.at(-1) === previous ? [] : [String(previous)]), String(key)];
}

/** As `keyDigest` has it: SHA-256 over both halves, lower-case hex. */
const digestOf = ({ publicKey, second }: NoteKey): string =>
  createHash('sha256')
    .update(publicKey)
    .update(second?.publicKey ?? Buffer.alloc(0))
    .digest('hex');

/** Whether a key and those that it replaced are those of the ledger. Where the last rotation was cut, the ledger has not the last one yet. */
export function isChainOf(key: NoteKey, chain: KeyChain): boolean {
  const keys = keysOf(key)
    .map((each) => digestOf(each.key))
    .reverse();
  const same = (some: KeyChain): boolean => some.length === chain.length && some.every((digest, n) => digest === chain[n]);
  if (chain.length === 0) return keys.length <= 2;
  return same(keys) || same(keys.slice(0, -1));
}
