import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { leafHash, rootFromInclusion, StoredTree } from '../../merkle/tree.ts';
import { decodeLine } from '../events.ts';
import { startDetail, testLedgerOptions } from '../fixture.ts';
import { Ledger } from '../ledger.ts';
import { SNAPSHOT_EVENTS } from '../state.ts';
import type { LedgerEntry } from '../types.ts';
import { LedgerView } from '../view.ts';
import { EMPTY_TREE, HashTree, type TreeState } from './hash-tree.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const id = (n: number): string => `20261122-${String(n % 240_000).padStart(6, '0')}-${n.toString(16).padStart(8, '0')}`;
const root = (n: number): string => n.toString(16).padStart(64, '0');

/** Events of `count` recordings: a start, heads, an end; recordings overlap. */
function events(count: number): LedgerEntry[] {
  const made: LedgerEntry[] = [];
  for (let n = 0; n < count; n++) {
    made.push({ action: 'recording.start', person: 'p-0123456789ab', detail: { recording: id(n), ...startDetail } });
    if (n >= 3) {
      const other = id(n - 3);
      made.push({
        action: 'recording.heads',
        heads: [other, ...(n % 5 === 4 ? [id(n - 2), id(n - 1)] : [])].map((recording) => ({
          recording,
          ...(recording === other ? { size: 5, root: root(n) } : { size: 2, root: root(2) }),
        })),
      });
      made.push({ action: 'recording.end', detail: { recording: other, reason: 'exit', size: 9, root: root(n + 1), outputBytes: n, durationMs: 2 * n } });
    }
    made.push({ action: 'lock', detail: { cause: 'idle' } });
    if (n % 300 === 7) made.push({ action: 'first-run', person: 'p-0123456789ab', detail: { auditKeys: [] } });
  }
  return made;
}

async function filled(count: number) {
  const options = testLedgerOptions();
  folders.push(dirname(options.folder));
  const ledger = await Ledger.open(options);
  await Promise.all(events(count).map((entry) => ledger.append(entry)));
  await ledger.checkpoint();
  await ledger.close();
  const lines = readFileSync(join(options.folder, 'events.jsonl'), 'utf8').trimEnd().split('\n');
  return { ...options, lines, derived: join(options.folder, 'derived') };
}

/** Everything that can be asked, from the ledger's own lines. */
async function expectAnswers(ledger: Ledger | LedgerView, lines: readonly string[], ids: readonly string[]) {
  const entries = lines.map((line) => decodeLine(Buffer.from(line))!.entry);
  const tree = new StoredTree(entries.map((entry) => leafHash(entry)));
  const head = tree.head();
  for (const recording of ids) {
    const due = lines.flatMap((line, index) => (line.includes(`"${recording}"`) ? [{ index, entry: entries[index]!.toString() }] : []));
    const found = await ledger.eventsOf(recording);
    expect(found.map(({ event, entry }) => ({ index: event.seq, entry: entry.toString() }))).toEqual(due);
    for (const one of found)
      expect(rootFromInclusion(leafHash(one.entry), one.event.seq, head.size, await ledger.inclusion(one, head)).toString('hex')).toBe(head.root);
    const state = await ledger.recording(recording);
    if (due.length === 0) expect(state).toBeUndefined();
    else {
      const ended = due.some(({ entry }) => entry.includes('recording.end'));
      expect(state).toMatchObject({ start: due[0]!.index, closed: ended ? 'recording.end' : null, head: { size: ended ? 9 : due.length > 1 ? 2 : 0 } });
    }
  }
  for (const size of [0, 1, 255, 256, 257, Math.floor(lines.length / 2), lines.length]) expect(await ledger.rootAt(size)).toBe(tree.head(size).root);
  expect(await ledger.rootAt(lines.length + 1)).toBeUndefined();
  const policies = lines.flatMap((line, index) => (line.includes('"first-run"') ? [index] : []));
  expect((await ledger.policyEvents()).map(({ event }) => event.seq)).toEqual(policies);
}

