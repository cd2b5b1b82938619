/**
 * What the events of one recording may say after each other: a pure reducer. The writer asks it before each append, and
 * verifiers fold the events of a ledger or of a bundle through it, so that neither accepts what the other refuses.
 */
import { emptyRoot } from '../merkle/tree.ts';
import type { TreeHead } from '../recording/types.ts';
import type { LedgerEvent } from './types.ts';

/** What the events of one recording have said so far. */
export interface RecordingState {
  /** Sequence number and time of its `recording.start`, and whose it is. */
  readonly start: number;
  readonly began: string;
  readonly person: string | null;
  /** The largest head; that of an empty tree before the first one. */
  readonly head: TreeHead;
  /** The highest segment that an event named; segment 0 needs none. */
  readonly segment: number;
  /** The event that closed it. */
  readonly closed: Closing | null;
  /** As its `recording.end` counted them. */
  readonly outputBytes: number | null;
  readonly durationMs: number | null;
}

export type Closing = 'recording.end' | 'recording.failed' | 'recording.recovered';
const closings: readonly string[] = ['recording.end', 'recording.failed', 'recording.recovered'];

export const ruleCodes = ['second-start', 'no-start', 'after-end', 'smaller-head', 'other-root', 'bad-segment', 'bad-head'] as const;
export type RuleCode = (typeof ruleCodes)[number];

/** A rule that an event breaks; the sentence goes behind "event N ". */
export interface RuleBreak {
  readonly broken: RuleCode;
  readonly recording: string;
  readonly sentence: string;
}

/** Events that state size and root of one recording's tree. */
const headActions: readonly string[] = ['recording.segment', 'recording.checkpoint', ...closings];

const EMPTY_ROOT = emptyRoot().toString('hex');

/** Of something else that is called a recording there is nothing to be said. */
const RECORDING = /^\d{8}-\d{6}-[0-9a-f]{8}$/;

type Spoken = Pick<LedgerEvent, 'action' | 'detail' | 'person'>;

/** The recording of which an event says something that these rules judge; undefined for every other event. */
export function judgedRecording({ action, detail }: Spoken): string | undefined {
  const id = detail?.['recording'];
  return typeof id === 'string' && RECORDING.test(id) && (action === 'recording.start' || headActions.includes(action)) ? id : undefined;
}

/**
 * The state after an event of one recording.
 * @param before undefined before its first event.
 */
export function nextRecordingState(
  before: RecordingState | undefined,
  event: Spoken & { readonly seq: number; readonly time: string },
): RecordingState | RuleBreak {
  const { action, detail = {} } = event;
  const recording = String(detail['recording']);
  const breaks = (broken: RuleCode, sentence: string): RuleBreak => ({ broken, recording, sentence });
  if (action === 'recording.start') {
    if (before) return breaks('second-start', `starts recording ${recording} a second time`);
    return {
      start: event.seq,
      began: event.time,
      person: event.person ?? null,
      head: { size: 0, root: EMPTY_ROOT },
      segment: 0,
      closed: null,
      outputBytes: null,
      durationMs: null,
    };
  }
  const { size, root, segment, firstSeq, outputBytes, durationMs } = detail as Readonly<Record<string, unknown>>;
  if (!isCount(size) || typeof root !== 'string' || !/^[0-9a-f]{64}$/.test(root)) return breaks('bad-head', `states no head of recording ${recording}`);
  if (!before) return breaks('no-start', `states a head of recording ${recording}, which has not begun`);
  // A recording that failed can be closed by its recovery; whatever else closed it is its last word.
  if (before.closed && !(before.closed === 'recording.failed' && action === 'recording.recovered'))
    return breaks('after-end', `states a head of recording ${recording} after its ${before.closed}`);
  if (size < before.head.size)
    return breaks('smaller-head', `says that recording ${recording} has ${size} records, and ${before.head.size} were signed for before`);
  if (size === 0 ? root !== EMPTY_ROOT : size === before.head.size && root !== before.head.root)
    return breaks('other-root', `gives the ${size} records of recording ${recording} another root than the one that was signed for before`);
  if (action === 'recording.segment') {
    if (!isCount(segment) || !isCount(firstSeq) || segment <= before.segment || firstSeq >= size)
      return breaks('bad-segment', `names a segment of recording ${recording} that cannot follow segment ${before.segment}`);
    return { ...before, head: { size, root }, segment };
  }
  const counted = action === 'recording.end' && isCount(outputBytes) && isCount(durationMs) ? { outputBytes, durationMs } : {};
  return { ...before, ...counted, head: { size, root }, closed: closings.includes(action) ? (action as Closing) : before.closed };
}

export function isBreak(result: RecordingState | RuleBreak): result is RuleBreak {
  return 'broken' in result;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
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
    const id = judgedRecording(event);
    if (id === undefined) return undefined;
    const next = nextRecordingState(this.get(id), event);
    if (isBreak(next)) return next;
    this.#known.set(id, next);
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
