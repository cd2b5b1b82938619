/**
 * Somebody who can write in the data folder, and has no key, changes recordings. What is written, and what each command must
 * say and exit with; nothing is signed over what contradicts the ledger, and the restored original makes all good again.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Evidences, type EvidenceParts } from '../../main/evidence.ts';
import { openLedger } from '../../src/services/installation/open-ledger.ts';
import { openInstallation } from '../../src/services/installation/installation.ts';
import { neverEntered } from '../../src/services/recordings/check.ts';
import { noticeEntry, type Ledger } from '../../src/ledger/index.ts';
import { policyInForce } from '../../src/policy/index.ts';
import { operatorAccess } from '../../src/recording/access.ts';
import { encodeFrame, parseFrame, SEGMENT_MAGIC, TYPE_HEADER, TYPE_SEALED } from '../../src/recording/frame.ts';
import { parseHeader } from '../../src/recording/header.ts';
import { liveState } from '../../src/recording/live.ts';
import { bootId, startOf } from '../../src/disk/process-identity.ts';
import type { RecordingNotice, SegmentHeader } from '../../src/recording/types.ts';
import { walkRecording } from '../../src/recording/walk.ts';
import { generateAuditKey, newSegmentSecret, thumbprint, wrapSecret } from '../../src/recording/wrap.ts';
import { RecordingWriter } from '../../src/recording/writer.ts';
import { recoverRecordings } from '../../src/records/index.ts';
import { firstRun } from '../../src/services/installation/first-run.ts';
import { newRecording, rotated } from '../support/recording.ts';
import { firstHome, firstWords as words, ownFolder } from '../support/first-home.ts';
import { runHere, type Printed } from '../support/run-here.ts';
import { forAudit } from '../support/disclosure.ts';
import { waitFor } from '../support/wait-for.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let place: string;
let result: Awaited<ReturnType<typeof firstRun>>;
let audit: string;
/** Everything as it was before anybody touched it. */
let good: string;
const ids = { ended: '', other: '', interrupted: '' };

/** Has the ledger sign for what is written so far. */
type Tell = () => Promise<void>;

async function record(use: (writer: RecordingWriter, tell: Tell) => Promise<void>): Promise<string> {
  const { home, installation, person } = result;
  const { ledger } = await openLedger(home, installation);
  const { policy, sha256 } = policyInForce(home, ledger.facts);
  const pending: Promise<unknown>[] = [];
  const notice = (notice: RecordingNotice): void => void pending.push(ledger.append(noticeEntry(notice)));
  const writer = await RecordingWriter.create({
    folder: home.recordings,
    installation: installation.id,
    person: person.id,
    access: operatorAccess(policy.workstation.class),
    policySha256: sha256,
    recipients: [
      { kid: thumbprint(person.encryptionKey), role: 'owner', jwk: person.encryptionKey },
      ...policy.auditKeys.map(({ kid, jwk }) => ({ kid, role: 'audit' as const, jwk })),
    ],
    start: { command: ['/bin/sh'], cwd: '/', cols: 80, rows: 24, term: 'xterm', version: '0.1.0' },
    rotate: { minutes: 60, mebibytes: 64 },
    notice,
  });
  await use(writer, async () => {
    const head = await writer.checkpoint();
    if (head) notice({ kind: 'heads', heads: [{ recording: writer.id, head }] });
  });
  await Promise.all(pending);
  await ledger.checkpoint();
  await ledger.close();
  return writer.id;
}

async function someOutput(writer: RecordingWriter, tell: Tell): Promise<void> {
  for (let segment = 0; segment < 3; segment++) {
    for (let n = 0; n < 5; n++) writer.output(Buffer.from(`segment ${segment}, line ${n}\r\n`));
    await tell();
    if (segment < 2) await rotated(writer);
  }
}

