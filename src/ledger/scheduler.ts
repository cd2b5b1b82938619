/** When to sign a checkpoint. Pure timing: the caller ticks it with its own clock. */

/** While events arrive: what an attacker can cut off unseen is at most this much. */
export const BUSY_INTERVAL_MS = 10_000;
/** After a recording began: of one that is cut off before its first head nothing is proven. */
export const FIRST_HEAD_MS = 1000;
/** At rest, too: a ledger that falls silent is itself a finding. */
const REST_INTERVAL_MS = 60_000;

export interface CheckpointTarget {
  readonly events: number;
  /** Events that could not be entered yet. */
  readonly waiting: number;
  checkpoint(): Promise<unknown>;
}

export interface SchedulerOptions {
  readonly ledger: CheckpointTarget;
  /** Runs before each checkpoint, at work only: recorders report how far they are, so that the checkpoint covers them. */
  readonly before?: () => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly onDone?: () => void;
}

export class CheckpointScheduler {
  #options: SchedulerOptions;
  #lastMs: number;
  #lastEvents: number;
  #running: Promise<void> | undefined;

  /** @param nowMs the present moment on the clock that tick() is called with. */
  constructor(options: SchedulerOptions, nowMs: number) {
    this.#options = options;
    this.#lastMs = nowMs;
    this.#lastEvents = options.ledger.events;
  }

  /** Call it about once a second. @param nowMs a monotonic clock, milliseconds. @returns when a checkpoint that was due is written; at once when none was due. */
  tick(nowMs: number): Promise<void> {
    if (this.#running) return this.#running;
    const { ledger } = this.#options;
    // A recording that grows makes events by itself; a shell that waits is no work.
    const busy = ledger.events !== this.#lastEvents || ledger.waiting > 0;
    if (nowMs - this.#lastMs < (busy ? BUSY_INTERVAL_MS : REST_INTERVAL_MS)) return Promise.resolve();
    this.#lastMs = nowMs;
    this.#running = this.#run(busy).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** A recording has begun: the next checkpoint at work is due FIRST_HEAD_MS from now, and no later than it was. */
  soon(nowMs: number): void {
    this.#lastMs = Math.min(this.#lastMs, nowMs + FIRST_HEAD_MS - BUSY_INTERVAL_MS);
  }

  async #run(busy: boolean): Promise<void> {
    const { ledger, before, onError, onDone } = this.#options;
    try {
      if (busy) await before?.();
      await ledger.checkpoint();
      this.#lastEvents = ledger.events;
      onDone?.();
    } catch (error) {
      onError(error);
    }
  }
}
