/**
 * Makes a sealed recording of another program's file. The file is read twice: once to the end before anything is written, so that what is no whole
 * file of its format leaves nothing, and once to seal it. It is written beside the recordings, under a name that nobody takes for one; the ledger
 * learns of it once all of it is on the disk, and then it gets its name. Whatever ends before that leaves nothing, and what a killed process has left
 * the next import clears away, or finishes where the ledger knows it.
 *
 * Times of events are those of the file. When it was sealed, and by whom it was brought, are ours: the recording's start is the moment of the import.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, readdirSync, readSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../disk/atomic.ts';
import { storageFault } from '../../disk/errno.ts';
import { withFileLock } from '../../disk/lock.ts';
import { NotPlainError, requirePlain } from '../../disk/plain.ts';
import {
  emptyTally,
  formatOf,
  ImportError,
  importFormats,
  LOOK_BYTES,
  settled,
  type ImportFormatRow,
  type SettledHead,
  type Tally,
} from '../../import/index.ts';
import { noticeEntry } from '../../ledger/index.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { RecordingError } from '../../recording/errors.ts';
import type { RecordingClock } from '../../recording/options.ts';
import { recordingOptions, type RecordingRules } from '../../recording/options.ts';
import { DiskSpace } from '../../recording/space.ts';
import type { RecordingNotice } from '../../recording/types.ts';
import { RecordingWriter } from '../../recording/writer.ts';
import { ticketMark } from '../../recording/access.ts';
import type { Home } from '../../storage/index.ts';
import { RECORDING_ID } from '../../types/ids.ts';
import type { RecordingOwner } from './start.ts';

/** In the folder of recordings: those that are being made. No id looks like it. */
const STAGING = '.importing';
const CHUNK_BYTES = 64 * 1024;
/** Between two waits for the disk: what is sealed meanwhile is held by nobody. */
const SYNC_BYTES = 8 * 1024 * 1024;
/** Nobody types into it while it is made: a segment ends by its length alone. */
const NEVER_MINUTES = 2 ** 31;

export interface ImportAsked {
  readonly file: string;
  /** Beside the file, where its format has one. */
  readonly timing?: string | undefined;
  /** A name of the table of formats; it is found where it is left out. */
  readonly format?: string | undefined;
}

export interface ImportParts {
  readonly home: Home;
  readonly installation: string;
  readonly version: string;
  readonly owner: RecordingOwner;
  readonly rules: RecordingRules;
  /** Opens the ledger, once all of the recording is on the disk, and closes it. */
  readonly withLedger: (task: (ledger: Pick<Ledger, 'append' | 'recording'>) => Promise<void>) => Promise<void>;
  /** Of the disk, in MiB: statfs unless given. */
  readonly freeMebibytes?: () => number;
}

export interface Imported {
  readonly recording: string;
  readonly format: SettledHead['kind'];
  /** SHA-256 of the file, and of the timing file where there is one. */
  readonly sha256: string;
  readonly timingSha256: string | null;
  /** When the file says that it began. */
  readonly claimed: string | null;
  readonly records: number;
  readonly durationMs: number;
  readonly tally: Tally;
}

/** What is written: what was read of the file the first time. */
interface Survey {
  readonly head: SettledHead;
  readonly tally: Tally;
  readonly digests: readonly string[];
}

/** @throws ImportError, RecordingError, StorageFault, LedgerError; nothing of it is left then */
export async function importRecording(asked: ImportAsked, parts: ImportParts): Promise<Imported> {
  const files = [openFile(asked.file)];
  try {
    const format = rowOf(asked, files[0]!);
    if (asked.timing !== undefined) {
      if (!format.timing) throw new ImportError('incomplete', `Of ${format.label} nothing stands in a timing file: leave --timing out.`);
      files.push(openFile(asked.timing));
    }
    const survey = surveyOf(format, files);
    return await withFileLock(join(parts.home.run, 'import.lock'), 'An import', async () => {
      const staging = join(parts.home.recordings, STAGING);
      mkdirSync(staging, { mode: 0o700, recursive: true });
      const left = readdirSync(staging);
      if (left.length > 0) await parts.withLedger((ledger) => clearStaging(left, staging, parts.home.recordings, ledger));
      return write(format, files, survey, staging, parts);
    });
  } finally {
    for (const { fd } of files) closeSync(fd);
  }
}

interface OpenFile {
  readonly path: string;
  readonly fd: number;
}

