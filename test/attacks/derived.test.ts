/**
 * Somebody with the installation's key signs something else beside the ledger, whose own files stay byte for byte what they were: no head,
 * no anchor and no second signature of a checkpoint can find that. What an auditor asks is asked of the events.
 */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { commandsOver } from './commands.ts';
import { Derived, type Derivable } from '../../src/ledger/derived/derived.ts';
import { takeCounted } from '../../src/ledger/entitled.ts';
import { writeSnapshot } from '../../src/ledger/derived/snapshot.ts';
import { decodeLine } from '../../src/ledger/events.ts';
import { LedgerFacts, type FactsState } from '../../src/ledger/facts.ts';
import { readHead } from '../../src/ledger/head.ts';
import { installationNoteKey } from '../../src/ledger/note.ts';
import { leafHash, MerkleTree } from '../../src/merkle/tree.ts';
import { homePaths, openSigner, requireInstallation } from '../../src/storage/index.ts';

const place = mkdtempSync(join(tmpdir(), 'wardmux-derived-'));
const home = join(place, 'home');
const before = join(place, 'before');
const MALLORY = 'p-00000000dead';

const { wardmux, done, install } = commandsOver(place, home);

interface Lie {
  readonly facts?: (state: FactsState) => FactsState;
  /** Of which recording the ledger is to have another head. */
  readonly head?: string;
  /** Of which recording its events are to be left out of the index. */
  readonly hidden?: string;
}

/** What lies beside the ledger, as a writer makes it, but for the lie. @param halves how many of the key's halves the liar has. */
async function signBeside({ facts: change = (state) => state, head: longer, hidden }: Lie, halves: 1 | 2): Promise<void> {
  const paths = homePaths(home);
  const installation = requireInstallation(paths);
  const key = installationNoteKey(installation);
  const { second, ...signer } = await openSigner(paths, installation);
  const found = readHead(join(paths.ledger, 'head'), key);
  if (found.kind !== 'good') throw new Error('no head');
  const folder = join(paths.ledger, 'derived');
  rmSync(folder, { recursive: true, force: true });
  const derived = new Derived(folder);
  const [tree, states, facts] = [new MerkleTree(), derived.states(), LedgerFacts.from()];
  const group: Derivable[] = [];
  const file = readFileSync(join(paths.ledger, 'events.jsonl'));
  let at = 0;
  while (tree.size < found.head.tree.size) {
    const end = file.indexOf(10, at);
    const { event, entry } = decodeLine(Buffer.from(file.subarray(at, end)))!;
    states.take(event);
    const counts = takeCounted(facts, event);
    const leaf = leafHash(entry);
    tree.append(leaf);
    const { opened: _, detail: __, ...rest } = event;
    const shown = hidden !== undefined && event.detail?.['recording'] === hidden ? { ...rest, action: 'app.stop' } : event;
    group.push({ event: shown, leaf, offset: at, counts });
    at = end + 1;
  }
  derived.add(group);
  if (longer !== undefined) states.set(longer, { ...states.get(longer)!, head: { size: 5, root: 'ab'.repeat(32) } });
  const snapshot = derived.flush({ ...tree.head(), end: at, checkpoints: found.head.checkpoints, facts: change(facts.state()) }, states);
  await writeSnapshot(folder, snapshot, key, halves === 2 ? { ...signer, ...(second ? { second } : {}) } : signer);
  derived.close();
}

const lies: readonly (readonly [string, () => Lie])[] = [
  ['a person who was never enrolled', () => ({ facts: (state) => ({ ...state, people: [...state.people, [MALLORY, { ...state.people[0]![1], seq: 2 }]] }) })],
  ['another head of a recording', () => ({ head: readdirSync(join(home, 'recordings'))[0]! })],
  ['a recording without its events', () => ({ hidden: readdirSync(join(home, 'recordings'))[0]! })],
];

beforeAll(() => {
  install();
  done('record', '--', 'echo', 'one');
  cpSync(home, before, { recursive: true });
}, 120_000);
beforeEach(() => {
  rmSync(home, { recursive: true, force: true });
  cpSync(before, home, { recursive: true });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('what says the same as the events is good', async () => {
  await signBeside({}, 2);
  expect(wardmux('ledger', 'verify', '--deep')).toMatchObject({ status: 0, out: expect.stringMatching(/^good: /) });
});

test.each(lies)('%s, signed by both halves, is found by ledger verify; trust does not ask there', async (_, lie) => {
  await signBeside(lie(), 2);
  for (const deep of [[], ['--deep']]) expect(wardmux('ledger', 'verify', ...deep)).toMatchObject({ status: 7, out: expect.stringMatching(/^bad-derived: /) });
  const trust = wardmux('trust');
  expect(trust).toMatchObject({ status: 0 });
  expect(trust.out).not.toContain(MALLORY);
  rmSync(join(home, 'ledger/derived'), { recursive: true });
  done('ledger', 'verify', '--deep');
});

test.each(lies)('%s, signed by Ed25519 alone, nobody believes', async (_, lie) => {
  await signBeside(lie(), 1);
  done('ledger', 'verify', '--deep');
  expect(wardmux('trust').out).not.toContain(MALLORY);
  const [id] = readdirSync(join(home, 'recordings')) as [string];
  expect(wardmux('list')).toMatchObject({ status: 0, err: '' });
  expect(wardmux('play', id, '--raw', '--passphrase-fd', '3')).toMatchObject({ status: 0, out: expect.stringContaining('one') });
});
