/**
 * What held when an event was entered, which its line does not say: as what its person acted, which policy was in force, and whether the clock had been moved, or was set by anything.
 * The envelope of an event is frozen, and whatever stood in it would be one more thing to believe: this follows from the events before it, which are proven. Pure.
 */
import type { ClockState, Role } from '../types/words.ts';
import { peopleOf } from './events.ts';
import type { LedgerFacts } from './facts.ts';
import type { LedgerEvent } from './types.ts';

export interface EventContext {
  /** What its person was by then; empty where it names nobody, or nobody who was known. */
  readonly roles: readonly Role[];
  /** SHA-256; null before the first one. */
  readonly policySha256: string | null;
  /**
   * Milliseconds by which the wall clock had gone further than the monotonic one since the event before it, negative where it was set back; 0 where both went on
   * together, to the second. A machine that slept is ahead too: its monotonic clock left that out. Null where a clock is missing or has begun anew.
   */
  readonly clockMs: number | null;
  /** Whether something set the clock, by the last `clock.state` up to it; `unknown` before there was one. */
  readonly clockState: ClockState;
}

/** Both clocks are read one after the other, and are slewed a little all the time. */
const STEADY_MS = 1000;

/** From which event on something is so. */
type Timeline<T> = (readonly [seq: number, value: T])[];

function at<T>(timeline: Timeline<T> | undefined, seq: number): T | undefined {
  let [from, to] = [0, timeline?.length ?? 0];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (timeline![middle]![0] <= seq) from = middle + 1;
    else to = middle;
  }
  return timeline?.[from - 1]?.[1];
}

export class Contexts {
  readonly #policies: Timeline<string> = [];
  readonly #roles = new Map<string, Timeline<readonly Role[]>>();
  readonly #states: Timeline<ClockState> = [];
  /** Of events whose clock had not gone on together, as `clockMs`. */
  readonly #clocks = new Map<number, number | null>();
  #before: { readonly wall: number; readonly mono: number } | undefined;

  /** The next event. @param facts by all events up to it, and by it. */
  take(event: LedgerEvent, facts: Pick<LedgerFacts, 'person' | 'policy' | 'clock'>): void {
    const { seq, action } = event;
    const sha256 = facts.policy?.sha256;
    if (sha256 !== undefined && this.#policies.at(-1)?.[1] !== sha256) this.#policies.push([seq, sha256]);
    if (action === 'clock.state') this.#states.push([seq, facts.clock.state]);
    if (action.startsWith('person.') || action === 'first-run') for (const person of peopleOf(event)) this.#takeRoles(seq, person, facts.person(person)?.roles);
    const clockMs = this.#takeClock(event);
    if (clockMs !== 0) this.#clocks.set(seq, clockMs);
  }

  /** @param event one that was taken */
  of({ seq, person }: Pick<LedgerEvent, 'seq' | 'person'>): EventContext {
    return {
      roles: person === undefined ? [] : (at(this.#roles.get(person), seq) ?? []),
      policySha256: at(this.#policies, seq) ?? null,
      clockMs: this.#clocks.get(seq) ?? (this.#clocks.has(seq) ? null : 0),
      clockState: at(this.#states, seq) ?? 'unknown',
    };
  }

  #takeRoles(seq: number, person: string, roles: readonly Role[] | undefined): void {
    if (!roles) return;
    const timeline = this.#roles.get(person) ?? [];
    if (timeline.length === 0) this.#roles.set(person, timeline);
    if (timeline.at(-1)?.[1].join() !== roles.join()) timeline.push([seq, roles]);
  }

  #takeClock({ time, entered, monoUs }: LedgerEvent): number | null {
    // What was entered late stands behind what happened after it.
    if (entered !== undefined) return 0;
    if (monoUs === null) return null;
    const now = { wall: Date.parse(time), mono: monoUs / 1000 };
    const before = this.#before;
    this.#before = now;
    // The machine began anew in between: what the clock did meanwhile nobody knows.
    if (!before || now.mono < before.mono) return null;
    const moved = Math.round(now.wall - before.wall - (now.mono - before.mono));
    return Math.abs(moved) < STEADY_MS ? 0 : moved;
  }
}