beforeAll(async () => {
  place = ownFolder();
  audit = join(place, 'audit.json');
  result = await firstHome(place, { auditKeyPath: audit });
  result.identity.destroy();
  writeFileSync(join(place, 'words'), `${words}\n`);
  for (const name of ['ended', 'other'] as const)
    ids[name] = await record(async (writer, tell) => {
      await someOutput(writer, tell);
      await writer.end('exit', { code: 0, signal: 0 });
    });
  ids.interrupted = await record(async (writer, tell) => {
    await someOutput(writer, tell);
    // The last ones nobody signed for.
    for (let n = 0; n < 3; n++) writer.output(Buffer.from(`late line ${n}\r\n`));
    await writer.sync();
  });
  good = join(place, 'good');
  // A copy is what a crash leaves: nobody holds it. Half a record is at its end.
  cpSync(result.home.folder, good, { recursive: true });
  appendFileSync(join(good, 'recordings', ids.interrupted, 'segment-000002.wmx'), 'half');
});

const children: ChildProcess[] = [];
beforeEach(() => {
  rmSync(result.home.folder, { recursive: true, force: true });
  cpSync(good, result.home.folder, { recursive: true });
  return () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  };
});

const folderOf = (name: keyof typeof ids): string => join(result.home.recordings, ids[name]);
const segment = (folder: string, n: number): string => join(folder, `segment-00000${n}.wmx`);

async function wardmux(...args: string[]): Promise<Printed> {
  const fd = args.includes('FD') ? openSync(join(place, 'words'), 'r') : undefined;
  const printed = await runHere(
    args.map((arg) => (arg === 'FD' ? String(fd) : arg)),
    { home: result.home.folder, place },
  );
  if (fd !== undefined) closeSync(fd);
  return printed;
}

let exports = 0;
/** What each command exits with; `start` is what the start of the app finds. */
async function statuses(id: string) {
  const list = await wardmux('list', '--json');
  const verify = await wardmux('ledger', 'verify');
  const deep = await wardmux('ledger', 'verify', '--deep');
  const play = await wardmux('play', id, '--raw', '--key', audit);
  const exported = await wardmux('export', id, '-o', join(place, `bundle-${exports++}`), ...forAudit, '--passphrase-fd', 'FD');
  const before = content(join(result.home.recordings, id));
  const { ledger } = await openLedger(result.home, result.installation);
  const pane = await verifiedPane(id, ledger);
  const start = (await recoverRecordings(result.home.recordings, ledger)).filter(({ recording }) => recording === id);
  await ledger.close();
  const untouched = content(join(result.home.recordings, id)) === before;
  const recover = await wardmux('list', '--recover');
  return {
    said: { list, verify, deep, play, exported, recover },
    pane,
    start,
    untouched,
    codes: { list: list.status, verify: verify.status, deep: deep.status, play: play.status, export: exported.status, recover: recover.status },
  };
}

/** What the app says of it where somebody presses V in its pane. */
async function verifiedPane(recording: string, ledger: Ledger) {
  const parts = {
    home: result.home,
    gate: { requireSession: () => ({ person: result.person }) },
    pty: { checkpoint: async () => undefined },
    workspace: { recording: () => recording },
    installed: { current: { ledger } },
    journal: { log: () => undefined },
  };
  return new Evidences(parts as unknown as EvidenceParts).verifyPane(0);
}

/** Names and bytes of a folder's plain files. */
function content(folder: string): string {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .map((entry) => `${entry.name} ${entry.isFile() ? readFileSync(join(folder, entry.name)).toString('hex') : entry.isFIFO()}`)
      .sort()
      .join('\n');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code!;
  }
}

/** Where frames begin in a segment, and where the last one ends. */
function frameEnds(path: string): number[] {
  const bytes = readFileSync(path);
  const ends = [SEGMENT_MAGIC.length];
  for (;;) {
    const parsed = parseFrame(bytes, ends.at(-1)!, 0, 0);
    if (parsed.kind !== 'frame') return ends;
    ends.push(parsed.next);
  }
}

function dropFrames(path: string, count: number): void {
  truncateSync(path, frameEnds(path).at(-1 - count)!);
}

async function aSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  servers.push(() => server.close());
}
const servers: (() => void)[] = [];
afterAll(() => servers.forEach((close) => close()));

