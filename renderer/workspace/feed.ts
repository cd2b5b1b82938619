/**
 * What a pane's emulator is fed, in the right order. After an unlock the vault host sends the recorded screen and what
 * followed (`screen`, `replay`, `size`, `end`) while the pty host already sends live output (`output`): live frames wait
 * for `end`, and what both hold is written once. A pane whose live output starts at 0 needs no replay.
 */
import type { ViewFrame } from '../../src/bridge/frames.ts';
import { cutCharacter, repairUtf8, WholeCharacters } from '../../src/terminal/utf8.ts';

/**
 * The emulator parses what one call gives it without a pause, and keys wait: this much takes it 6 ms. What is parsed is told
 * by such pieces too, so that the pty host knows it in time and a snapshot is never behind its screen.
 */
export const PIECE_BYTES = 128 * 1024;
/** Output can be made to cost a thousand times as much (full resets, scrolling with links): then pieces become as small as this. */
const SMALLEST_PIECE_BYTES = 1024;
/** A piece that took longer makes the next one smaller, one that took less than half makes it larger. A frame of the view may be in between. */
const PIECE_MS = 60;

/** The emulator, as the feed sees it. */
export interface Screen {
  /** So many bytes will be written. */
  queued(bytes: number): void;
  /** `parsed` runs when the emulator has taken the bytes. */
  write(bytes: Uint8Array, parsed: () => void): void;
  reset(): void;
  resize(cols: number, rows: number): void;
}

export interface FeedEvents {
  /** Output bytes parsed, in all. `live` is false while the recording is played back. */
  parsed(offset: number, live: boolean): void;
  /** The recording is played back up to here, out of so many segments; `skipped` earlier bytes are only in the recording. */
  caughtUp(skipped: number, segments: number): void;
  /** Output between the replay and the live stream never came. */
  gap(bytes: number): void;
  /** Output that nothing shows any more was left out: the screen is not true before so many output bytes are parsed. */
  unsettled(until: number): void;
}

type Output = Extract<ViewFrame, { type: 'output' | 'rebuild' }>;
type Skip = Extract<ViewFrame, { type: 'skip' }>;

export class PaneFeed {
  readonly #screen: Screen;
  readonly #events: FeedEvents;
  readonly #again: boolean;
  readonly #now: () => number;
  #state: 'new' | 'replaying' | 'live' = 'new';
  /** Where the next byte belongs. */
  #next = 0;
  #held: (Output | Skip)[] = [];
  #work: Promise<void> = Promise.resolve();
  /** What the emulator has not been given yet. One piece at a time is with it. */
  #queue: { readonly bytes: Uint8Array; at: number; readonly parsed: (at: number) => void }[] = [];
  #busy = false;
  #pieceBytes = PIECE_BYTES;
  #drained: (() => void)[] = [];
  #text = new WholeCharacters();
  /** Output bytes that somebody has seen before this page: what the recording has behind them is new. */
  seen = Infinity;
  /** Where the recorded output begins that is being parsed. */
  #replayed = 0;

  /** `again`: the pane's program was started again on this page. Nothing of it is played back; all else is the old one's, late. */
  constructor(screen: Screen, events: FeedEvents, again = false, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#screen = screen;
    this.#events = events;
    this.#again = again;
  }

  get live(): boolean {
    return this.#state === 'live';
  }

  /** Everything that was taken is with the emulator: no character waits for its rest. */
  get whole(): boolean {
    return this.#text.waiting === 0;
  }

  get replaying(): boolean {
    return this.#state === 'replaying';
  }

  /** The emulator parses what was recorded and nobody has seen. */
  get unseen(): boolean {
    return this.#state === 'replaying' && this.#replayed >= this.seen;
  }

  /** Takes a frame of this pane. The promise of a recorded frame resolves when it is parsed: it holds the vault host back. */
  receive(frame: ViewFrame): Promise<void> | void {
    if (this.#again && ((frame.type !== 'output' && frame.type !== 'skip') || (this.#state === 'new' && frame.offset > 0))) return;
    switch (frame.type) {
      case 'output':
      case 'skip':
        if (this.#state === 'new' && frame.offset === 0) this.#state = 'live';
        if (this.#state === 'live') this.#take(frame);
        else this.#held.push(frame);
        return;
      case 'screen':
        return this.#then(() => {
          this.#text = new WholeCharacters();
          this.#screen.reset();
          this.#screen.resize(frame.cols, frame.rows);
          return this.#parse(frame.bytes, frame.offset);
        });
      case 'size':
        return this.#then(() => this.#screen.resize(frame.cols, frame.rows));
      case 'rebuild':
        return this.#then(() => this.#replay(frame.offset, frame.bytes));
      case 'end':
        return this.#then(() => this.#catchUp(frame));
      default:
        return;
    }
  }

  #then(step: () => Promise<void> | void): Promise<void> {
    // A replay after the pane went live can only be the restart of a host: it starts from the recorded screen again.
    this.#state = 'replaying';
    const done = this.#work.then(() => this.drained()).then(step);
    // A step that fails must not keep the pane from its live output.
    this.#work = done.catch(() => {});
    return done;
  }