/** Plain files alone: a FIFO would be waited for, a device can do things, and where a link leads somebody else says. */
function openFile(path: string): OpenFile {
  let fd: number;
  try {
    fd = requirePlain(path);
  } catch (error) {
    if (error instanceof NotPlainError)
      throw new ImportError('not-the-format', `${path} is a folder, a link, a FIFO or a device: only a plain file is imported. Give the file itself.`);
    throw storageFault(error, 'read', path);
  }
  if (fstatSync(fd).size > 0) return { path, fd };
  closeSync(fd);
  throw new ImportError('not-the-format', `${path} is empty. Nothing was imported.`);
}

function rowOf({ format }: ImportAsked, { fd }: OpenFile): ImportFormatRow {
  const asked = importFormats.find(({ name }) => name === format);
  if (asked) return asked;
  const first = Buffer.alloc(LOOK_BYTES);
  return formatOf(first.subarray(0, readSync(fd, first, 0, first.length, 0)));
}

/** The bytes of a file from its beginning, counted into a digest. The rest of it is read where a reader stops before the end. */
class Digested {
  readonly #hash: Hash = createHash('sha256');
  readonly #file: OpenFile;
  #at = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  *bytes(): Generator<Uint8Array, void, undefined> {
    const { fd, path } = this.#file;
    for (;;) {
      // A fresh one each time: who reads may hold what it was given.
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      let count: number;
      try {
        count = readSync(fd, buffer, 0, buffer.length, this.#at);
      } catch (error) {
        throw storageFault(error, 'read', path);
      }
      if (count === 0) return;
      this.#at += count;
      this.#hash.update(buffer.subarray(0, count));
      yield buffer.subarray(0, count);
    }
  }

  /** Of all of it. */
  digest(): string {
    for (const bytes of this.bytes()) void bytes;
    return this.#hash.digest('hex');
  }
}

/** Reads the files anew, from their beginnings. */
function readingOf(format: ImportFormatRow, files: readonly OpenFile[], tally: Tally) {
  const digested = files.map((file) => new Digested(file));
  const [content, timing] = digested;
  const events = settled(format.read({ content: content!.bytes(), timing: timing?.bytes() }), tally);
  return { events, digests: () => digested.map((one) => one.digest()) };
}

function surveyOf(format: ImportFormatRow, files: readonly OpenFile[]): Survey {
  const tally = emptyTally();
  const { events, digests } = readingOf(format, files, tally);
  let head: SettledHead | undefined;
  for (const event of events) if (event.code === 'head') head = event;
  return { head: head!, tally, digests: digests() };
}

/** What a killed import has left: what the ledger knows gets its name, of the rest nobody was told. */
async function clearStaging(left: readonly string[], staging: string, recordings: string, ledger: Pick<Ledger, 'recording'>): Promise<void> {
  for (const name of left) {
    if (RECORDING_ID.test(name) && (await ledger.recording(name))) nameIt(staging, recordings, name);
    else rmSync(join(staging, name), { recursive: true, force: true });
  }
}

function nameIt(staging: string, recordings: string, id: string): void {
  renameSync(join(staging, id), join(recordings, id));
  syncFolder(recordings);
}

/** A clock that stands where the file is. */
class FileClock implements RecordingClock {
  us = 0;

  monoNs(): bigint {
    return BigInt(this.us) * 1000n;
  }

  /** When it is sealed, which is now. */
  wallMs(): number {
    return Date.now();
  }
}

async function write(format: ImportFormatRow, files: readonly OpenFile[], survey: Survey, staging: string, parts: ImportParts): Promise<Imported> {
  const { head, digests } = survey;
  const { owner, rules, home, installation, version, freeMebibytes } = parts;
  const clock = new FileClock();
  const notices: RecordingNotice[] = [];
  const options = recordingOptions({
    place: { recordingsFolder: staging, installation, version: `${version}+imported.${head.kind}` },
    rules: { ...rules, rotateMinutes: NEVER_MINUTES },
    owner,
    opened: owner.opened,
    start: { command: [head.command ?? `imported ${head.kind}`], cwd: '', ...head.size, term: head.term ?? 'unknown' },
    notice: (notice) => void notices.push(notice),
  });
  const space = new DiskSpace({ folder: home.recordings, reserveMebibytes: () => rules.reserveMebibytes, ...(freeMebibytes ? { free: freeMebibytes } : {}) });
  let writer: RecordingWriter | undefined;
  let written: { readonly id: string; readonly records: number; readonly durationMs: number };
  try {
    writer = await RecordingWriter.create({ ...options, clock, ...(freeMebibytes ? { freeMebibytes } : {}) });
    writer.event('m', beginningMark(head, digests));
    if (owner.ticket !== undefined) writer.event('m', ticketMark(owner.ticket));
    if (head.title !== undefined) writer.event('m', `imported title: ${head.title}`);
    written = await fill(writer, clock, format, files, survey, space);
  } catch (error) {
    if (writer) {
      // It says in itself that nothing came of it, and then nothing of it is left.
      await writer.end('write-failed').catch(() => undefined);
      rmSync(writer.folder, { recursive: true, force: true });
    }
    throw error;
  }
  const { id } = written;
  const mark = {
    imported: head.kind,
    sourceSha256: digests[0]!,
    ...(digests[1] === undefined ? {} : { timingSha256: digests[1] }),
    ...(head.claimed === undefined ? {} : { claimed: head.claimed }),
  };
  let known = false;
  try {
    syncFolder(staging);
    await parts.withLedger(async (ledger) => {
      // In one moment: they share one write, so the ledger never has a beginning without its end.
      await Promise.all(
        notices.map((notice) => {
          const entry = noticeEntry(notice);
          return ledger.append(entry.action === 'recording.start' ? { ...entry, detail: { ...entry.detail, ...mark } } : entry);
        }),
      );
      known = true;
      nameIt(staging, home.recordings, id);
    });
  } catch (error) {
    // What the ledger has heard of stays, and the next import gives it its name.
    if (!known) rmSync(join(staging, id), { recursive: true, force: true });
    throw error;
  }
  const { records, durationMs } = written;
  return {
    recording: id,
    format: head.kind,
    sha256: digests[0]!,
    timingSha256: digests[1] ?? null,
    claimed: head.claimed ?? null,
    records,
    durationMs,
    tally: survey.tally,
  };
}

