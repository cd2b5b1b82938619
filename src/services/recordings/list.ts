/**
 * The recordings of an installation as a list: what the ledger and the names of files say of each, without any key, and the names of people for whoever
 * may see them.
 */
import { lstatSync } from 'node:fs';
import { sep } from 'node:path';
import { denialOf, grantOf } from '../../access/index.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { RecordingState } from '../../ledger/rules.ts';
import { readPinned } from '../../people/pinned.ts';
import { ticketOf } from '../../recording/access.ts';
import { segmentName } from '../../recording/header.ts';
import { outlineOf, type RecordingOutline } from '../../recording/outline.ts';
import { openRecording } from '../../recording/reader.ts';
import { needsRecovery } from '../../recording/recovery.ts';
import type { SegmentOpener } from '../../recording/types.ts';
import { glanceAt } from '../../records/index.ts';
import type { RecordingRow } from '../../review/rows.ts';
import type { Home } from '../../storage/index.ts';
import type { Reason, ReviewState } from '../../types/words.ts';
import { presentRecordings } from './check.ts';

export interface ListedRecording {
  readonly id: string;
  readonly person: string;
  readonly start: string;
  readonly lengthMs: number;
  /** Bytes on the disk. */
  readonly size: number;
  /** Bytes of output; null where only the ledger and the key know. */
  readonly outputBytes: number | null;
  readonly state: RecordingOutline['state'];
  /** An interrupted recording that was closed after its last whole record. */
  readonly recovered: boolean;
  readonly fault: string | null;
  /** Why its session was opened; null where nobody was asked, or the ledger does not know it. */
  readonly reason: Reason | null;
  /** What an auditor said of it last, and who; null where nobody did. */
  readonly review: { readonly state: ReviewState; readonly by: string } | null;
  /** Of what it was imported; null where it was recorded here. */
  readonly imported: string | null;
  /** What the ledger says against what is there, at a glance: null where the ledger does not know it. Content is proven by `ledger verify --deep`. */
  readonly ledger: {
    /** Records that the ledger signed for. */
    readonly signed: number;
    /** Records that are there, by the lengths of frames; null where they were not counted. */
    readonly found: number | null;
    readonly contradiction: string | null;
  } | null;
}

/** So many of the newest recordings are opened; of older ones only the segments' sizes are looked at, so that a list stays quick. */
const LOOKED_AT = 1000;

const FIRST_SEGMENT = segmentName(0);
const QUIETLY = { throwIfNoEntry: false } as const;

/** What the ledger says of it that its own files do not. */
function saidOf(known: RecordingState | undefined): Pick<ListedRecording, 'reason' | 'review'> {
  const { reason = 'none', review } = known ?? {};
  return { reason: reason === 'none' ? null : reason, review: review ? { state: review.state, by: review.by } : null };
}

function listed(summary: RecordingOutline, known: RecordingState | undefined): ListedRecording {
  const { id, person, started, durationMs, size, fault, folder } = summary;
  const ledger = known ? { signed: known.head.size, ...glanceAt(folder, id, known) } : null;
  // Where the ledger knows it, no file that came or went says otherwise: an end.json without its event is nobody's word.
  const state = known ? (known.closed === 'recording.end' ? 'complete' : !known.closed && summary.state === 'live' ? 'live' : 'interrupted') : summary.state;
  const settled = known ? known.closed === 'recording.recovered' || (known.closed !== null && !needsRecovery(folder)) : !needsRecovery(folder);
  const recovered = state === 'interrupted' && settled;
  return {
    id,
    person: known?.person ?? person,
    start: known?.began ?? started,
    lengthMs: known?.durationMs ?? durationMs,
    size,
    outputBytes: known?.outputBytes ?? null,
    state,
    recovered,
    fault: fault ?? null,
    ...saidOf(known),
    imported: known?.imported ?? null,
    ledger,
  };
}

/**
 * Every recording in a folder, oldest first. What the ledger has the end of it tells, and the disk only how large the segments
 * are; the others, and the newest, are looked at themselves. Nothing here reads content.
 */
export async function listRecordings(folder: string, known: ReadonlyMap<string, RecordingState>): Promise<ListedRecording[]> {
  const ids = presentRecordings(folder);
  const list: ListedRecording[] = [];
  for (const [n, id] of ids.entries()) {
    const own = folder + sep + id;
    const state = known.get(id);
    const ended = state && endedRecording(own, id, state);
    if (!ended) list.push(listed(await outlineIn(own, id), state));
    else list.push(n < ids.length - LOOKED_AT ? ended : { ...ended, ledger: { signed: state.head.size, ...glanceAt(own, id, state) } });
  }
  return list;
}

