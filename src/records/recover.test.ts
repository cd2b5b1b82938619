import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { newRecording, opener, removeFolders, rotated } from '../../test/support/recording.ts';
import { testLedgerOptions } from '../ledger/fixture.ts';
import { Ledger, noticeEntry } from '../ledger/index.ts';
import { encodeFrame, FRAME_HEAD_BYTES, SEGMENT_MAGIC } from '../recording/frame.ts';
import { END_FILE } from '../recording/end-file.ts';
import { openRecording } from '../recording/reader.ts';
import { walkRecording } from '../recording/walk.ts';
import type { RecordingWriter } from '../recording/writer.ts';
import { checkRecording } from './prove.ts';
import { recoverRecordings } from './recover.ts';

const folders: string[] = [];
afterEach(() => {
  removeFolders();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A recording that ended, of which the ledger knows only its beginning: the app was killed in between. `signed`: its first records have a head. */
async function killed(signed = false, more?: (writer: RecordingWriter) => Promise<void>) {
  const options = testLedgerOptions();
  const place = dirname(options.folder);
  folders.push(place);
  const recordings = join(place, 'recordings');
  mkdirSync(recordings);
  const { writer, notices } = await newRecording({ folder: recordings, installation: options.installation });
  writer.output(Buffer.from('some output\r\n'));
  const first = (await writer.checkpoint())!;
  notices.push({ kind: 'heads', heads: [{ recording: writer.id, head: first }] });
  writer.output(Buffer.from('more of it\r\n'));
  await more?.(writer);
  await writer.end('main-gone');
  const ledger = await Ledger.open(options);
  for (const notice of notices) if (notice.kind === 'start' || (signed && notice.kind === 'heads')) await ledger.append(noticeEntry(notice));
  const actions = () => readFileSync(join(options.folder, 'events.jsonl'), 'utf8').match(/"action":"recording[^"]+"/g) ?? [];
  return { recordings, ledger, actions, first, end: join(writer.folder, END_FILE), folder: writer.folder, id: writer.id, writer };
}

/** Name and bytes of everything in a folder. */
const by = { person: 'p-0000000000be', opener };
const all = (folder: string) => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('hex')]);

test('a recording that the pty host could still end is closed, and nothing of its unsigned end.json goes into the ledger', async () => {
  const { recordings, ledger, actions, end, id } = await killed();
  writeFileSync(end, JSON.stringify({ ...JSON.parse(readFileSync(end, 'utf8')), outputBytes: 987_654_321 }));
  expect(await recoverRecordings(recordings, ledger)).toEqual([{ recording: id, outcome: 'closed', sentence: expect.stringContaining('It is whole up to') }]);
  expect(actions()).toEqual(['"action":"recording.start"', '"action":"recording.failed"']);
  expect(readFileSync(join(ledger.folder, 'events.jsonl'), 'utf8')).not.toContain('987654321');
  expect(await recoverRecordings(recordings, ledger)).toEqual([]);
  await ledger.close();
});

test.each(['size', 'root'] as const)('an end file whose %s the frames do not bear out is not believed; without it the recording is closed', async (field) => {
  const { recordings, ledger, actions, end, folder, id } = await killed();
  const said = JSON.parse(readFileSync(end, 'utf8')) as { head: { size: number; root: string } };
  said.head = field === 'size' ? { ...said.head, size: said.head.size - 1 } : { ...said.head, root: 'ab'.repeat(32) };
  writeFileSync(end, JSON.stringify(said));
  const before = all(folder);
  expect(await recoverRecordings(recordings, ledger)).toMatchObject([{ recording: id, outcome: 'contradiction' }]);
  expect(actions()).not.toContain('"action":"recording.failed"');
  expect(all(folder)).toEqual(before);
  unlinkSync(end);
  expect(await recoverRecordings(recordings, ledger)).toMatchObject([{ recording: id, outcome: 'closed' }]);
  await ledger.close();
});

