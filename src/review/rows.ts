/**
 * The list of recordings as somebody looks for one: rows of what is public of each, and of names for whoever may see them; filtered, sorted, cut
 * into pages and into days. Pure. 100,000 rows take no wait: a filter looks at each row once, and nothing is made of those that it leaves out.
 */

import { recordingStates, reviewStates, type Reason, type RecordingSort, type RecordingStateWord, type ReviewState } from '../types/words.ts';

export interface RecordingRow {
  readonly id: string;
  /** Whose it is; empty where nothing says it. */
  readonly person: string;
  /** Their name; null where whoever looks may not see it, or where nobody knows it. */
  readonly name: string | null;
  /** ISO 8601 UTC; empty where nothing says it. */
  readonly start: string;
  readonly lengthMs: number;
  /** Bytes on the disk. */
  readonly size: number;
  readonly state: RecordingStateWord;
  /** Records that the ledger signed for; null where it knows none of it. */
  readonly signed: number | null;
  /** Records that are there; null where they were not counted. */
  readonly found: number | null;
  /** Why its session was opened; null where nobody was asked. */
  readonly reason: Reason | null;
  /** What an auditor said of it last, and who; null where nobody did. */
  readonly review: { readonly state: ReviewState; readonly by: string } | null;
  /** What ran in it: sealed, so only where its key was there. */
  readonly program: string | null;
}

export interface RowFilter {
  /** Milliseconds since the epoch; both ends count. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** An id, or a part of a name. */
  readonly person?: string | undefined;
  readonly state?: RecordingStateWord | ReviewState | undefined;
  readonly reason?: Reason | undefined;
  /** Every one of these stands in the id, the name, the person's id or the program. */
  readonly words?: readonly string[] | undefined;
}

/** How far a recording is proven, from 0 to 1: -1 where the ledger knows nothing of it. */
export function provenShare({ signed, found }: Pick<RecordingRow, 'signed' | 'found'>): number {
  if (signed === null) return -1;
  return found === null || found === 0 ? 1 : Math.min(1, signed / found);
}

const keys: Readonly<Record<RecordingSort, (row: RecordingRow) => string | number>> = {
  start: (row) => row.start,
  person: (row) => (row.name ?? row.person).toLowerCase(),
  length: (row) => row.lengthMs,
  size: (row) => row.size,
  state: (row) => recordingStates.indexOf(row.state),
  proven: provenShare,
  // What waits stands first, and what nobody has said anything of last.
  review: ({ review }) => (review ? reviewStates.indexOf(review.state) : reviewStates.length),
};

/** The rows that a filter leaves, in their order. */
export function filterRows(rows: readonly RecordingRow[], filter: RowFilter): readonly RecordingRow[] {
  const { state, reason } = filter;
  // ISO 8601 in UTC sorts as text, and is not read 100,000 times. A row without a start is in no span.
  const since = filter.since === undefined ? undefined : new Date(filter.since).toISOString();
  const until = filter.until === undefined ? undefined : new Date(filter.until).toISOString();
  const person = filter.person?.trim().toLowerCase();
  const words = (filter.words ?? []).map((word) => word.toLowerCase()).filter((word) => word !== '');
  if (since === undefined && until === undefined && !person && state === undefined && reason === undefined && words.length === 0) return rows;
  return rows.filter((row) => {
    if (state !== undefined && row.state !== state && row.review?.state !== state) return false;
    if (reason !== undefined && row.reason !== reason) return false;
    if ((since !== undefined || until !== undefined) && row.start === '') return false;
    if ((since !== undefined && row.start < since) || (until !== undefined && row.start > until)) return false;
    if (person && row.person !== person && !row.name?.toLowerCase().includes(person)) return false;
    return words.every((word) => has(row, word));
  });
}

function has({ id, person, name, program }: RecordingRow, word: string): boolean {
  return id.includes(word) || person.includes(word) || (name?.toLowerCase().includes(word) ?? false) || (program?.toLowerCase().includes(word) ?? false);
}

/** Sorted anew; rows that are equal by the key stand newest first. */
export function sortRows(rows: readonly RecordingRow[], key: RecordingSort, descending: boolean): RecordingRow[] {
  const of = keys[key];
  const sign = descending ? -1 : 1;
  return rows
    .map((row) => ({ row, by: of(row) }))
    .sort((a, b) => (a.by < b.by ? -sign : a.by > b.by ? sign : a.row.id < b.row.id ? 1 : a.row.id > b.row.id ? -1 : 0))
    .map(({ row }) => row);
}

interface DayOfRows<T> {
  /** As `dayOf` writes it. */
  readonly day: string;
  readonly rows: readonly T[];
}

/**
 * Rows that follow each other and began on the same day, as one group each.
 * @param dayOf of a start: UTC unless given.
 */
export function groupByDay<T extends Pick<RecordingRow, 'start'>>(
  rows: readonly T[],
  dayOf: (start: string) => string = (start) => start.slice(0, 10),
): DayOfRows<T>[] {
  const days: { day: string; rows: T[] }[] = [];
  for (const row of rows) {
    const day = dayOf(row.start);
    const last = days.at(-1);
    if (last?.day === day) last.rows.push(row);
    else days.push({ day, rows: [row] });
  }
  return days;
}