/** What is no folder of ours is a row too: a list does not end at it, and follows no link. */
async function outlineIn(folder: string, id: string): Promise<RecordingOutline> {
  let fault = `${folder} is not a folder.`;
  try {
    if (lstatSync(folder).isDirectory()) return await outlineOf(folder, id);
  } catch (error) {
    fault = `${folder} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`;
  }
  return { id, folder, person: '', started: '', durationMs: 0, size: 0, segments: 0, state: 'interrupted', fault };
}

/** @returns undefined where the ledger has no end of it, or the disk has not the segments that the ledger knows. */
function endedRecording(folder: string, id: string, state: RecordingState): ListedRecording | undefined {
  const { closed, durationMs, outputBytes, segment, person, began, head, imported, deleted } = state;
  if (deleted || closed !== 'recording.end' || durationMs === null || outputBytes === null || person === null) return undefined;
  let size = 0;
  for (let n = 0; n <= segment; n++) {
    const stat = lstatSync(folder + sep + (n === 0 ? FIRST_SEGMENT : segmentName(n)), QUIETLY);
    if (!stat?.isFile()) return undefined;
    size += stat.size;
  }
  const ledger = { signed: head.size, found: null, contradiction: null };
  return {
    id,
    person,
    start: began,
    lengthMs: durationMs,
    size,
    outputBytes,
    state: 'complete',
    recovered: false,
    fault: null,
    ...saidOf(state),
    imported,
    ledger,
  };
}

/** A listed recording as a row of the review. @param name of its person, for whoever may see it. */
export function rowOf(listed: ListedRecording, name: string | null = null, program: string | null = null): RecordingRow {
  const { id, person, start, lengthMs, size, ledger, reason, review } = listed;
  const state = ledger === null ? 'unknown' : ledger.contradiction === null ? listed.state : 'contradicts';
  return { id, person, name, start, lengthMs, size, state, signed: ledger?.signed ?? null, found: ledger?.found ?? null, reason, review, program };
}

/**
 * The names that somebody who is in may see beside recordings: their own, and everybody's where their roles say so.
 * @returns null for everybody else, and for whom no record that is the ledger's names.
 */
export function namesFor(home: Home, facts: Pick<LedgerFacts, 'person'>, looking: string): (person: string) => string | null {
  const roles = facts.person(looking)?.roles ?? [];
  const everybody = denialOf('review.everybody', { phase: 'open', grant: grantOf({ id: looking, roles }, 'passphrase') }, Date.now()) === undefined;
  const names = new Map<string, string | null>();
  return (person) => {
    if (person !== looking && !everybody) return null;
    let name = names.get(person);
    if (name === undefined) names.set(person, (name = nameOf(home, facts, person)));
    return name;
  };
}

function nameOf(home: Home, facts: Pick<LedgerFacts, 'person'>, person: string): string | null {
  try {
    return readPinned(home, facts, person)?.name ?? null;
  } catch {
    // A record that is not the ledger's names nobody.
    return null;
  }
}

/** A program's command line is no longer in a list. */
const PROGRAM_CHARS = 200;

/** What a recording says of itself at its beginning, sealed: null where it does not. */
export interface Begun {
  /** What ran in it. */
  readonly program: string | null;
  /** For which ticket it was begun. */
  readonly ticket: string | null;
}

/** Its first events, up to the first output. @returns nothing of it where the key does not open it. */
export async function begunAs(folder: string, opener: SegmentOpener): Promise<Begun> {
  let program: string | null = null;
  let ticket: string | null = null;
  try {
    const reader = await openRecording(folder, { live: true });
    for await (const { events } of reader.contents(opener)) {
      for (const { code, data } of events) {
        if (code === 's') program = programOf(data);
        else if (code === 'm') ticket ??= ticketOf(data) ?? null;
        else if (code === 'o' || code === 'x') return { program, ticket };
      }
    }
  } catch {
    // Not a recipient, or nothing that can be read: the row stands without it.
  }
  return { program, ticket };
}

function programOf(start: Uint8Array): string | null {
  const { command } = JSON.parse(Buffer.from(start).toString('utf8')) as { command?: unknown };
  if (!Array.isArray(command)) return null;
  return command
    .filter((part) => typeof part === 'string')
    .join(' ')
    .slice(0, PROGRAM_CHARS);
}