test('nothing is touched: every command is content, and says how far each recording is proven', async () => {
  const { codes, said, start } = await statuses(ids.ended);
  expect(codes).toEqual({ list: 0, verify: 0, deep: 0, play: 0, export: 0, recover: 0 });
  expect(start).toEqual([]);
  expect(said.play.err).toMatch(/: proven: (\d+) of \1 records\.\n/);
  expect(said.deep.out).toMatch(/^good: .*proven: \d+ of \d+ records; the last 3 are not signed for yet\.\n/);
  expect(said.deep.out).toContain(`not signed for yet: ${ids.interrupted}, the last 3 of `);
  expect(said.deep.err).toMatch(/3 of 3 recordings compared, [\d.]+ MB read\n$/);
});

test('a list says so where no ledger is left to compare with', async () => {
  rmSync(result.home.ledger, { recursive: true });
  const { status, err } = await wardmux('list');
  expect({ status, err }).toEqual({ status: 7, err: expect.stringContaining(`there is none in ${result.home.ledger}.`) });
});

/** Statuses of list, ledger verify, ledger verify --deep, play, export, list --recover. */
type Says = readonly [list: number, verify: number, deep: number, play: number, exported: number, recover: number];
const good0: Says = [0, 0, 0, 0, 0, 0];
const seen: Says = [52, 52, 52, 52, 1, 52];

interface Attack {
  readonly what: string;
  readonly on: 'ended' | 'interrupted';
  readonly write: (folder: string) => void | Promise<void>;
  readonly says: Says;
  /** What the start of the app finds: undefined for nothing. */
  readonly start?: 'contradiction' | 'closed' | 'failed';
}

/** The mark of a process that runs and is not ours to believe; `started` of another one where it is given. */
function markOf(folder: string, started?: string): void {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  children.push(child);
  writeFileSync(join(folder, 'live'), JSON.stringify({ pid: child.pid, started: started ?? startOf(child.pid!), boot: bootId() }));
}

/** Writes the header of segment 0 anew, as one that anybody can make who has read the format: another person stands in it. */
function otherPerson(folder: string): void {
  otherHeader(folder, result.person.id, 'p-ffffffffffff');
}

function otherHeader(folder: string, was: string, is: string): void {
  const path = segment(folder, 0);
  const bytes = readFileSync(path);
  const parsed = parseFrame(bytes, SEGMENT_MAGIC.length, 0, 0);
  if (parsed.kind !== 'frame') throw new Error('no frame');
  const { seq, monoNs, wallMs, type, body } = parsed.frame;
  const forged = Buffer.from(Buffer.from(body).toString('utf8').replace(was, is));
  if (forged.equals(body)) throw new Error(`no ${was} in the header`);
  const frame = encodeFrame({ seq, monoNs, wallMs, type, commitment: createHash('sha256').update(forged).digest() }, forged);
  writeFileSync(path, Buffer.concat([SEGMENT_MAGIC, frame.bytes, bytes.subarray(parsed.next)]));
}

type AnyHeader = { -readonly [name in keyof SegmentHeader]: SegmentHeader[name] };

/** One segment more behind the last whole record, as anybody can write it who has read the format: it needs no key. */
async function segmentMore(folder: string, change: (header: AnyHeader) => void | Promise<void>): Promise<void> {
  const path = segment(folder, 2);
  const bytes = readFileSync(path);
  const ends = frameEnds(path);
  const frameAt = (at: number) => {
    const parsed = parseFrame(bytes, at, 2, 0);
    if (parsed.kind !== 'frame') throw new Error('no frame');
    return parsed.frame;
  };
  const last = frameAt(ends.at(-2)!);
  const header: AnyHeader = { ...parseHeader(frameAt(ends[0]!).body)!, segment: 3, firstSeq: last.seq + 1 };
  await change(header);
  const body = Buffer.from(JSON.stringify(header));
  const { monoNs, wallMs } = last;
  const frame = encodeFrame({ seq: last.seq + 1, monoNs, wallMs, type: TYPE_HEADER, commitment: createHash('sha256').update(body).digest() }, body);
  truncateSync(path, ends.at(-1)!);
  writeFileSync(segment(folder, 3), Buffer.concat([SEGMENT_MAGIC, frame.bytes]));
}