/** The first marker: it goes with the recording wherever that goes, into every cast and every export. */
function beginningMark({ kind, claimed }: SettledHead, digests: readonly string[]): string {
  const source = digests.map((digest, n) => `${n === 0 ? 'SHA-256 of the file' : 'of its timing file'} ${digest}`).join(', ');
  return `imported, not witnessed: ${kind}, ${claimed === undefined ? 'the file does not say when it began' : `began ${claimed} as the file says`}, ${source}`;
}

/** Seals what the file says. @throws where it is another one than was read before, or the disk is full */
async function fill(writer: RecordingWriter, clock: FileClock, format: ImportFormatRow, files: readonly OpenFile[], survey: Survey, space: DiskSpace) {
  const { events, digests } = readingOf(format, files, emptyTally());
  let exit: number | undefined;
  let synced = 0;
  let sealed = 0;
  for (const event of events) {
    if (event.code === 'head') continue;
    clock.us = event.us;
    if (event.code === 'o') writer.output(event.data);
    else if (event.code === 'r') writer.event('r', `${event.size.cols}x${event.size.rows}`);
    else if (event.code === 'm') writer.event('m', `imported marker: ${event.text}`);
    else exit = event.exit;
    if (writer.waiting)
      throw new RecordingError('write-failed', 'The disk of the recordings is full. Free some space and import it again; nothing of it is left.');
    const low = space.wrote(writer.sealedBytes - sealed);
    sealed = writer.sealedBytes;
    if (low)
      throw new RecordingError(
        'disk-reserve',
        `The disk of the recordings has less free space than the policy keeps. Free some, and import it again; nothing of it is left.`,
      );
    if (sealed - synced < SYNC_BYTES) continue;
    synced = sealed;
    // The next segment's key is made meanwhile.
    await writer.sync();
  }
  if (digests().join() !== survey.digests.join())
    throw new ImportError('not-the-format', 'The file was changed while it was read. Nothing was imported: take a copy that nobody writes, and import that.');
  for (const text of tallyMarks(survey.tally)) writer.event('m', `imported: ${text}`);
  const { size: records } = await writer.end(exit === undefined ? 'closed' : 'exit', exit === undefined ? undefined : { code: exit, signal: 0 });
  return { id: writer.id, records, durationMs: Math.floor(clock.us / 1000) };
}

/** What was changed or left out, in words: sealed in the recording, and told to who imports. */
export function tallyMarks({ backwards, sizes, typed, untimed, missing, unknown, torn }: Tally): string[] {
  const rows: readonly (readonly [number, string])[] = [
    [torn, `the file ends in the middle of something: its end is missing (${torn} bytes are there too many or too few)`],
    [missing, `${missing} messages are missing in the file, as it shows itself`],
    [backwards, `time ran backwards ${backwards} times; each was set to the time before it`],
    [untimed, `the file has no time for ${untimed} bytes of output; they have that of what is before them`],
    [typed, `what was typed (${typed} bytes or characters) was left out: it is never recorded`],
    [sizes, `${sizes} sizes that no terminal has were left out`],
    [unknown, `${unknown} events of unknown kinds were left out`],
  ];
  return rows.filter(([count]) => count > 0).map(([, text]) => text);
}
