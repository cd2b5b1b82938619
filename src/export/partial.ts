/**
 * The folder that an export is written in before it gets its name. It holds text in the clear, so one that a killed
 * process left behind has to be found: a note about it in the data folder says where it is and who writes it. It is only
 * removed where note, folder and process leave no doubt.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, readlinkSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { recordingPattern } from '../ledger/events.ts';
import { bootId, isRunning, markOf, startOf } from '../disk/process-identity.ts';
import { readSmall, writeAtomic } from '../disk/atomic.ts';
import { EXPORT_FILES } from './bundle-files.ts';

const NOTE = /^export-([0-9a-f]{16})\.json$/;

const NOT_OURS = 'it is not the folder that the export had made';

const noteSchema = z.strictObject({
  format: z.literal('wardmux-export-under-way'),
  version: z.literal(1),
  recording: z.string().regex(recordingPattern),
  target: z.string().refine(isAbsolute),
  partial: z.string().refine(isAbsolute),
  /** Of the folder, so that another one of that name is not taken for it. */
  inode: z.string().regex(/^\d+$/),
  /** Its file system's number, which counts until the next boot only. Notes of earlier versions have none. */
  device: z.string().regex(/^\d+$/).optional(),
  pid: z.number().int().positive(),
  /** Start of that process, clock ticks since boot; empty where the system does not tell. The same for the other two. */
  started: z.string(),
  boot: z.string(),
  pids: z.string(),
  host: z.string(),
});
type Note = z.infer<typeof noteSchema>;

export interface PartialFolder {
  /** Absolute; empty and ours alone. */
  readonly folder: string;
  /** Takes the note away, once the folder is gone: renamed or removed. */
  readonly settled: () => void;
}

/**
 * Makes the folder for an export to `target`, beside it. Not a word is in it before the note about it is on the disk.
 * @param notes the data folder's run/
 * @throws the system's error where the folder cannot be made, StorageFault where the note cannot
 */