test('a recording that is gone is named with its folder, entered as damage, and good again when it is back', async () => {
  const { recordings, ledger, actions, folder, first } = await killed(true);
  const aside = join(dirname(recordings), 'aside');
  cpSync(folder, aside, { recursive: true });
  rmSync(folder, { recursive: true });
  expect(await recoverRecordings(recordings, ledger)).toEqual([
    expect.objectContaining({ outcome: 'contradiction', sentence: expect.stringContaining(folder) }),
  ]);
  expect(readFileSync(join(ledger.folder, 'events.jsonl'), 'utf8')).toContain(`"signedSize":${first.size},"signedRoot":"${first.root}","foundSize":0`);
  expect(actions().filter((action) => action.includes('damaged'))).toHaveLength(1);
  cpSync(aside, folder, { recursive: true });
  expect(await recoverRecordings(recordings, ledger)).toMatchObject([{ outcome: 'closed' }]);
  await ledger.close();
});

test.each([true, false])('what is shorter than a signed head is not cut, moved or signed, and damage is entered once (with end.json: %s)', async (withEnd) => {
  const { recordings, ledger, actions, folder, end, first } = await killed(true);
  const good = join(dirname(recordings), 'good');
  if (!withEnd) unlinkSync(end);
  cpSync(folder, good, { recursive: true });
  const segment = join(folder, 'segment-000000.wmx');
  // The header's frame and the beginning of the next one: what is torn must stay too.
  truncateSync(segment, SEGMENT_MAGIC.length + FRAME_HEAD_BYTES + readFileSync(segment).readUInt32BE(SEGMENT_MAGIC.length) + 20);
  const before = all(folder);
  for (let start = 0; start < 2; start++) {
    const [settled] = await recoverRecordings(recordings, ledger);
    expect(settled).toMatchObject({ outcome: 'contradiction', sentence: expect.stringContaining(`a head of ${first.size} records`) });
  }
  expect(all(folder)).toEqual(before);
  expect(actions()).toEqual(['start', 'heads', 'damaged'].map((name) => `"action":"recording.${name}"`));
  // Another finding is another event.
  truncateSync(segment, 0);
  await recoverRecordings(recordings, ledger);
  expect(actions().filter((action) => action.includes('damaged'))).toHaveLength(2);
  rmSync(folder, { recursive: true });
  cpSync(good, folder, { recursive: true });
  expect(await recoverRecordings(recordings, ledger)).toMatchObject([{ outcome: 'closed' }]);
  expect(existsSync(join(folder, 'segment-000000.torn-0'))).toBe(false);
  await ledger.close();
});

/** One more frame behind the first `keep` of a segment file, whole and sealed by nobody; what was there behind them is gone. */
function junkBehind(segment: string, keep: number): void {
  const bytes = readFileSync(segment);
  let at: number = SEGMENT_MAGIC.length;
  for (let frame = 0; frame < keep; frame++) at += FRAME_HEAD_BYTES + bytes.readUInt32BE(at);
  const junk = encodeFrame({ seq: keep, monoNs: 1n << 60n, wallMs: Date.now(), type: 1, commitment: Buffer.alloc(32, 7) }, Buffer.alloc(100, 7)).bytes;
  writeFileSync(segment, Buffer.concat([bytes.subarray(0, at), junk]));
}

