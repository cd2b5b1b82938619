/**
 * What the events of one recording may say after each other: a pure reducer. The writer asks it before each append, and
 * verifiers fold the events of a ledger or of a bundle through it, so that neither accepts what the other refuses.
 */
import { hash } from 'node:crypto';
import { PERSON_ID } from '../types/ids.ts';
import { RECORDING_ID } from '../types/ids.ts';
import { emptyRoot } from '../merkle/tree.ts';
import { BREAK_GLASS, type Access } from '../recording/access.ts';
import type { ErasedHead } from '../recording/erased.ts';
import { isCount } from '../recording/json.ts';
import type { TreeHead } from '../types/head.ts';
import { importKinds, reasons, roles, workstationClasses, type Reason, type ReviewState } from '../types/words.ts';
import { HEADS } from './heads.ts';
import type { LedgerEvent } from './types.ts';

/** What the events of one recording have said so far. */
export interface RecordingState {
  /** Sequence number and time of its `recording.start`, and whose it is. */
  readonly start: number;
  readonly began: string;
  readonly person: string | null;
  /** What its `recording.start` says of access, policy and recipients: see beginningOf. */
  readonly beginning: string;
  /** The largest head; that of an empty tree before the first one. */
  readonly head: TreeHead;
  /** The highest segment that an event named; segment 0 needs none. */
  readonly segment: number;
  /** The event that closed it. */
  readonly closed: Closing | null;
  /** As its `recording.end` counted them. */
  readonly outputBytes: number | null;
  readonly durationMs: number | null;
  /** Of what it was imported: a word of `importKinds`, or `unknown`; null where it was recorded here. */
  readonly imported: string | null;
  /** The ledger has a `recording.deleted` of it. */
  readonly deleted: boolean;
  /** Why its session was opened, as its `recording.start` says. */
  readonly reason: Reason;
  /** What an auditor said of it last (review-facts.ts); null where nobody did. */
  readonly review: ReviewFacts | null;
  /** Which of its records lack pieces, as its last `recording.erased` says that counts (life-cycle-facts.ts); null where there is none. */
  readonly erased: ErasureFacts | null;
}

/** What of a recording two have erased so far. */
export interface ErasureFacts extends ErasedHead {
  /** Number of the event. */
  readonly seq: number;
}

/** What an auditor said of a recording. */
export interface ReviewFacts {
  readonly state: ReviewState;
  readonly by: string;
  /** Number of the event. */
  readonly seq: number;
}

export type Closing = 'recording.end' | 'recording.failed' | 'recording.recovered';
const closings: readonly string[] = ['recording.end', 'recording.failed', 'recording.recovered'];

export const ruleCodes = [
  'second-start',
  'bad-start',
  'bad-head',
  'no-start',
  'after-end',
  'smaller-head',
  'other-root',
  'bad-segment',
  'not-closed',
  'second-deletion',
  'bad-deletion',
] as const;
export type RuleCode = (typeof ruleCodes)[number];

/** A rule that an event breaks; the sentence goes behind "event N ". */
export interface RuleBreak {
  readonly broken: RuleCode;
  readonly recording: string;
  readonly sentence: string;
}

/** Events that state size and root of one recording's tree. */
const headActions: readonly string[] = ['recording.segment', ...closings];

/** What is left of one that is gone. */
export const DELETED = 'recording.deleted';
/** A span of one is gone: its tree is what it was. */
export const ERASED = 'recording.erased';

const EMPTY_ROOT = emptyRoot().toString('hex');

/** Of something else that is called a recording there is nothing to be said. */
const SHA256 = /^[0-9a-f]{64}$/;
const KID = /^[A-Za-z0-9_-]{43}$/;

