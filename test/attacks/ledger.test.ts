/**
 * The ledger's files, changed by somebody who can write them. A row says what was done, with which key at hand, what a reading
 * says, and what the next writer does: it refuses, or it moves aside what nobody vouched for. Putting the original back makes all of it good again.
 */
import { appendFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { encodeLine } from '../../src/ledger/events.ts';
import { testEvent, testLedgerOptions, testSigner, startDetail } from '../../src/ledger/fixture.ts';
import { HEAD_BYTES, judgeHead, SLOT_BYTES } from '../../src/ledger/head.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { checkpointText, ledgerOrigin, noteKey, signNote } from '../../src/ledger/note.ts';
import { readLedger } from '../../src/ledger/read.ts';
import type { KnownHeads, LedgerEntry } from '../../src/ledger/types.ts';

// Thousands of readings, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const root = 'ab'.repeat(32);
const recording = '20261122-000000-00000001';
const entries: readonly LedgerEntry[] = [
  { action: 'recording.start', person: 'p-0123456789ab', detail: { recording, ...startDetail } },
  { action: 'lock', detail: { cause: 'idle' } },
  { action: 'recording.end', detail: { recording, reason: 'exit', size: 3, root, outputBytes: 1, durationMs: 1 } },
];
const FILES = ['events.jsonl', 'checkpoints.jsonl', 'head'] as const;
type FileName = (typeof FILES)[number];

interface Site {
  readonly options: ReturnType<typeof testLedgerOptions>;
  readonly folder: string;
  readonly path: (file: FileName) => string;
  /** Every whole state that the ledger was in, oldest first: what somebody who copies the folder each minute has. */
  readonly older: readonly ReadonlyMap<FileName, Buffer>[];
}

async function makeSite(): Promise<Site> {
  const options = testLedgerOptions();
  folders.push(dirname(options.folder));
  const path = (file: FileName): string => join(options.folder, file);
  const older: Map<FileName, Buffer>[] = [];
  const keep = (): void => void older.push(new Map(FILES.map((file) => [file, readFileSync(path(file))])));
  const ledger = await Ledger.open(options);
  keep();
  for (const entry of entries) {
    await ledger.append(entry);
    keep();
  }
  await ledger.checkpoint();
  keep();
  await ledger.close();
  return { options, folder: options.folder, path, older };
}

const site = await makeSite();
const original = site.older.at(-1)!;

function restore(): void {
  mkdirSync(site.folder, { recursive: true });
  for (const name of readdirSync(site.folder)) rmSync(join(site.folder, name), { recursive: true, force: true });
  for (const [file, bytes] of original) writeFileSync(site.path(file), bytes);
}

const reading = (signatures: 'all' | 'last' = 'all') => readLedger(site.folder, site.options.key, { signatures });
const lines = (file: FileName): string[] => original.get(file)!.toString('utf8').trimEnd().split('\n');
const put = (file: FileName, made: readonly string[]): void => writeFileSync(site.path(file), made.map((line) => `${line}\n`).join(''));
const roll = (moment: number, ...files: FileName[]): void => files.forEach((file) => writeFileSync(site.path(file), site.older[moment]!.get(file)!));
const line = (seq: number, entry: LedgerEntry): string => encodeLine(testEvent(seq, entry)).toString('utf8');
const forge = (...made: LedgerEntry[]): void => made.forEach((entry, i) => appendFileSync(site.path('events.jsonl'), `${line(3 + i, entry)}\n`));
const other = '20261122-000000-000000ff';

type Key = 'none' | 'another' | 'old copies';
const table: readonly (readonly [what: string, key: Key, says: string, writer: 'refuses' | 'moves aside', attack: () => void | Promise<void>])[] = [
  ['an unlock that never was', 'none', 'unvouched', 'moves aside', () => forge({ action: 'unlock', outcome: 'success', detail: { method: 'passphrase' } })],
  [
    'a recording that never was, with start and end',
    'none',
    'unvouched',
    'moves aside',
    () =>
      forge(
        { action: 'recording.start', person: 'p-0123456789ab', detail: { recording: other, ...startDetail } },
        { action: 'recording.end', detail: { recording: other, reason: 'exit', size: 3, root, outputBytes: 1, durationMs: 1 } },
      ),
  ],
  [
    'a complete recording made longer',
    'none',
    'unvouched',
    'moves aside',
    () => forge({ action: 'recording.end', detail: { recording, reason: 'exit', size: 9, root, outputBytes: 9, durationMs: 9 } }),
  ],
  ['free text with a name', 'none', 'unvouched', 'moves aside', () => appendFileSync(site.path('events.jsonl'), '{"seq":3,"note":"Jane Doe"}\n')],
  ['bytes that are no line', 'none', 'unvouched', 'moves aside', () => appendFileSync(site.path('events.jsonl'), Buffer.alloc(70_000, 0xff))],
  ['a line at the end of the checkpoints', 'none', 'unvouched', 'moves aside', () => appendFileSync(site.path('checkpoints.jsonl'), '{"note":"x"}\n')],
  [
    'a checkpoint a second time',
    'old copies',
    'unvouched',
    'moves aside',
    () => put('checkpoints.jsonl', [...lines('checkpoints.jsonl'), lines('checkpoints.jsonl')[1]!]),
  ],
  ['the newest slot of the head garbled', 'none', 'unvouched', 'moves aside', () => garble(newestSlot())],
  ['the older slot of the head garbled', 'none', 'unvouched', 'moves aside', () => garble(SLOT_BYTES - newestSlot())],
  ['both slots garbled', 'none', 'bad-head', 'refuses', () => (garble(0), garble(SLOT_BYTES))],
  ['the head emptied', 'none', 'bad-head', 'refuses', () => truncateSync(site.path('head'))],
  ['the head made of zeros', 'none', 'bad-head', 'refuses', () => writeFileSync(site.path('head'), Buffer.alloc(HEAD_BYTES))],
  ['the head removed', 'none', 'no-head', 'refuses', () => rmSync(site.path('head'))],
  ['only events left', 'none', 'no-head', 'refuses', () => (rmSync(site.path('head')), rmSync(site.path('checkpoints.jsonl')))],
  ['only checkpoints left', 'none', 'no-head', 'refuses', () => (rmSync(site.path('head')), rmSync(site.path('events.jsonl')))],
  ['a folder in place of the head', 'none', 'bad-head', 'refuses', () => (rmSync(site.path('head')), mkdirSync(site.path('head')))],
  ['a FIFO in place of the head', 'none', 'bad-head', 'refuses', () => (rmSync(site.path('head')), void execFileSync('mkfifo', [site.path('head')]))],
  [
    'a FIFO in place of the events',
    'none',
    'unreadable',
    'refuses',
    () => (rmSync(site.path('events.jsonl')), void execFileSync('mkfifo', [site.path('events.jsonl')])),
  ],
  [
    'a link in place of the events',
    'none',
    'unreadable',
    'refuses',
    () => (linkSync(site.path('events.jsonl'), join(site.folder, 'x')), rmSync(site.path('events.jsonl')), symlinkSync('x', site.path('events.jsonl'))),
  ],
  ['the events cut by a line', 'none', 'cut', 'refuses', () => put('events.jsonl', lines('events.jsonl').slice(0, -1))],
  ['the events removed', 'none', 'cut', 'refuses', () => rmSync(site.path('events.jsonl'))],
  ['the checkpoints cut to the first', 'none', 'cut', 'refuses', () => put('checkpoints.jsonl', lines('checkpoints.jsonl').slice(0, 1))],
  ['the checkpoints removed', 'none', 'cut', 'refuses', () => rmSync(site.path('checkpoints.jsonl'))],
  [
    'the checkpoints cut to the first, and the events rewritten',
    'none',
    'cut',
    'refuses',
    () => (put('checkpoints.jsonl', lines('checkpoints.jsonl').slice(0, 1)), put('events.jsonl', [line(0, entries[1]!)])),
  ],
  [
    'an event changed',
    'none',
    'root-mismatch',
    'refuses',
    () => put('events.jsonl', lines('events.jsonl').with(1, lines('events.jsonl')[1]!.replace('idle', 'menu'))),
  ],
  ['an event left out', 'none', 'bad-sequence', 'refuses', () => put('events.jsonl', lines('events.jsonl').toSpliced(1, 1))],
  ['two checkpoints swapped', 'none', 'bad-order', 'refuses', () => put('checkpoints.jsonl', lines('checkpoints.jsonl').toReversed())],
  ['the head set back alone, behind a checkpoint', 'old copies', 'set-back', 'refuses', () => roll(2, 'head')],
  ['the head and the checkpoints set back', 'old copies', 'unvouched', 'moves aside', () => roll(2, 'head', 'checkpoints.jsonl')],
  ['the events set back', 'old copies', 'cut', 'refuses', () => roll(2, 'events.jsonl')],
  ['the slots of two moments in one head', 'old copies', 'unvouched', 'moves aside', () => mixSlots(1)],
  ['another recording ended', 'none', 'root-mismatch', 'refuses', () => put('events.jsonl', lines('events.jsonl').with(2, line(2, { ...entries[1]! })))],
  [
    'a checkpoint of another key',
    'another',
    'bad-signature',
    'refuses',
    async () => put('checkpoints.jsonl', lines('checkpoints.jsonl').with(-1, JSON.stringify({ note: await foreignNote() }))),
  ],
  ['a head of another key', 'another', 'bad-head', 'refuses', async () => writeFileSync(site.path('head'), await foreignHead())],
];

function newestSlot(): number {
  const found = judgeHead(original.get('head')!, site.options.key);
  if (found.kind !== 'good') throw new Error('the original is not good');
  return (found.head.generation % 2) * SLOT_BYTES;
}

function garble(slot: number): void {
  const bytes = readFileSync(site.path('head'));
  bytes.fill(0x41, slot, slot + 100);
  writeFileSync(site.path('head'), bytes);
}

/** The older slot replaced by one of an earlier moment. */
function mixSlots(moment: number): void {
  const bytes = Buffer.from(original.get('head')!);
  const from = site.older[moment]!.get('head')!;
  const at = SLOT_BYTES - newestSlot();
  from.copy(bytes, at, at, at + SLOT_BYTES);
  writeFileSync(site.path('head'), bytes);
}

async function foreignNote(): Promise<string> {
  const signer = testSigner();
  const origin = ledgerOrigin(site.options.installation);
  const text = checkpointText(origin, { size: 3, root }, '2026-11-22T00:00:00.000Z');
  return signNote(text, noteKey(origin, signer.publicKey), signer.sign);
}

async function foreignHead(): Promise<Buffer> {
  const options = testLedgerOptions();
  folders.push(dirname(options.folder));
  const ledger = await Ledger.open(options);
  for (const entry of entries) await ledger.append(entry);
  await ledger.checkpoint();
  await ledger.close();
  return readFileSync(join(options.folder, 'head'));
}

/** What a reading says first; a folder that cannot be read has a code too. */
function says(signatures: 'all' | 'last' = 'all'): string {
  try {
    return reading(signatures).faults[0]?.code ?? 'good';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

test.each(table)('%s (key: %s): %s, and the writer %s', async (_what, _key, expected, writer, attack) => {
  restore();
  await attack();
  const before = new Map(FILES.filter((file) => file !== 'head' && existsSync(site.path(file))).map((file) => [file, sizeOf(file)]));
  expect(says()).toBe(expected);
  if (writer === 'refuses') {
    await expect(Ledger.open(site.options)).rejects.toMatchObject({ message: expect.stringContaining(site.folder) });
    for (const [file, size] of before) expect(sizeOf(file), file).toBe(size);
  } else {
    const ledger = await Ledger.open(site.options);
    await ledger.close();
    const after = reading();
    expect(after.faults).toEqual([]);
    // Nothing that nobody vouched for is among the events, and what was moved is there, counted and told.
    const told = readFileSync(site.path('events.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(after.events - 3)
      .filter((text) => text.includes('ledger.unvouched'));
    expect(told.length).toBeGreaterThan(0);
    expect(readFileSync(site.path('events.jsonl'), 'utf8')).not.toMatch(/"unlock"|Jane|000000ff|"size":9/);
    expect(readdirSync(site.folder).filter((name) => name.startsWith('unvouched-')).length).toBeGreaterThan(0);
  }
  restore();
  expect(says()).toBe('good');
  await (await Ledger.open(site.options)).close();
  expect(says()).toBe('good');
});

function sizeOf(file: FileName): number {
  try {
    return readFileSync(site.path(file), { flag: 0x20000 | 0x800 }).length;
  } catch {
    return -1;
  }
}

test.each(FILES)('%s cut at any byte is found, and nothing is signed over it', async (file) => {
  restore();
  const whole = original.get(file)!;
  for (let length = 0; length < whole.length; length++) {
    if (file === 'head') expect(judgeHead(whole.subarray(0, length), site.options.key).kind).toBe('bad');
    if (file === 'head' && length % 64 > 0) continue;
    writeFileSync(site.path(file), whole.subarray(0, length));
    expect(says(), `${length} bytes`).not.toBe('good');
  }
  for (const length of [0, 1, Math.floor(whole.length / 2), whole.length - 1]) {
    writeFileSync(site.path(file), whole.subarray(0, length));
    await expect(Ledger.open(site.options), `${length} bytes`).rejects.toMatchObject({ code: 'corrupt' });
  }
  restore();
  expect(says()).toBe('good');
});

test.each(['events.jsonl', 'checkpoints.jsonl'] as const)('every single bit of %s counts', (file) => {
  restore();
  const bytes = Buffer.from(original.get(file)!);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    writeFileSync(site.path(file), bytes);
    if (says('last') === 'good') expect.unreachable(`bit ${bit} of ${file} can be changed`);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
});

test('every single bit of the head counts', () => {
  const bytes = Buffer.from(original.get('head')!);
  const flip = (bit: number): void => void (bytes[bit >> 3]! ^= 1 << (bit & 7));
  const note = Math.max(bytes.indexOf(0), bytes.indexOf(0, SLOT_BYTES) - SLOT_BYTES) * 8;
  for (let bit = 0; bit < note; bit++) {
    for (const at of [bit, bit + SLOT_BYTES * 8]) {
      flip(at);
      const found = judgeHead(bytes, site.options.key);
      if (found.kind === 'good' && !found.damaged) expect.unreachable(`bit ${at} of the head can be changed`);
      flip(at);
    }
  }
  // The same bit of both fillings at once: were one of them overlooked, its slot would still be good.
  for (let bit = note; bit < SLOT_BYTES * 8; bit++) {
    flip(bit);
    flip(bit + SLOT_BYTES * 8);
    if (judgeHead(bytes, site.options.key).kind !== 'bad') expect.unreachable(`bit ${bit} of a slot can be changed`);
    flip(bit);
    flip(bit + SLOT_BYTES * 8);
  }
});

test('a writer that dies between its lines and their head leaves lines that nobody was told of', async () => {
  for (const at of ['sign', 'head'] as const) {
    restore();
    const ledger = await Ledger.open({
      ...site.options,
      signer: { ...site.options.signer, sign: at === 'sign' ? () => Promise.reject(new Error('gone')) : site.options.signer.sign },
    });
    if (at === 'sign') {
      // The key refuses: the line is taken back, the caller hears it, and the ledger is as it was.
      await expect(ledger.append(entries[1]!)).rejects.toMatchObject({ code: 'not-signed' });
      await ledger.close();
      expect(says()).toBe('good');
      expect(reading().events).toBe(3);
    } else {
      await ledger.append(entries[1]!);
      await ledger.close();
      // As after a power cut: the line reached the disk, and its head did not.
      writeFileSync(site.path('head'), original.get('head')!);
      expect(says()).toBe('unvouched');
      const next = await Ledger.open(site.options);
      expect(next.events).toBe(4);
      await next.close();
      expect(readFileSync(site.path('events.jsonl'), 'utf8')).toContain(
        '"action":"ledger.unvouched","aal":null,"credential":null,"detail":{"file":"events","lines":1,',
      );
    }
  }
});

test('lines that somebody adds while the ledger is open are moved aside, and never signed for', async () => {
  restore();
  const ledger = await Ledger.open(site.options);
  for (let i = 0; i < 5; i++) {
    appendFileSync(site.path('events.jsonl'), `${line(ledger.events, { action: 'unlock', outcome: 'success', detail: { method: 'passphrase' } })}\n`);
    await ledger.append(entries[1]!);
  }
  await ledger.checkpoint();
  await ledger.close();
  expect(reading()).toMatchObject({ events: 3 + 10, faults: [] });
  expect(readFileSync(site.path('events.jsonl'), 'utf8')).not.toContain('"unlock"');
  expect(readdirSync(site.folder).filter((name) => name.startsWith('unvouched-'))).toHaveLength(5);
});

test('a head that is set back while the ledger is open is noticed', async () => {
  restore();
  const ledger = await Ledger.open(site.options);
  await ledger.append(entries[1]!);
  writeFileSync(site.path('head'), original.get('head')!);
  await expect(ledger.append(entries[1]!)).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining('was set back') });
  await ledger.close();
});

/** Heads outside, as a secret store keeps them: one, the newest. */
function outsideOf(head: { size: number; root: string; note: string }): KnownHeads & { kept: string[] } {
  const kept: string[] = [];
  return {
    kept,
    known: async () => [{ ...head, time: '2026-11-22T00:00:00.000Z', source: 'a test', half: false }],
    keep: async (note) => void kept.push(note),
  };
}

test.each([
  ['set back as a whole', 'old copies', () => roll(1, ...FILES)],
  ['set back to its beginning', 'old copies', () => roll(0, ...FILES)],
  ['removed as a whole', 'none', () => rmSync(site.folder, { recursive: true })],
  ['made anew, as long, and signed', 'the installation', () => rewrite(3)],
  ['made anew, longer, and signed', 'the installation', () => rewrite(9)],
] as const)('a ledger that was %s (key: %s) is not signed again where one head of it is known', async (_what, _key, attack) => {
  restore();
  const { head } = reading();
  const outside = outsideOf({ ...head!.tree, note: head!.note });
  await attack();
  const before = existsSync(site.folder) ? new Map(FILES.map((file) => [file, readFileSync(site.path(file))])) : undefined;
  // By itself it is good: that is why a head has to be kept elsewhere.
  expect(says()).toBe('good');
  await expect(Ledger.open({ ...site.options, outside })).rejects.toMatchObject({ code: 'diverged', message: expect.stringContaining('a test') });
  expect(outside.kept).toEqual([]);
  for (const [file, bytes] of before ?? []) expect(readFileSync(site.path(file))).toEqual(bytes);
  restore();
  const ledger = await Ledger.open({ ...site.options, outside });
  await ledger.append(entries[1]!);
  const { note } = await ledger.checkpoint();
  await ledger.close();
  expect(outside.kept).toEqual([note]);
});

/** What somebody with the installation's key can do: another history, rightly signed. */
async function rewrite(events: number): Promise<void> {
  rmSync(site.folder, { recursive: true });
  const ledger = await Ledger.open(site.options);
  for (let i = 0; i < events; i++) await ledger.append(entries[1]!);
  await ledger.checkpoint();
  await ledger.close();
}