const asked = [id(0), id(1), id(400), id(797), id(799), id(12_345)];

test('a ledger answers without reading its history, and with it the same', async () => {
  const made = await filled(800);
  const { size, end } = JSON.parse(readFileSync(join(made.derived, 'snapshot'), 'utf8').split('\n')[1]!) as { size: number; end: number };
  expect(size).toBeGreaterThan(SNAPSHOT_EVENTS);
  expect(end).toBeLessThan(statSync(join(made.folder, 'events.jsonl')).size);
  const ledger = await Ledger.open(made);
  await expectAnswers(ledger, made.lines, asked);
  expect((await ledger.recordings()).map(([recording]) => recording)).toEqual(Array.from({ length: 800 }, (_, n) => id(n)).sort());
  expect(await ledger.recording(id(10))).toMatchObject({ outputBytes: 13, durationMs: 26, person: 'p-0123456789ab' });
  // One that ended long ago is in the index, and no second start of it goes in.
  await expect(ledger.append(events(1)[0]!)).rejects.toMatchObject({ code: 'contradiction' });
  await ledger.close();
  const view = (await LedgerView.open(made.folder, made.key))!;
  await expectAnswers(view, made.lines, asked);
  view.close();
});

test('opening reads what came after the snapshot, and nothing before it', async () => {
  const made = await filled(800);
  // Somebody changes an old line: what opens quickly does not see it, what is asked of it does, and so does the full reading.
  const path = join(made.folder, 'events.jsonl');
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('"idle"') + 1] = 'j'.charCodeAt(0);
  writeFileSync(path, bytes);
  const ledger = await Ledger.open(made);
  await expect(ledger.eventsOf(id(1))).resolves.toHaveLength(3);
  await ledger.close();
  rmSync(made.derived, { recursive: true });
  await expect(Ledger.open(made)).rejects.toMatchObject({ code: 'corrupt' });
});

test('an event that was changed is never given out, also where it lies before the snapshot', async () => {
  const made = await filled(800);
  const path = join(made.folder, 'events.jsonl');
  const text = readFileSync(path, 'utf8').replace(`"durationMs":${2 * 13}`, '"durationMs":99');
  writeFileSync(path, text);
  const ledger = await Ledger.open(made);
  await expect(ledger.eventsOf(id(10))).rejects.toMatchObject({ code: 'corrupt' });
  await ledger.close();
});

test.each(['snapshot', 'tree-0', 'tree-8', 'offsets', 'events.index', 'recordings.index'])(
  '%s: cut, garbled, emptied, removed or put back from earlier, the answers stay the same',
  async (file) => {
    const made = await filled(800);
    const path = join(made.derived, file);
    const kept = join(dirname(made.folder), 'kept');
    cpSync(made.derived, kept, { recursive: true });
    const ledger = await Ledger.open(made);
    await Promise.all(Array.from({ length: 1500 }, () => ledger.append({ action: 'lock', detail: { cause: 'menu' } })));
    await ledger.close();
    const now = join(dirname(made.folder), 'now');
    cpSync(made.derived, now, { recursive: true });
    const lines = readFileSync(join(made.folder, 'events.jsonl'), 'utf8').trimEnd().split('\n');
    const attacks: readonly (() => void)[] = [
      () => truncateSync(path, Math.floor(statSync(path).size / 2)),
      () => truncateSync(path, 0),
      () => rmSync(path),
      () => writeFileSync(path, Buffer.alloc(statSync(path).size, 0x5a)),
      () => {
        const bytes = readFileSync(path);
        for (let at = 0; at < bytes.length; at += 61) bytes[at]! ^= 1;
        writeFileSync(path, bytes);
      },
      () => appendFileSync(path, Buffer.alloc(5000, 1)),
      () => copyFileSync(join(kept, file), path),
      () => cpSync(kept, made.derived, { recursive: true }),
      () => rmSync(made.derived, { recursive: true }),
    ];
    for (const attack of attacks) {
      attack();
      const view = (await LedgerView.open(made.folder, made.key))!;
      await expectAnswers(view, lines, asked);
      view.close();
      const opened = await Ledger.open(made);
      await expectAnswers(opened, lines, asked);
      await expect(opened.append(events(1)[0]!)).rejects.toMatchObject({ code: 'contradiction' });
      await opened.close();
      rmSync(made.derived, { recursive: true });
      cpSync(now, made.derived, { recursive: true });
    }
  },
  60_000,
);