export function beginPartial(notes: string, target: string, recording: string): PartialFolder {
  const token = randomBytes(8).toString('hex');
  const folder = join(dirname(target), `.${basename(target)}.partial-${token}`);
  mkdirSync(folder, { mode: 0o700 });
  const path = join(notes, `export-${token}.json`);
  try {
    const stat = lstatSync(folder, { bigint: true });
    const note: Note = {
      format: 'wardmux-export-under-way',
      version: 1,
      recording,
      target,
      partial: folder,
      inode: String(stat.ino),
      device: String(stat.dev),
      ...markOf(),
      pids: processSpace(),
      host: hostname(),
    };
    writeAtomic(path, `${JSON.stringify(note)}\n`);
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return {
    folder,
    settled: () => {
      if (!lstatSync(folder, { throwIfNoEntry: false })) rmSync(path, { force: true });
    },
  };
}

/** An export that was cut off. */
export interface CutOff {
  /** Undefined where the note about it cannot be read. */
  readonly recording: string | undefined;
  /** What it had written is gone. */
  readonly removed: boolean;
  /** For the person who exports: what happened, where, and what to do. */
  readonly sentence: string;
  /** The same for a lock page, where everybody reads it: without the path, which a person chose and may have named after a patient. */
  readonly brief: string;
}

/**
 * Finds exports whose process died, and removes what they had written. Never throws: what cannot be removed, or is not
 * certainly ours, stays, and is said each time.
 */
export function sweepPartials(notes: string): CutOff[] {
  let names: string[];
  try {
    names = readdirSync(notes).filter((name) => NOTE.test(name));
  } catch {
    // A data folder that cannot be read stops whoever asked, and with a sentence of its own.
    return [];
  }
  return names.flatMap((name) => sweepOne(join(notes, name), NOTE.exec(name)![1]!) ?? []);
}

function sweepOne(path: string, token: string): CutOff | undefined {
  let note: Note;
  try {
    const bytes = readSmall(path);
    // Another process has just settled it.
    if (!bytes) return undefined;
    note = noteSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    const sentence = `The note ${path} about an export cannot be understood: look in it for a folder with .partial- in its name, remove that folder, then the note.`;
    return { recording: undefined, removed: false, sentence, brief: sentence };
  }
  const { recording, partial, target } = note;
  const state = writerState(note);
  if (state === 'runs') return undefined;
  const left = (why: string): CutOff => ({
    recording,
    removed: false,
    sentence: `The export of recording ${recording} to ${target} was cut off, and ${partial} may hold what was on the screen, in the clear. It was left there, because ${why}. Look at it and remove it, then remove ${path}`,
    brief: `The export of recording ${recording} was cut off and may have left what was on the screen in the clear. Wardmux has not removed it; where it is stands in ${path}`,
  });
  if (state === 'unknown') return left(`it was begun on ${note.host}, and whether it still runs cannot be seen from here`);
  try {
    if (!lstatSync(partial, { throwIfNoEntry: false })) {
      if (!lstatSync(dirname(partial), { throwIfNoEntry: false })) return left('the disk that it is on is not there now');
      // It had got its name, or somebody has removed it.
      rmSync(path, { force: true });
      return undefined;
    }
    if (basename(partial) !== `.${basename(target)}.partial-${token}` || dirname(partial) !== dirname(target)) return left(NOT_OURS);
    const why = removeFolder(note);
    if (why !== undefined) return left(why);
    rmSync(path, { force: true });
  } catch (error) {
    return left(`it cannot be removed (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
  const gone = 'What it had written in the clear was removed; the recording is as it was. Export it again.';
  return {
    recording,
    removed: true,
    sentence: `The export of recording ${recording} to ${target} was cut off. ${gone}`,
    brief: `The export of recording ${recording} was cut off. ${gone}`,
  };
}

/**
 * Removes the folder of a note and what the export wrote into it, or returns why it stays. The folder is opened once and
 * everything happens below the open one: whoever may write beside it could put another folder of ours in its place at any
 * moment, and a path would lead there.
 * @throws the system's error
 */
function removeFolder(note: Note): string | undefined {
  // Only there does a path lead through an open folder; Node has no unlinkat.
  if (process.platform !== 'linux') return 'this system offers no way to remove it that cannot be led to another folder';
  let fd: number;
  try {
    fd = openSync(note.partial, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (['ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return NOT_OURS;
    throw error;
  }
  try {
    const opened = fstatSync(fd, { bigint: true });
    const sameDevice = note.device === undefined || note.boot !== bootId() || String(opened.dev) === note.device;
    if (String(opened.ino) !== note.inode || !sameDevice || opened.uid !== BigInt(process.getuid!())) return NOT_OURS;
    const inside = `/proc/self/fd/${fd}`;
    const files = readdirSync(inside);
    if (!files.every((file) => EXPORT_FILES.includes(file) && lstatSync(join(inside, file)).isFile())) return 'something in it is not of the export';
    for (const file of files) unlinkSync(join(inside, file));
    // A folder goes by its path alone; at worst this takes an empty one.
    const there = lstatSync(note.partial, { throwIfNoEntry: false, bigint: true });
    if (there?.ino !== opened.ino || there.dev !== opened.dev) return 'it was moved while it was being removed';
    rmdirSync(note.partial);
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** Whether the process that wrote the note is certainly gone. A process id alone says little: it is used again, and counts in one system only. */
function writerState({ pid, started, boot, pids, host }: Note): 'runs' | 'gone' | 'unknown' {
  if (host !== hostname()) return 'unknown';
  if (boot !== bootId()) return boot === '' || bootId() === '' ? 'unknown' : 'gone';
  if (pids !== processSpace()) return 'unknown';
  if (!isRunning(pid)) return 'gone';
  if (started === '') return 'runs';
  return startOf(pid) === started ? 'runs' : 'gone';
}

/** Names the set of processes that a process id belongs to: a container counts its own. */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