/** Of somebody whom no policy names. */
async function stranger(): Promise<SegmentHeader['recipients'][number]> {
  const { recipient } = generateAuditKey();
  return { kid: recipient.kid, role: 'audit', jwe: await wrapSecret(newSegmentSecret(), recipient) };
}

/** One byte of sealed output is another, and the frame's checksum is right again. */
function changedByte(folder: string): void {
  const path = segment(folder, 1);
  const bytes = readFileSync(path);
  const at = frameEnds(path)[3]!;
  const parsed = parseFrame(bytes, at, 1, 0);
  if (parsed.kind !== 'frame') throw new Error('no frame');
  const { seq, monoNs, wallMs, type, commitment, body } = parsed.frame;
  const forged = Buffer.from(body);
  forged[20]! ^= 1;
  writeFileSync(
    path,
    Buffer.concat([bytes.subarray(0, at), encodeFrame({ seq, monoNs, wallMs, type, commitment }, forged).bytes, bytes.subarray(parsed.next)]),
  );
}

/** A frame behind the last whole one that is whole and that nobody has sealed. */
function junkFrame(folder: string): void {
  const path = segment(folder, 2);
  const ends = frameEnds(path);
  const bytes = readFileSync(path);
  const last = parseFrame(bytes, ends.at(-2)!, 2, 0);
  if (last.kind !== 'frame') throw new Error('no frame');
  const { seq, monoNs, wallMs } = last.frame;
  const junk = encodeFrame({ seq: seq + 1, monoNs, wallMs, type: TYPE_SEALED, commitment: Buffer.alloc(32, 7) }, Buffer.alloc(100, 7)).bytes;
  writeFileSync(path, Buffer.concat([bytes.subarray(0, ends.at(-1)), junk]));
}

function replaceAll(folder: string): void {
  const names = readdirSync(folder);
  for (const name of names) unlinkSync(join(folder, name));
  cpSync(folderOf('other'), folder, { recursive: true });
}

function fifo(path: string): void {
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
}

function link(path: string, to: string): void {
  rmSync(path, { force: true });
  symlinkSync(to, path);
}

/** end.json as its recorder would write it over what lies there now. */
async function forgedEnd(folder: string, change: { size?: number } = {}): Promise<void> {
  const { head } = await walkRecording(folder);
  const end = { format: 'wardmux-end', version: 1, recording: basename(folder), reason: 'exit', head: { ...head, ...change }, outputBytes: 7, durationMs: 7 };
  writeFileSync(join(folder, 'end.json'), JSON.stringify(end));
}

const forgedRecovery = (folder: string): void =>
  writeFileSync(
    join(folder, 'recovered.json'),
    JSON.stringify({
      format: 'wardmux-recovered',
      version: 1,
      recording: basename(folder),
      keptFrames: 1,
      tornBytes: 0,
      tornFiles: [],
      head: { size: 1, root: 'ab'.repeat(32) },
      lastWallMs: 0,
      durationMs: 0,
    }),
  );

const ended = (what: string, write: Attack['write'], says: Says): Attack => ({ what, on: 'ended', write, says });
const interrupted = (what: string, write: Attack['write'], says: Says, start: Attack['start']): Attack => ({
  what,
  on: 'interrupted',
  write,
  says,
  ...(start ? { start } : {}),
});

