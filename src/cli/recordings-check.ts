/**
 * The recordings that the ledger knows, compared with those on the disk. Names only: whether what is there is whole, an
 * export and its verification say.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KnownRecording } from '../ledger/known.ts';
import { RECORDING_ID, segmentNumber } from '../recording/header.ts';
import { liveState } from '../recording/live.ts';

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
  /** The same, of those that a running process is writing: they may have begun a moment ago. */
  readonly beginning: readonly string[];
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
export function checkRecordings(folder: string, present: readonly string[], known: ReadonlyMap<string, KnownRecording>): RecordingsCheck {
  const missing: MissingRecording[] = [];
  for (const [id, { began, person, records }] of known) {
    const there = segmentsOf(join(folder, id));
    // A recording that was cut off before its first segment has a folder and nothing in it, and nothing of it is lost.
    if (there === undefined || (there === 0 && records > 0)) missing.push({ id, began, person, records, folder: there !== undefined });
  }
  const strange = present.filter((id) => !known.has(id));
  const live = (id: string): boolean => liveState(join(folder, id)) === 'live';
  return { known: known.size, present: present.length, missing, unknown: strange.filter((id) => !live(id)), beginning: strange.filter(live) };
}

/** Undefined where there is no folder; a link is none, because what it leads to is not in our keeping. */
function segmentsOf(folder: string): number | undefined {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  return readdirSync(folder).filter((name) => segmentNumber(name) !== undefined).length;
}