  /** Resolves when the emulator has parsed all that has come until then, or at once. */
  drained(): Promise<void> {
    return this.#queue.length === 0 ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve));
  }

  /** In two parts, where a part of it was seen. */
  async #replay(offset: number, bytes: Uint8Array): Promise<void> {
    const cut = Math.max(0, Math.min(bytes.length, this.seen - offset));
    for (const [at, part] of [
      [offset, bytes.subarray(0, cut)],
      [offset + cut, bytes.subarray(cut)],
    ] as const) {
      this.#replayed = at;
      if (part.length > 0) await this.#parse(part, at + part.length);
    }
  }

  #parse(bytes: Uint8Array, offset: number): Promise<void> {
    return new Promise((resolve) =>
      this.#pieces(bytes, (_, last) => {
        if (!last) return;
        this.#next = offset;
        this.#events.parsed(offset, false);
        resolve();
      }),
    );
  }

  #catchUp({ offset, skipped, segments }: Extract<ViewFrame, { type: 'end' }>): void {
    // Output from the very first byte may have been written before there was anything to play back.
    this.#next = Math.max(this.#next, offset);
    this.#state = 'live';
    this.#events.caughtUp(skipped, segments);
    const held = this.#held;
    this.#held = [];
    for (const frame of held) this.#take(frame);
  }

  #take(frame: Output | Skip): void {
    if (frame.type === 'skip') this.#skip(frame);
    else this.#write(frame);
  }

  #skip({ offset, to, settled, bytes }: Skip): void {
    if (to <= this.#next) return;
    if (offset > this.#next) this.#events.gap(offset - this.#next);
    this.#next = to;
    this.#events.unsettled(settled);
    this.#text = new WholeCharacters();
    this.#pieces(bytes, (_, last) => {
      if (last) this.#events.parsed(to, true);
    });
  }

  #write(frame: Output): void {
    let { bytes } = frame;
    if (frame.offset < this.#next) bytes = bytes.subarray(this.#next - frame.offset);
    else if (frame.offset > this.#next) this.#events.gap(frame.offset - this.#next);
    if (bytes.length === 0) return;
    const begin = frame.offset + frame.bytes.length - bytes.length;
    this.#next = begin + bytes.length;
    this.#pieces(bytes, (at) => this.#events.parsed(begin + at, true));
  }

  /**
   * Writes bytes behind all others, piece by piece. `parsed` is told after each how many of them the emulator has taken, without a
   * character that has not come whole yet: that waits (src/terminal/utf8.ts).
   */
  #pieces(bytes: Uint8Array, parsed: (at: number, last: boolean) => void): void {
    const held = this.#text.waiting;
    const whole = this.#text.feed(bytes);
    this.#screen.queued(whole.length);
    this.#queue.push({ bytes: whole, at: 0, parsed: (at) => parsed(at - held, at === whole.length) });
    this.#writeNext();
  }

  #writeNext(): void {
    const first = this.#queue[0];
    if (!first || this.#busy) return;
    this.#busy = true;
    let end = first.at + this.#pieceBytes;
    if (end < first.bytes.length) end -= cutCharacter(first.bytes.subarray(first.at, end));
    const piece = first.bytes.subarray(first.at, end);
    const start = this.#now();
    this.#screen.write(repairUtf8(piece), () => {
      this.#busy = false;
      const took = this.#now() - start;
      if (took > PIECE_MS) this.#pieceBytes = Math.max(SMALLEST_PIECE_BYTES, this.#pieceBytes / 4);
      else if (took < PIECE_MS / 2) this.#pieceBytes = Math.min(PIECE_BYTES, this.#pieceBytes * 2);
      first.at += piece.length;
      const whole = first.at >= first.bytes.length;
      if (whole) this.#queue.shift();
      first.parsed(first.at);
      if (this.#queue.length === 0) for (const resolve of this.#drained.splice(0)) resolve();
      this.#writeNext();
    });
  }
}