const attacks: readonly Attack[] = [
  ended('the last frame cut off at its boundary', (f) => dropFrames(segment(f, 2), 1), seen),
  ended('the last frame cut in two', (f) => truncateSync(segment(f, 2), frameEnds(segment(f, 2)).at(-1)! - 5), seen),
  ended('the last frames cut off, and end.json taken away', (f) => (dropFrames(segment(f, 2), 3), unlinkSync(join(f, 'end.json'))), seen),
  ended('the last frames cut off, and an end.json that says so', async (f) => (dropFrames(segment(f, 2), 3), forgedEnd(f)), seen),
  ended('bytes behind the end', (f) => appendFileSync(segment(f, 2), 'and more'), [52, 52, 52, 52, 0, 52]),
  ended('the last segment deleted', (f) => unlinkSync(segment(f, 2)), seen),
  ended('a segment in the middle deleted', (f) => unlinkSync(segment(f, 1)), seen),
  ended('the first segment deleted', (f) => unlinkSync(segment(f, 0)), seen),
  ended('a segment too many', (f) => cpSync(segment(f, 2), segment(f, 3)), seen),
  ended(
    'two segments swapped',
    (f) => (renameSync(segment(f, 1), join(f, 'x')), renameSync(segment(f, 2), segment(f, 1)), renameSync(join(f, 'x'), segment(f, 2))),
    seen,
  ),
  ended('replaced by another recording', replaceAll, seen),
  ended('another person in the header', otherPerson, seen),
  ended('another role in the header', (f) => otherHeader(f, '"role":"operator"', '"role":"auditor"'), seen),
  ended('another need in the header', (f) => otherHeader(f, '"reason":"none"', '"reason":"audit"'), seen),
  ended('an emergency in the header', (f) => otherHeader(f, '"breakGlass":null', '"breakGlass":"b-000000000001"'), seen),
  // A glance reads no content: only that of what it recovers is read by list --recover.
  ended('a segment more, of another person', (f) => segmentMore(f, (h) => void (h.person = 'p-ffffffffffff')), seen),
  ended('a byte of sealed output changed, the checksum right again', changedByte, [0, 0, 52, 52, 1, 0]),
  ended('a FIFO for a segment', (f) => fifo(segment(f, 1)), seen),
  ended('a link to the same bytes for a segment', (f) => (renameSync(segment(f, 1), join(place, 'moved')), link(segment(f, 1), join(place, 'moved'))), seen),
  ended('a link to a device for a segment', (f) => link(segment(f, 2), '/dev/zero'), seen),
  ended('a socket for a segment', async (f) => (unlinkSync(segment(f, 2)), aSocket(segment(f, 2))), seen),
  ended('end.json taken away', (f) => unlinkSync(join(f, 'end.json')), good0),
  ended('a false end.json', (f) => forgedEnd(f, { size: 3 }), good0),
  ended('a FIFO for end.json', (f) => fifo(join(f, 'end.json')), good0),
  ended('a FIFO for live and for recovered.json', (f) => (fifo(join(f, 'live')), fifo(join(f, 'recovered.json'))), good0),
  ended('a false recovered.json', forgedRecovery, good0),
  ended('the mark of a process that runs, and the end cut off', (f) => (markOf(f), dropFrames(segment(f, 2), 1)), seen),
  interrupted('nothing', () => undefined, good0, 'closed'),
  interrupted('junk behind the last signed head', (f) => (dropFrames(segment(f, 2), 3), junkFrame(f)), [0, 0, 0, 6, 0, 0], 'closed'),
  interrupted('junk behind all of it', junkFrame, [0, 0, 0, 6, 0, 0], 'closed'),
  interrupted('a segment more, for the same people', (f) => segmentMore(f, () => undefined), [0, 0, 0, 6, 0, 0], 'closed'),
  interrupted('the mark of a process that runs', (f) => markOf(f), good0, 'closed'),
  interrupted('the mark of a process whose number was used again', (f) => markOf(f, '1'), good0, 'closed'),
  interrupted('a FIFO for live', (f) => fifo(join(f, 'live')), good0, 'closed'),
  interrupted('a false recovered.json', forgedRecovery, good0, 'closed'),
  interrupted('cut at a frame behind the last signed head', (f) => dropFrames(segment(f, 2), 2), good0, 'closed'),
  interrupted('cut at a frame before the last signed head', (f) => dropFrames(segment(f, 2), 5), seen, 'contradiction'),
  interrupted(
    'cut before the last signed head, and an end.json that says so',
    async (f) => (dropFrames(segment(f, 2), 5), forgedEnd(f)),
    seen,
    'contradiction',
  ),
  interrupted('cut before the last signed head, and the mark of a process that runs', (f) => (dropFrames(segment(f, 2), 5), markOf(f)), seen, 'contradiction'),
  interrupted('an end.json that says something else', (f) => forgedEnd(f, { size: 3 }), [0, 0, 0, 6, 0, 52], 'contradiction'),
  interrupted('a FIFO for end.json', (f) => fifo(join(f, 'end.json')), [0, 0, 0, 0, 0, 1], 'failed'),
  interrupted('the last segment deleted', (f) => unlinkSync(segment(f, 2)), seen, 'contradiction'),
  interrupted('all of it deleted', (f) => rmSync(f, { recursive: true }), [8, 8, 8, 5, 5, 52], 'contradiction'),
  interrupted(
    'a link for its folder',
    (f) => (renameSync(f, join(place, 'moved-folder')), link(f, join(place, 'moved-folder'))),
    [52, 8, 8, 5, 5, 52],
    'contradiction',
  ),
  interrupted('replaced by another recording', replaceAll, seen, 'contradiction'),
  interrupted('another person in the header', otherPerson, seen, 'contradiction'),
  interrupted('a byte of sealed output changed, the checksum right again', changedByte, [0, 0, 52, 52, 1, 52], 'contradiction'),
  // The export ends before it, and says so: what is strange behind the signed head takes nothing from what is before.
  interrupted('a segment more, of another person', (f) => segmentMore(f, (h) => void (h.person = 'p-ffffffffffff')), [52, 52, 52, 52, 0, 52], 'contradiction'),
  interrupted('a segment more, in another role', (f) => segmentMore(f, (h) => void (h.role = 'auditor')), [52, 52, 52, 52, 0, 52], 'contradiction'),
  interrupted(
    'a segment more, under another policy',
    (f) => segmentMore(f, (h) => void (h.policySha256 = 'ab'.repeat(32))),
    [0, 0, 52, 52, 0, 52],
    'contradiction',
  ),
  interrupted(
    'a segment more, for a stranger alone',
    (f) => segmentMore(f, async (h) => void (h.recipients = [await stranger()])),
    [52, 52, 52, 52, 0, 52],
    'contradiction',
  ),
  interrupted(
    'a segment more, for a stranger too',
    (f) => segmentMore(f, async (h) => void (h.recipients = [...h.recipients, await stranger()])),
    [52, 52, 52, 52, 0, 52],
    'contradiction',
  ),
  interrupted('a FIFO for the first segment', (f) => fifo(segment(f, 0)), seen, 'contradiction'),
];