test.each([
  ['junk behind the signed head', (folder: string, signed: number) => junkBehind(join(folder, 'segment-000000.wmx'), signed)],
  ['junk behind all of it', (folder: string, _: number, all: number) => junkBehind(join(folder, 'segment-000000.wmx'), all)],
  [
    'nothing behind the signed head',
    (folder: string, signed: number) => (
      junkBehind(join(folder, 'segment-000000.wmx'), signed),
      truncateSync(join(folder, 'segment-000000.wmx'), readFileSync(join(folder, 'segment-000000.wmx')).length - 100 - FRAME_HEAD_BYTES)
    ),
  ],
  ['the original', () => undefined],
] as const)('%s is not signed; the original is good again afterwards, and a key opens the rest of it', async (what, write) => {
  const { recordings, ledger, actions, folder, end, first, id } = await killed(true);
  unlinkSync(end);
  const original = join(dirname(recordings), 'original');
  cpSync(folder, original, { recursive: true });
  const size = (await walkRecording(folder)).head.size;
  write(folder, first.size, size);
  const found = (await walkRecording(folder)).head.size;
  const [settled] = await recoverRecordings(recordings, ledger);
  const behind = found - first.size;
  expect(settled).toMatchObject({
    outcome: 'closed',
    sentence: behind === 0 ? expect.not.stringContaining('Not proven') : expect.stringContaining(`Not proven: ${behind} record`),
  });
  expect((await ledger.eventsOf(id)).at(-1)!.event).toMatchObject({ action: 'recording.failed', detail: { reason: 'process-gone', ...first } });
  expect(await checkRecording(folder, ledger, id)).toMatchObject({ contradiction: undefined, proven: first.size, found: { size: found } });
  const all = () => ledger.recordings();
  // Without a key nothing more is signed, however often somebody asks.
  expect(await recoverRecordings(recordings, ledger, await all())).toEqual([]);
  // With one: what its recorder sealed, and not the junk.
  const before = what === 'junk behind all of it' || what === 'the original' ? size : first.size;
  await recoverRecordings(recordings, ledger, await all(), by);
  expect(await checkRecording(folder, ledger, id)).toMatchObject({ contradiction: undefined, proven: before, found: { size: found } });
  // The original is back, in whatever order.
  rmSync(folder, { recursive: true });
  cpSync(original, folder, { recursive: true });
  expect(await checkRecording(folder, ledger, id)).toMatchObject({ contradiction: undefined, proven: before, found: { size } });
  await recoverRecordings(recordings, ledger, await all(), by);
  expect(await checkRecording(folder, ledger, id)).toMatchObject({ contradiction: undefined, proven: size, found: { size } });
  expect(actions().filter((action) => action.includes('recovered'))).toHaveLength(1);
  const last = (await ledger.eventsOf(id)).at(-1)!.event;
  expect(last).toMatchObject({ action: 'recording.recovered', person: by.person, detail: { size, signedBefore: first.size } });
  // Nothing is entered twice, and what is shorter now contradicts.
  expect(await recoverRecordings(recordings, ledger, await all(), by)).toEqual([]);
  junkBehind(join(folder, 'segment-000000.wmx'), first.size);
  expect(await checkRecording(folder, ledger, id)).toMatchObject({ contradiction: size > first.size + 1 ? 'shorter' : 'other', proven: first.size });
  await ledger.close();
});

test('a segment that anybody can seal to the public key of its owner opens, and stays unproven', async () => {
  const { recordings, ledger, folder, end, first, id, writer } = await killed(true, async (writer) => {
    await rotated(writer);
    writer.output(Buffer.from('in a segment whose header nobody signed for'));
  });
  unlinkSync(end);
  const opened: number[] = [];
  for await (const { frame } of (await openRecording(folder)).records(opener)) opened.push(frame.segment);
  expect(opened.at(-1)).toBe(1);
  await recoverRecordings(recordings, ledger, await ledger.recordings(), by);
  const { proven, found, contradiction } = (await checkRecording(folder, ledger, id))!;
  expect(contradiction).toBeUndefined();
  expect(proven).toBe(opened.indexOf(1) + 1);
  expect(proven).toBeGreaterThan(first.size);
  expect(found.size).toBe(writer.head().size);
  await ledger.close();
});

test('bytes behind the end of a recording that the ledger has closed are told, whoever feigns to write it', async () => {
  const { recordings, ledger, folder, id } = await killed(true);
  const { head } = await walkRecording(folder);
  await ledger.append({ action: 'recording.end', detail: { recording: id, reason: 'exit', ...head, outputBytes: 0, durationMs: 0 } });
  appendFileSync(join(folder, 'segment-000000.wmx'), 'and more');
  for (const live of [false, true]) expect(await checkRecording(join(recordings, id), ledger, id, { live })).toMatchObject({ contradiction: 'longer' });
  await ledger.close();
});

test('of a recording that was killed before its first head nothing becomes signed, with a key neither', async () => {
  const { recordings, ledger, id, end } = await killed();
  unlinkSync(end);
  await recoverRecordings(recordings, ledger, undefined, by);
  expect((await ledger.eventsOf(id)).map(({ event }) => event.action)).toEqual(['recording.start', 'recording.failed']);
  expect(await ledger.recording(id)).toMatchObject({ head: { size: 0 }, closed: 'recording.failed' });
  await ledger.close();
});
