/**
 * While output floods a pane, do not paint what nobody can read: parsing is what the shell waits for, and rendering costs
 * more than parsing (12.6 against 26 MB/s). The emulator paints through window.requestAnimationFrame, looked up at each
 * call; this wraps it. Import it before the emulator.
 */

/** Unparsed bytes in all panes from which on the page counts as flooded: 6 ms of parsing. */
const FLOOD_BACKLOG = 128 * 1024;
/** Bytes that arrive within RATE_WINDOW_MS: 2 MB/s is 300 full screens a second. Flow control can keep the backlog low. */
const FLOOD_RATE = 200 * 1024;
const RATE_WINDOW_MS = 100;
/** 3 frames a second: it moves, and costs a tenth of the time (a frame of colours takes 20 to 30 ms). */
const PAINT_EVERY_MS = 334;
/** Nothing unparsed and nothing new for this long is the end of a flood: frames of one come every 8 to 60 ms. */
const QUIET_MS = 70;
/** After a key, everything paints at once for this long, so that a person who types into another pane sees the echo. */
const HURRY_MS = 60;

type Frames = Pick<Window, 'requestAnimationFrame' | 'cancelAnimationFrame' | 'setTimeout' | 'clearTimeout'>;

export class FrameBudget {
  readonly #window: Frames;
  readonly #now: () => number;
  readonly #request: Frames['requestAnimationFrame'];
  readonly #held = new Map<number, FrameRequestCallback>();
  #nextHeld = -1;
  #timer: number | undefined;
  #quiet: number | undefined;
  #lastPaint = -Infinity;
  #hurryUntil = 0;
  #backlog = 0;
  #arrived = 0;
  #windowStart = 0;
  #lastRate = 0;

  constructor(frames: Frames, now: () => number) {
    this.#window = frames;
    this.#now = now;
    this.#request = frames.requestAnimationFrame.bind(frames);
    const cancel = frames.cancelAnimationFrame.bind(frames);
    frames.requestAnimationFrame = (callback) => this.request(callback);
    frames.cancelAnimationFrame = (id) => {
      if (!this.#held.delete(id)) cancel(id);
    };
  }

  /** Bytes came in and wait to be parsed. */
  arrived(bytes: number): void {
    this.#backlog += bytes;
    this.#clearQuiet();
    const time = this.#now();
    if (time - this.#windowStart >= RATE_WINDOW_MS) {
      this.#lastRate = time - this.#windowStart < 2 * RATE_WINDOW_MS ? this.#arrived : 0;
      this.#arrived = 0;
      this.#windowStart = time;
    }
    this.#arrived += bytes;
  }

  /** Bytes were parsed. The end of a flood is painted at once. */
  parsed(bytes: number): void {
    this.#backlog = Math.max(0, this.#backlog - bytes);
    if (this.#held.size === 0) return;
    if (this.flooded()) this.#awaitQuiet();
    else this.#flush();
  }

  /** A person typed. */
  hurry(): void {
    this.#hurryUntil = this.#now() + HURRY_MS;
    if (this.#held.size > 0) this.#flush();
  }

  flooded(): boolean {
    if (this.#backlog > FLOOD_BACKLOG) return true;
    return this.#now() - this.#windowStart < 2 * RATE_WINDOW_MS && Math.max(this.#arrived, this.#lastRate) > FLOOD_RATE;
  }

  request(callback: FrameRequestCallback): number {
    const time = this.#now();
    const wait = this.#lastPaint + PAINT_EVERY_MS - time;
    if (wait <= 0 || time < this.#hurryUntil || !this.flooded()) return this.#pass(callback);
    const id = this.#nextHeld--;
    this.#held.set(id, callback);
    this.#timer ??= this.#window.setTimeout(() => this.#flush(), wait);
    this.#awaitQuiet();
    return id;
  }

  #awaitQuiet(): void {
    if (this.#backlog === 0) this.#quiet ??= this.#window.setTimeout(() => this.#flush(), QUIET_MS);
  }

  #clearQuiet(): void {
    if (this.#quiet !== undefined) this.#window.clearTimeout(this.#quiet);
    this.#quiet = undefined;
  }

  #pass(callback: FrameRequestCallback): number {
    return this.#request((time) => {
      this.#lastPaint = this.#now();
      callback(time);
    });
  }

  #flush(): void {
    if (this.#timer !== undefined) this.#window.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#clearQuiet();
    const callbacks = [...this.#held.entries()];
    if (callbacks.length === 0) return;
    // One frame for all of them; a callback that was cancelled in between is gone from #held by then.
    this.#pass((time) => {
      for (const [id, callback] of callbacks) if (this.#held.delete(id)) callback(time);
    });
  }
}

/** The document's budget, or none outside a browser. */
export const frameBudget: FrameBudget | undefined = typeof window === 'undefined' ? undefined : new FrameBudget(window, () => performance.now());