test.each(attacks)('$on: $what', async ({ on, write, says, start }) => {
  const folder = folderOf(on);
  const aside = join(place, 'aside');
  for (const name of ['aside', 'moved', 'moved-folder']) rmSync(join(place, name), { recursive: true, force: true });
  cpSync(folder, aside, { recursive: true });
  await write(folder);
  const { codes, start: found, pane, untouched, said } = await statuses(ids[on]);
  expect(codes, JSON.stringify(said, null, 1)).toEqual(
    Object.fromEntries(['list', 'verify', 'deep', 'play', 'export', 'recover'].map((name, i) => [name, says[i]])),
  );
  // A pane never shows what an earlier run left open.
  if (on === 'ended') expect(pane.good, pane.sentence).toBe(codes.deep === 0);
  expect(found.map(({ outcome }) => outcome)).toEqual(start ? [start] : []);
  // What lay behind the signed head was not signed, so the original is good again also where something else was closed.
  expect(untouched).toBe(start !== 'closed');
  rmSync(folder, { recursive: true, force: true });
  cpSync(aside, folder, { recursive: true });
  expect((await wardmux('list', '--recover')).status).toBe(0);
  const again = await statuses(ids[on]);
  expect(again.codes, JSON.stringify(again.said, null, 1)).toEqual({ list: 0, verify: 0, deep: 0, play: 0, export: 0, recover: 0 });
});

test('a person whose key opens it has the tail of an interrupted recording signed for, by a command', async () => {
  expect((await wardmux('list', '--recover')).err).toContain('Not proven: 3 records behind the last signed head');
  const without = await wardmux('list', '--recover');
  expect(without).toMatchObject({ status: 0, err: expect.stringMatching(/Not proven, and kept: 3 records behind the last signed head of 1 recording\./) });
  const keyed = await wardmux('list', '--recover', '--passphrase-fd', 'FD');
  expect(keyed).toMatchObject({ status: 0, err: expect.stringContaining('Behind the last signed head your key opened 3 records: signed for now.') });
  expect(keyed.err).not.toMatch(/not proven/i);
  expect((await wardmux('play', ids.interrupted, '--raw', '--key', audit)).err).toMatch(/: proven: (\d+) of \1 records\.\n/);
  // Without --recover a passphrase is for the names: nothing is signed for.
  const signed = async (): Promise<unknown> =>
    (JSON.parse((await wardmux('list', '--json')).out) as { id: string; ledger: { signed: number } | null }[]).map(({ id, ledger }) => [id, ledger?.signed]);
  const before = await signed();
  expect((await wardmux('list', '--passphrase-fd', 'FD')).out).toMatch(/^ID .* PROGRAM\s*$/m);
  expect(await signed()).toEqual(before);
});

