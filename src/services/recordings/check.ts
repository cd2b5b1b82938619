/**
 * The recordings that the ledger knows, compared with those on the disk: by names and at a glance, and where it is asked for
 * by all of their content.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LedgerError } from '../../ledger/errors.ts';
import type { KnownRecording } from '../../ledger/known.ts';
import type { NoteKey } from '../../ledger/note.ts';
import { LedgerView } from '../../ledger/view.ts';
import { segmentNumber } from '../../recording/header.ts';
import { RECORDING_ID } from '../../types/ids.ts';
import type { RecordingStates } from '../../ledger/rules.ts';
import { RecordingError } from '../../recording/errors.ts';
import { liveState } from '../../recording/live.ts';
import { checkRecording, glanceAt, type Asked } from '../../records/index.ts';
import type { OpenInstallation } from '../installation/installation.ts';

export interface MissingRecording {
  readonly id: string;
  /** When the ledger says that it began, ISO 8601 UTC. */
  readonly began: string;
  readonly person: string | null;
  /** Records that the ledger has a head for. */
  readonly records: number;
  /** Whether the folder is there, and the segments are not. */
  readonly folder: boolean;
}

export interface RecordingsCheck {
  /** In the ledger. */
  readonly known: number;
  /** On the disk. */
  readonly present: number;
  /** The ledger knows them, and the disk has not got them. */
  readonly missing: readonly MissingRecording[];
  /** The disk has them, and the ledger has no start of them. */
  readonly unknown: readonly string[];
  /** The ledger has a tombstone of them, and the disk has not got them. Ids. */
  readonly deleted: readonly string[];
  /** Both have them, and they contradict each other. */
  readonly contradictions: readonly { readonly id: string; readonly sentence: string }[];
  /** Of those whose content was read and agrees; null where no content was read. */
  readonly content: ContentCheck | null;
}

export interface ContentCheck {
  readonly recordings: number;
  /** Records that are there. */
  readonly records: number;
  /** Records among them that the ledger signed for. */
  readonly proven: number;
  /** Those that go on behind the last signed head. */
  readonly unsigned: readonly { readonly id: string; readonly proven: number; readonly records: number }[];
}

/** Told while content is read. */
export type Progress = (done: { readonly recordings: number; readonly of: number; readonly bytes: number }) => void;

/** Reads all content of the recordings that are there and in the ledger. */
export async function checkContent(
  folder: string,
  ids: readonly string[],
  ledger: Asked,
  progress: Progress,
): Promise<Pick<RecordingsCheck, 'contradictions' | 'content'>> {
  const contradictions: { id: string; sentence: string }[] = [];
  const unsigned: { id: string; proven: number; records: number }[] = [];
  let [recordings, records, proven, bytes] = [0, 0, 0, 0];
  for (const [n, id] of ids.entries()) {
    const at = join(folder, id);
    const read = (more: number): void => progress({ recordings: n, of: ids.length, bytes: (bytes += more) });
    try {
      const proof = await checkRecording(at, ledger, id, { live: liveState(at) === 'live', progress: read });
      if (!proof) continue;
      if (proof.sentence !== undefined) {
        contradictions.push({ id, sentence: proof.sentence });
        continue;
      }
      recordings++;
      records += proof.found.size;
      proven += proof.proven;
      if (proof.found.size > proof.proven) unsigned.push({ id, proven: proof.proven, records: proof.found.size });
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      contradictions.push({ id, sentence: `Recording ${id} cannot be compared with the ledger: ${error.message}` });
    }
  }
  progress({ recordings: ids.length, of: ids.length, bytes });
  return { contradictions, content: { recordings, records, proven, unsigned } };
}

/** Ids of the recordings in a folder, oldest first. A folder that is not there has none. */
export function presentRecordings(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => RECORDING_ID.test(name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * @param present what was there before the ledger was read: a recording is on the disk before it is in the ledger, so
 * that order never calls one missing that has only begun.
 */
export function checkRecordings(
  folder: string,
  present: readonly string[],
  known: ReadonlyMap<string, KnownRecording>,
  states: Pick<RecordingStates, 'get'>,
): RecordingsCheck {
  const missing: MissingRecording[] = [];
  const deleted: string[] = [];
  for (const [id, { began, person, records, deleted: wasDeleted }] of known) {
    const there = segmentsOf(join(folder, id));
    if (wasDeleted) {
      if (there === undefined) deleted.push(id);
      continue;
    }
    // A recording that was cut off before its first segment has a folder and nothing in it, and nothing of it is lost.
    if (there === undefined || (there === 0 && records > 0)) missing.push({ id, began, person, records, folder: there !== undefined });
  }
  const gone = new Set(missing.map(({ id }) => id));
  const contradictions = present.flatMap((id) => {
    const state = states.get(id);
    const sentence = state && !gone.has(id) ? glanceAt(join(folder, id), id, state).contradiction : null;
    return sentence === null ? [] : [{ id, sentence }];
  });
  const unknown = present.filter((id) => !known.has(id));
  return { known: known.size, present: present.length, missing, unknown, deleted, contradictions, content: null };
}

/** A recorder has its start entered before anything else, and gives up where the ledger is not free for ten seconds. */
const ENTERED = { attempts: 50, ms: 200 };

/**
 * A recording is on the disk some milliseconds before it is in the ledger. Whether a process writes it proves nothing: any
 * program of this account can hold its lock. So the ledger is asked again, for as long as one of them looks as if it had just begun.
 * @param ids of recordings that the ledger did not know.
 * @returns those that it does not know still.
 */
export async function neverEntered(
  { home, noteKey }: Pick<OpenInstallation, 'home' | 'noteKey'>,
  ids: readonly string[],
  io: { readonly wait: (ms: number) => Promise<void> },
): Promise<readonly string[]> {
  let rest = ids;
  if (rest.length === 0) return rest;
  for (let attempt = 0; ; attempt++) {
    const live = rest.some((id) => liveState(join(home.recordings, id)) === 'live');
    const known = await knownNow(home.ledger, noteKey);
    rest = rest.filter((id) => !known.has(id));
    if (rest.length === 0 || !live || attempt === ENTERED.attempts) return rest;
    await io.wait(ENTERED.ms);
  }
}

/** Ids. A ledger that cannot be read in this moment knows none. */
async function knownNow(ledger: string, key: NoteKey): Promise<ReadonlySet<string>> {
  let view: LedgerView | undefined;
  try {
    view = await LedgerView.open(ledger, key);
    return new Set(((await view?.recordings()) ?? []).map(([id]) => id));
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return new Set();
  } finally {
    view?.close();
  }
}

/** Undefined where there is no folder; a link is none, because what it leads to is not in our keeping. */
function segmentsOf(folder: string): number | undefined {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  return readdirSync(folder).filter((name) => segmentNumber(name) !== undefined).length;
}