/** What an event says of one recording that these rules judge. */
export interface Saying extends Pick<LedgerEvent, 'seq' | 'time' | 'action' | 'person'> {
  readonly recording: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** All that an event says of recordings: one thing, or of `recording.heads` one of each recording in it. */
export function sayingsOf({ seq, time, action, person, detail = {}, opened }: LedgerEvent): Saying[] {
  const said = (recording: string, of: Saying['detail']): Saying => ({ seq, time, action, ...(person === undefined ? {} : { person }), recording, detail: of });
  if (action === HEADS) return (opened?.heads ?? []).map(([recording, size, root]) => said(recording, { recording, size, root }));
  const id = detail['recording'];
  return typeof id === 'string' &&
    RECORDING_ID.test(id) &&
    (action === 'recording.start' || action === DELETED || action === ERASED || headActions.includes(action))
    ? [said(id, detail)]
    : [];
}

/** How a recording began. */
export interface RecordingBeginning extends Access {
  readonly seq: number;
  readonly person: string;
  /** Kids, in order. */
  readonly recipients: readonly string[];
  readonly policySha256: string;
}

/** One digest for all that a recording's first header and its `recording.start` say alike, lower-case hex: states are kept by the hundred thousand. */
export function beginningOf({ role, class: place, reason, breakGlass, policySha256, recipients }: Omit<RecordingBeginning, 'seq' | 'person'>): string {
  return hash('sha256', JSON.stringify([role, place, reason, breakGlass, policySha256, recipients]), 'hex');
}

export const isKids = (value: unknown): value is string[] => Array.isArray(value) && value.every((kid) => typeof kid === 'string' && KID.test(kid));
export const isSha256 = (value: unknown): value is string => typeof value === 'string' && SHA256.test(value);
const isOneOf = (list: readonly string[], value: unknown): boolean => typeof value === 'string' && list.includes(value);

/** @returns undefined where a `recording.start` does not have the fields of its row. */
export function readStart({ seq, person, detail }: Saying): RecordingBeginning | undefined {
  const { recipients, policySha256, role, class: place, reason, breakGlass } = detail;
  if (person === undefined || !PERSON_ID.test(person) || !isKids(recipients) || !isSha256(policySha256)) return undefined;
  if (!isOneOf(roles, role) || !isOneOf(workstationClasses, place) || !isOneOf(reasons, reason)) return undefined;
  // Left out where there is none, so null is none either.
  if (breakGlass !== undefined && (typeof breakGlass !== 'string' || !BREAK_GLASS.test(breakGlass))) return undefined;
  return { seq, person, recipients, policySha256, ...({ role, class: place, reason, breakGlass: breakGlass ?? null } as Access) };
}

/** What a `recording.start` says that it was imported from; `unknown` where a later version has a word for it: an import is never taken for a recording. */
function importedOf({ imported }: Saying['detail']): string | null {
  if (imported === undefined) return null;
  return importKinds.find((kind) => kind === imported) ?? UNKNOWN_KIND;
}
export const UNKNOWN_KIND = 'unknown';

/** What a head event of each kind has beside the head. */
const headFields: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  'recording.segment': { segment: isCount, firstSeq: isCount },
  'recording.end': { reason: (value) => typeof value === 'string', outputBytes: isCount, durationMs: isCount },
};

function isHead({ action, person, detail }: Saying): boolean {
  // Who opened it with a key has to be somebody.
  if (action === 'recording.recovered' && (person === undefined || !PERSON_ID.test(person))) return false;
  const { size, root, signedBefore } = detail;
  const fields = Object.entries(headFields[action] ?? {}).every(([name, fits]) => fits(detail[name]));
  return fields && isCount(size) && isSha256(root) && (signedBefore === undefined || isCount(signedBefore));
}

/**
 * The state after what an event says of one recording.
 * @param before undefined before its first event.
 */
export function nextRecordingState(before: RecordingState | undefined, saying: Saying): RecordingState | RuleBreak {
  const { action, recording, detail } = saying;
  const breaks = (broken: RuleCode, sentence: string): RuleBreak => ({ broken, recording, sentence });
  if (action === 'recording.start') {
    if (before) return breaks('second-start', `starts recording ${recording} a second time`);
    const start = readStart(saying);
    if (!start) return breaks('bad-start', `does not say how recording ${recording} began`);
    return {
      start: saying.seq,
      began: saying.time,
      person: start.person,
      beginning: beginningOf(start),
      head: { size: 0, root: EMPTY_ROOT },
      segment: 0,
      closed: null,
      outputBytes: null,
      durationMs: null,
      imported: importedOf(detail),
      deleted: false,
      reason: start.reason,
      review: null,
      erased: null,
    };
  }
  if (action === DELETED) return deletedState(before, saying);
  if (action === ERASED) return erasedState(before, saying);
  if (before?.deleted) return breaks('after-end', `states a head of recording ${recording} after it was deleted`);
  if (!isHead(saying)) return breaks('bad-head', `states no head of recording ${recording}`);
  const { size, root, segment, firstSeq, outputBytes, durationMs } = detail as { root: string } & Record<string, number>;
  if (!before) return breaks('no-start', `states a head of recording ${recording}, which has not begun`);
  // Where its recorder did not end it, a person's key can have more of it signed, and more again when more of it is back.
  if (before.closed && (before.closed === 'recording.end' || action !== 'recording.recovered'))
    return breaks('after-end', `states a head of recording ${recording} after its ${before.closed}`);
  if (size! < before.head.size)
    return breaks('smaller-head', `says that recording ${recording} has ${size} records, and ${before.head.size} were signed for before`);
  if (size === 0 ? root !== EMPTY_ROOT : size === before.head.size && root !== before.head.root)
    return breaks('other-root', `gives the ${size} records of recording ${recording} another root than the one that was signed for before`);
  const head: TreeHead = { size: size!, root };
  if (action === 'recording.segment') {
    if (segment! <= before.segment || firstSeq! >= size!)
      return breaks('bad-segment', `names a segment of recording ${recording} that cannot follow segment ${before.segment}`);
    return { ...before, head, segment: segment! };
  }
  const counted = action === 'recording.end' ? { outputBytes: outputBytes!, durationMs: durationMs! } : {};
  return { ...before, ...counted, head, closed: closings.includes(action) ? (action as Closing) : before.closed };
}

