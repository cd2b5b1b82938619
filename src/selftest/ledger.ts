/** The ledger: verified as it lies there, and both it and one of our own refused once they are tampered with. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeLine } from '../ledger/events.ts';
import { ledgerPaths, type LedgerPaths } from '../ledger/files.ts';
import { Ledger } from '../ledger/ledger.ts';
import { ledgerOrigin, noteKey, type NoteKey } from '../ledger/note.ts';
import { readLedger } from '../ledger/read.ts';
import { leafHash, MerkleTree } from '../merkle/tree.ts';
import { newSigningSecret, signerOf } from '../storage/signer.ts';
import { fails, holds, type Finding } from './finding.ts';

/** Whose the ledger is that is made to be tampered with. It is nobody's: its key is forgotten at once. */
const NOBODY = 'w-000000000000';
/** Events of it: enough that one stands between two others, and one behind the checkpoint. */
const EVENTS = 5;

export interface LedgerParts {
  readonly folder: string;
  readonly key: NoteKey;
  /** As `wardmux ledger verify` does. */
  readonly verify: () => Promise<{ readonly good: boolean; readonly code: string; readonly sentence: string }>;
  readonly read?: typeof readLedger;
}

export async function tryLedger({ folder, key, verify, read = readLedger }: LedgerParts): Promise<Finding> {
  const { good, code, sentence } = await verify();
  if (!good) return fails(`${code}: ${sentence}`);
  const found = tamperedInMemory(folder, key, read);
  if (!found.refused) return fails('A copy of this ledger in memory with one bit changed has the same root: what its head signs for proves nothing.');
  const taken = await tamperedOnDisk(read);
  if (taken.length > 0) return fails(`A ledger that was made for it is taken with ${taken.join(', with ')}.`);
  return holds(
    `${found.events} events rebuilt, their root is the one that is signed; with one bit changed it is another. A ledger that was made for it was refused in each of ${tamperings.length} ways to change it.`,
  );
}

/** Rebuilds the tree with one bit changed in the middle event, in memory. */
function tamperedInMemory(folder: string, key: NoteKey, read: typeof readLedger): { readonly events: number; readonly refused: boolean } {
  const { events, tree } = read(folder, key, { signatures: 'last' });
  if (events === 0) return { events, refused: true };
  const target = events >> 1;
  const other = new MerkleTree();
  read(folder, key, {
    signatures: 'last',
    onEvent: ({ seq }, line) => {
      // What came meanwhile is not of that root.
      if (seq >= events) return;
      const entry = Buffer.from(decodeLine(line)!.entry);
      if (seq === target) entry[entry.length >> 1]! ^= 1;
      other.append(leafHash(entry));
    },
  });
  return { events, refused: other.size === events && other.head().root !== tree.head().root };
}

/** Each way to change a ledger: what it is, and the change. */
const tamperings: readonly (readonly [what: string, change: (paths: LedgerPaths) => void])[] = [
  [
    'an event that was changed',
    ({ events }) =>
      edit(events, (lines) =>
        lines.map((line, n) =>
          n === 1 ? line.replace(/("time":"\d{3})(\d)/, (_, start: string, digit: string) => `${start}${(Number(digit) + 1) % 10}`) : line,
        ),
      ),
  ],
  ['an event that was taken out', ({ events }) => edit(events, (lines) => lines.filter((_, n) => n !== 1))],
  ['two events in the other order', ({ events }) => edit(events, ([first, second, third, ...rest]) => [first!, third!, second!, ...rest])],
  ['its last event cut off', ({ events }) => edit(events, (lines) => lines.slice(0, -1))],
  ['its checkpoint taken out', ({ checkpoints }) => edit(checkpoints, () => [])],
];

function edit(path: string, change: (lines: string[]) => readonly string[]): void {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  writeFileSync(
    path,
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** @returns the ways in which a tampered ledger was taken for a good one. @throws Error where the untouched one is refused */
async function tamperedOnDisk(read: typeof readLedger): Promise<string[]> {
  const place = mkdtempSync(join(tmpdir(), 'wardmux-selftest-'));
  const secret = newSigningSecret();
  try {
    const signer = signerOf(NOBODY, secret);
    const folder = join(place, 'ledger');
    const key = noteKey(ledgerOrigin(NOBODY), signer.publicKey, signer.second?.publicKey);
    const ledger = await Ledger.open({ folder, installation: NOBODY, signer, key });
    for (let n = 0; n < EVENTS; n++) await ledger.append({ action: 'lock', detail: { cause: 'command' } });
    await ledger.checkpoint();
    await ledger.close();
    if (read(folder, key).faults.length > 0) return ['no change at all refused'];
    return tamperings.flatMap(([what, change], n) => {
      const copy = join(place, `copy-${n}`);
      cpSync(folder, copy, { recursive: true });
      change(ledgerPaths(copy));
      return read(copy, key).faults.length > 0 ? [] : [what];
    });
  } finally {
    secret.fill(0);
    rmSync(place, { recursive: true, force: true });
  }
}