test('numbers in an end.json or a recovered.json that nobody signed for are in no list', async () => {
  const folder = folderOf('interrupted');
  const row = async () => (JSON.parse((await wardmux('list', '--json')).out) as Record<string, unknown>[]).find(({ id }) => id === ids.interrupted)!;
  const honest = await row();
  expect(honest).toMatchObject({ outputBytes: null, state: 'interrupted', recovered: false, start: expect.stringMatching(/^20/) });
  const forge = async (): Promise<void> => {
    const path = join(folder, 'end.json');
    await forgedEnd(folder);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), outputBytes: 99_999, durationMs: 3_600_000 }));
    forgedRecovery(folder);
    writeFileSync(join(folder, 'recovered.json'), readFileSync(join(folder, 'recovered.json'), 'utf8').replace('"durationMs":0', '"durationMs":7200000'));
  };
  // Before the ledger has closed it, and after.
  await forge();
  expect(await row()).toMatchObject({ state: 'interrupted', outputBytes: null, lengthMs: honest['lengthMs'], start: honest['start'] });
  for (const name of ['end.json', 'recovered.json']) unlinkSync(join(folder, name));
  expect((await wardmux('list', '--recover')).status).toBe(0);
  await forge();
  expect(await row()).toMatchObject({ state: 'interrupted', outputBytes: null, lengthMs: honest['lengthMs'], start: honest['start'] });
  expect((await wardmux('list')).out).not.toMatch(/[12]:00:00/);
});

test('a recording that the ledger does not know is unknown also while a program of the account holds its lock and has its mark', async () => {
  const strange = '20260101-000000-0badcafe';
  const folder = join(result.home.recordings, strange);
  cpSync(folderOf('ended'), folder, { recursive: true });
  unlinkSync(join(folder, 'end.json'));
  const child = spawn('flock', ['--no-fork', segment(folder, 0), 'sleep', '600'], { stdio: 'ignore' });
  children.push(child);
  writeFileSync(join(folder, 'live'), JSON.stringify({ pid: child.pid, started: startOf(child.pid!), boot: bootId() }));
  await waitFor(() => expect(liveState(folder)).toBe('live'));
  const verify = await wardmux('ledger', 'verify');
  expect(verify).toMatchObject({ status: 9, out: expect.stringMatching(/^unknown-recording: /) });
  expect(verify.out).toContain(`\nunknown: ${strange}\n`);
  expect(await wardmux('list')).toMatchObject({ status: 9, err: expect.stringContaining(`Recording ${strange} is not in the ledger.`) });
  expect(liveState(folder)).toBe('live');
});

test('a recording that has just begun is waited for, until the ledger has its start', async () => {
  const site = await openInstallation({ env: { WARDMUX_HOME: result.home.folder } });
  const { ledger } = await openLedger(result.home, result.installation);
  const { writer, notices } = await newRecording({ folder: result.home.recordings, installation: result.installation.id });
  let waited = 0;
  const wait = async (): Promise<void> => {
    waited += 1;
    if (waited === 3) for (const notice of notices.splice(0)) await ledger.append(noticeEntry(notice));
  };
  expect(await neverEntered(site, [writer.id], { wait })).toEqual([]);
  expect(waited).toBe(3);
  expect(await neverEntered(site, ['20260101-000000-0badcafe'], { wait })).toEqual(['20260101-000000-0badcafe']);
  expect(waited).toBe(3);
  await writer.end('exit', { code: 0, signal: 0 });
  await ledger.close();
});