test('two writers take turns with the snapshots, and both answer', async () => {
  const made = await filled(400);
  const [a, b] = [await Ledger.open(made), await Ledger.open(made)];
  for (let round = 0; round < 4; round++)
    for (const ledger of [a, b]) await Promise.all(Array.from({ length: 700 }, () => ledger.append({ action: 'lock', detail: { cause: 'menu' } })));
  await a.append({ action: 'lock', detail: { cause: 'menu' } });
  await b.append({ action: 'lock', detail: { cause: 'menu' } });
  await a.append({ action: 'lock', detail: { cause: 'menu' } });
  const lines = readFileSync(join(made.folder, 'events.jsonl'), 'utf8').trimEnd().split('\n');
  await expectAnswers(a, lines, [id(0), id(300)]);
  expect((await b.eventsOf(id(300))).length).toBe(3);
  await a.close();
  await b.close();
});

test('a view changes nothing on the disk', async () => {
  const made = await filled(800);
  rmSync(made.derived, { recursive: true });
  const before = readdirSync(made.folder);
  const view = (await LedgerView.open(made.folder, made.key))!;
  await expectAnswers(view, made.lines, asked);
  view.close();
  expect(readdirSync(made.folder)).toEqual(before);
  expect(existsSync(made.derived)).toBe(false);
  expect(await LedgerView.open(join(made.folder, 'nowhere'), made.key)).toBeUndefined();
});

test('the sorted map holds what was put in, in any order, and refuses a changed byte', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-hash-tree-'));
  folders.push(folder);
  const path = join(folder, 'map');
  const map = new HashTree(path, { key: 4, value: 2 }, true);
  const expected = new Map<number, number>();
  const older: { state: TreeState; entries: [number, number][] }[] = [];
  let state = EMPTY_TREE;
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  for (let round = 0; round < 60; round++) {
    const batch = new Map<number, number>();
    for (let i = 0; i < 1 + (random() % 900); i++) batch.set(round % 3 === 0 ? round * 1_000_000 + i : random() % 2_000_000_000, random() % 65_536);
    const entries = [...batch].map(([key, value]) => {
      const entry = Buffer.alloc(6);
      entry.writeUInt32BE(key);
      entry.writeUInt16BE(value, 4);
      expected.set(key, value);
      return entry;
    });
    state = map.put(state, entries.sort(Buffer.compare));
    older.push({ state, entries: [...expected].sort(([a], [b]) => a - b) });
  }
  const all = (at: TreeState): [number, number][] => [...map.from(at, Buffer.alloc(4))].map((entry) => [entry.readUInt32BE(), entry.readUInt16BE(4)]);
  for (const { state: at, entries } of [older[0]!, older[30]!, older[59]!]) expect(all(at)).toEqual(entries);
  for (const [key, value] of [...expected].slice(0, 500)) {
    const wanted = Buffer.alloc(4);
    wanted.writeUInt32BE(key);
    expect(map.get(state, wanted)?.readUInt16BE()).toBe(value);
  }
  expect(map.get(state, Buffer.from('ffffffff', 'hex'))).toBeUndefined();
  const bytes = readFileSync(path);
  for (let at = state.root!.at; at < state.root!.at + state.root!.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    writeFileSync(path, changed);
    expect(() => all(state)).toThrow('signed for');
  }
  map.close();
});
