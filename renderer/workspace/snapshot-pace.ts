/**
 * When to take a snapshot of a screen: after each 512 KiB of output, and when the pane has come to rest. Serialising
 * blocks the page (tens of milliseconds), so that under a flood it never takes more than a twentieth of the time.
 */
const EVERY_BYTES = 512 * 1024;
/** Rest: nothing was parsed for this long. */
const REST_MS = 1_500;
/** One part of the time in this many. */
const SHARE_OF_TIME = 20;

export interface PaceOptions {
  readonly now: () => number;
  readonly later: (run: () => void, ms: number) => number;
  readonly cancel: (id: number) => void;
  /** False where none could be taken now: the next parsed output tries again. */
  readonly take: () => boolean;
}

export class SnapshotPace {
  readonly #options: PaceOptions;
  #fresh = 0;
  #timer: number | undefined;
  #lastParsed = 0;
  #notBefore = -Infinity;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Called from the emulator's parse callback: the screen is exactly what these bytes made of it. */
  parsed(bytes: number): void {
    if (bytes === 0) return;
    this.#fresh += bytes;
    this.#lastParsed = this.#options.now();
    if (this.#fresh >= EVERY_BYTES && this.#lastParsed >= this.#notBefore) this.#take();
    else this.#timer ??= this.#options.later(() => this.#rest(), REST_MS);
  }

  /** Wanted without output: now, or with the next that is parsed. */
  due(): void {
    this.#fresh = EVERY_BYTES;
    this.#take();
  }

  dispose(): void {
    if (this.#timer !== undefined) this.#options.cancel(this.#timer);
    this.#timer = undefined;
  }

  #rest(): void {
    this.#timer = undefined;
    if (this.#fresh === 0) return;
    const wait = this.#lastParsed + REST_MS - this.#options.now();
    if (wait > 0) this.#timer = this.#options.later(() => this.#rest(), wait);
    else this.#take();
  }

  #take(): void {
    const start = this.#options.now();
    if (!this.#options.take()) return;
    this.#fresh = 0;
    const end = this.#options.now();
    this.#notBefore = end + (end - start) * SHARE_OF_TIME;
  }
}
