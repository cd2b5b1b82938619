/** A recording at a glance, along its time: how much was printed when, where it was idle, and what happened. Pure; each list of it is bounded. */
import type { EventCode } from '../recording/types.ts';
import type { CommandLine } from './transcript.ts';

/** The activity of a recording is told in at most so many equal parts of its time. */
export const MOST_PARTS = 1024;
const FIRST_PART_US = 250_000;
/** Markers and idle spans of each kind: whatever comes behind them is counted, and not placed. */
const MOST_MARKERS = 5000;
/** Nothing printed for so long is idle. */
const IDLE_US = 10_000_000;

export type MarkerKind = 'command' | 'lock' | 'unlock' | 'resize' | 'gap' | 'mark' | 'exit';
export interface Marker {
  readonly kind: MarkerKind;
  /** Microseconds since the recording's start. */
  readonly timeUs: number;
}
export interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

export interface Timeline {
  readonly durationUs: number;
  readonly outputBytes: number;
  /** Output bytes in each part of `partUs`, from the start on. */
  readonly activity: readonly number[];
  readonly partUs: number;
  readonly markers: readonly Marker[];
  /** How many of each kind there are, also of those that are not placed. */
  readonly counts: Readonly<Record<MarkerKind, number>>;
  readonly idle: readonly Span[];
  readonly locked: readonly Span[];
}

const kindOf: Partial<Record<EventCode, MarkerKind>> = { l: 'lock', u: 'unlock', r: 'resize', g: 'gap', m: 'mark', x: 'exit' };

export class TimelineBuilder {
  #partUs = FIRST_PART_US;
  readonly #activity: number[] = [];
  readonly #markers: Marker[] = [];
  readonly #counts: Record<MarkerKind, number> = { command: 0, lock: 0, unlock: 0, resize: 0, gap: 0, mark: 0, exit: 0 };
  readonly #idle: Span[] = [];
  readonly #locked: Span[] = [];
  #lockedUs: number | undefined;
  #outputUs = 0;
  #bytes = 0;
  #endUs = 0;

  event(code: EventCode, timeUs: number, bytes: number): void {
    this.#endUs = Math.max(this.#endUs, timeUs);
    if (code === 'o') {
      if (timeUs - this.#outputUs >= IDLE_US) push(this.#idle, { fromUs: this.#outputUs, toUs: timeUs });
      this.#outputUs = Math.max(this.#outputUs, timeUs);
      this.#bytes += bytes;
      while (timeUs / this.#partUs >= MOST_PARTS) this.#coarser();
      const part = Math.floor(timeUs / this.#partUs);
      while (this.#activity.length <= part) this.#activity.push(0);
      this.#activity[part]! += bytes;
      return;
    }
    if (code === 'l') this.#lockedUs ??= timeUs;
    else if (code === 'u' && this.#lockedUs !== undefined) {
      push(this.#locked, { fromUs: this.#lockedUs, toUs: timeUs });
      this.#lockedUs = undefined;
    }
    const kind = kindOf[code];
    if (kind) this.#mark(kind, timeUs);
  }

  /** @param commands of the recording so far. */
  done(commands: readonly CommandLine[]): Timeline {
    const markers = [...this.#markers];
    for (const { beganUs } of commands.slice(0, MOST_MARKERS)) markers.push({ kind: 'command', timeUs: beganUs });
    const locked = this.#lockedUs === undefined ? this.#locked : [...this.#locked, { fromUs: this.#lockedUs, toUs: this.#endUs }];
    const idle = this.#endUs - this.#outputUs >= IDLE_US ? [...this.#idle, { fromUs: this.#outputUs, toUs: this.#endUs }] : [...this.#idle];
    return {
      durationUs: this.#endUs,
      outputBytes: this.#bytes,
      activity: [...this.#activity],
      partUs: this.#partUs,
      markers: markers.sort((a, b) => a.timeUs - b.timeUs),
      counts: { ...this.#counts, command: commands.length },
      idle,
      locked,
    };
  }

  #mark(kind: MarkerKind, timeUs: number): void {
    if (++this.#counts[kind] <= MOST_MARKERS) this.#markers.push({ kind, timeUs });
  }

  /** Two parts become one, so that a recording of any length has no more than MOST_PARTS. */
  #coarser(): void {
    for (let i = 0; i < this.#activity.length; i += 2) this.#activity[i / 2] = this.#activity[i]! + (this.#activity[i + 1] ?? 0);
    this.#activity.length = Math.ceil(this.#activity.length / 2);
    this.#partUs *= 2;
  }
}

function push(spans: Span[], span: Span): void {
  if (spans.length < MOST_MARKERS) spans.push(span);
}