/** It is what the ledger has that is deleted, once, and nothing that still runs. Whether whoever did it may, life-cycle-facts.ts says. */
function deletedState(before: RecordingState | undefined, { recording, detail }: Saying): RecordingState | RuleBreak {
  const breaks = (broken: RuleCode, sentence: string): RuleBreak => ({ broken, recording, sentence });
  if (!before) return breaks('no-start', `deletes recording ${recording}, which has not begun`);
  if (before.deleted) return breaks('second-deletion', `deletes recording ${recording} a second time`);
  if (before.closed === null) return breaks('not-closed', `deletes recording ${recording}, which has not ended`);
  return isWhole(before, detail) ? { ...before, deleted: true } : breaks('bad-deletion', `deletes another recording ${recording} than the ledger has`);
}

/** As of a deletion; its head is what it was. Whether it counts, life-cycle-facts.ts says. */
function erasedState(before: RecordingState | undefined, { recording, detail }: Saying): RecordingState | RuleBreak {
  const breaks = (broken: RuleCode, sentence: string): RuleBreak => ({ broken, recording, sentence });
  if (!before) return breaks('no-start', `erases a span of recording ${recording}, which has not begun`);
  if (before.deleted) return breaks('second-deletion', `erases a span of recording ${recording} after it was deleted`);
  if (before.closed === null) return breaks('not-closed', `erases a span of recording ${recording}, which has not ended`);
  return isWhole(before, detail) ? before : breaks('bad-deletion', `erases a span of another recording ${recording} than the ledger has`);
}

/** Whether an event says of a recording what the ledger has of it. */
function isWhole(known: RecordingState, { owner, began, lengthMs = null, size, root }: Saying['detail']): boolean {
  return owner === known.person && began === known.began && lengthMs === known.durationMs && size === known.head.size && root === known.head.root;
}

/** Which records lack pieces, as a `recording.erased` says; null where it does not say it. */
export function erasedHeadOf({ detail: { records, sha256 } = {} }: Pick<LedgerEvent, 'detail'>): ErasedHead | null {
  return isCount(records) && isSha256(sha256) ? { records, sha256 } : null;
}

export function isBreak(result: RecordingState | RuleBreak): result is RuleBreak {
  return 'broken' in result;
}

/** The states of recordings. A fork tries events before they count. */
export class RecordingStates {
  readonly #known = new Map<string, RecordingState>();
  readonly #elsewhere: (recording: string) => RecordingState | undefined;

  /** @param elsewhere finds states that are not held here. */
  constructor(elsewhere: (recording: string) => RecordingState | undefined = () => undefined) {
    this.#elsewhere = elsewhere;
  }

  get(recording: string): RecordingState | undefined {
    return this.#known.get(recording) ?? this.#elsewhere(recording);
  }

  /** Of those that are held here. */
  entries(): IterableIterator<[string, RecordingState]> {
    return this.#known.entries();
  }

  set(recording: string, state: RecordingState): void {
    this.#known.set(recording, state);
  }

  forget(recording: string): void {
    this.#known.delete(recording);
  }

  /** Takes an event in. @returns the rule that it breaks; the states are then as they were. */
  take(event: LedgerEvent): RuleBreak | undefined {
    const after: (readonly [string, RecordingState])[] = [];
    for (const saying of sayingsOf(event)) {
      const next = nextRecordingState(this.get(saying.recording), saying);
      if (isBreak(next)) return next;
      after.push([saying.recording, next]);
    }
    for (const [id, state] of after) this.#known.set(id, state);
    return undefined;
  }

  fork(): RecordingStates {
    return new RecordingStates((recording) => this.get(recording));
  }

  /** Takes over what a fork of this one has taken in. */
  join(fork: RecordingStates): void {
    for (const [id, state] of fork.entries()) this.#known.set(id, state);
  }
}
