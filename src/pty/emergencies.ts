/**
 * How long the shells of an emergency may run, held where they run: whatever main says, or no longer says, they end when its time is up. A shell of one
 * that is over is started no more.
 */
import { extend, goingOn, isOver, noLonger, type Glass } from '../lock/glass.ts';
import type { Clock } from '../time/clock.ts';

/** A timer of the system stands still while the machine sleeps, and the clock does not: it is looked at this often, in ms. */
const LOOK_MS = 1000;

export class Emergencies {
  readonly #clock: Clock;
  readonly #over: (id: string) => void;
  /** By their ids, also those that are over. */
  readonly #all = new Map<string, Glass>();
  readonly #ended = new Set<string>();

  /** @param over told once of each, when it is over. */
  constructor(clock: Clock, over: (id: string) => void) {
    this.#clock = clock;
    this.#over = over;
  }

  /**
   * A shell of it is to be started. The first one begins its time here, which may have begun long before; from then on the sooner end counts.
   * @param left milliseconds, as whoever asks counts them @returns false where it is over.
   */
  enter(id: string, left: number): boolean {
    if (this.#ended.has(id)) return false;
    const now = this.#clock.now();
    const known = this.#all.get(id);
    const running = known ? noLonger(known, left, now) : goingOn(left, now);
    if (isOver(running, now)) return false;
    this.#all.set(id, running);
    if (!known) this.#watch(id);
    return true;
  }

  /** Once, and never one that is over. */
  extend(id: string): void {
    const known = this.#all.get(id);
    const longer = known && !this.#ended.has(id) ? extend(known, this.#clock.now()) : undefined;
    if (longer) this.#all.set(id, longer);
  }

  /** Over, whatever time is left; also one that no shell was started in. */
  end(id: string): void {
    if (this.#ended.has(id)) return;
    this.#ended.add(id);
    this.#over(id);
  }

  #watch(id: string): void {
    this.#clock.after(LOOK_MS, () => {
      if (this.#ended.has(id)) return;
      if (isOver(this.#all.get(id)!, this.#clock.now())) this.end(id);
      else this.#watch(id);
    });
  }
}
