/**
 * A pane's sealed output on its way to the page. What comes slowly goes at once: nobody waits for an echo. In a flood it is
 * gathered, for every frame costs four processes something before its first byte; and what nobody could see any more, because
 * what has come since has pushed it out of the page's scrollback, is left out: the recording has it. Where not enough can be
 * left out, the program is held back.
 *
 * Leaving out changes nothing that the terminal shows once it has parsed what follows (`settled`): the scanner's docs say why,
 * the tests hold it against a real emulator.
 */
import { scrollbackLines } from '../../bridge/frames.ts';
import type { Clock } from '../../time/clock.ts';
import { join, terminalBytes, type Carry } from './carry.ts';
import { OutputScanner } from './scanner.ts';

export interface BacklogEvents {
  /** Output for the page, in order; `offset` is the number of output bytes before it. The parts may be used during the call only. */
  output(offset: number, parts: readonly Uint8Array[]): void;
  /** Output bytes [from, to) are left out; `carry` is written in their place. The screen is true again at `settled` output bytes. */
  skip(from: number, to: number, settled: number, carry: Uint8Array): void;
  /** The program is to be held back, or to go on. */
  pause(): void;
  resume(): void;
}

/** Output is held back no longer than this, half of a frame of the display, unless the page has enough to do without it. */
export const gatherMs = 8;

export interface BacklogLimits {
  /** More than this within gatherMs is a flood: no screen is redrawn that fast. */
  readonly floodBytes: number;
  /** A frame of gathered output. 50 MB came a third faster in frames of 1 MiB than of 256 KiB, and those a third faster than of 64 KiB. */
  readonly frameBytes: number;
  /** A full frame goes when the page has less than this to parse; a frame that is not full goes when the page runs dry. */
  readonly enoughBytes: number;
  readonly dryBytes: number;
  /** Output that the page has not parsed, here and on its way, before the program is held back, and below which it goes on. */
  readonly highWaterBytes: number;
  readonly lowWaterBytes: number;
  /** The same of a program before the high water, while the page plays back what the recordings have: what waits by then comes behind that. */
  readonly playbackBytes: number;
  /** The same while it comes in so many lines that soon some of it can be left out. */
  readonly longestBytes: number;
  /** Lines that the page keeps above its screen, and some more. */
  readonly linesKept: number;
  /** Rows that the page's terminal is taken to have at least: it may grow while output waits that was counted before. */
  readonly rows: number;
  /** Output is left out by blocks that end at the first safe place behind so many bytes, and at so many anywhere. */
  readonly blockBytes: number;
  readonly blockCapacity: number;
}

export const limits: BacklogLimits = {
  // 4 MB/s.
  floodBytes: 32 * 1024,
  frameBytes: 1024 * 1024,
  // 50 and 25 ms of the page's parser. An ack and the next frame need 50 ms to get through four processes.
  enoughBytes: 1024 * 1024,
  dryBytes: 512 * 1024,
  // ctrl-c takes 330 ms to the prompt with so much unparsed.
  highWaterBytes: 4 * 1024 * 1024,
  lowWaterBytes: 3 * 1024 * 1024,
  // Eight floods kept both processors from the page, and it had 32 MiB to parse when it came to them: 15 s until the last pane was back.
  playbackBytes: 128 * 1024,
  longestBytes: 8 * 1024 * 1024,
  linesKept: scrollbackLines + 500,
  rows: 256,
  blockBytes: 48 * 1024,
  blockCapacity: 64 * 1024,
};

/** What was left out before a block. */
interface Gap {
  readonly from: number;
  readonly carry: Carry;
  readonly settled: number;
}

interface Block {
  readonly memory: Uint8Array;
  /** Output bytes before it. */
  readonly offset: number;
  length: number;
  /** It begins where output could be left out up to. */
  readonly safe: boolean;
  gap: Gap | undefined;
  /** What the scanner knows at its end; the last block is not closed yet. */
  lines: number;
  stops: boolean;
  saves: boolean;
  carry: Carry | undefined;
}

/** Blocks whose memory is kept for the next ones: in a flood as much is released as is needed. */
const maxSpare = 4;

export class OutputBacklog {
  readonly #limits: BacklogLimits;
  readonly #clock: Clock;
  readonly #events: BacklogEvents;
  readonly #scanner: OutputScanner;
  /** False while there is no page that may see this pane. */
  #attached = false;
  /** The page has parsed something. Before, it is busy with what the recording has. */
  #parses = false;
  /** The page plays back what the recordings have. */
  #playsBack = false;
  #blocks: Block[] = [];
  /** Memory of blocks that is not in use: zeros. */
  readonly #spare: Uint8Array[] = [];
  /** Blocks before this one stay. */
  #examined = 0;
  #waiting = 0;
  /** Output bytes that the page has got or been told of, and those of them that it has parsed. */
  #sent = 0;
  #parsed = 0;
  /** What was left out and is not acknowledged yet. */
  #skips: { readonly from: number; readonly to: number }[] = [];
  #paused = false;
  #cancel: (() => void) | undefined;
  #windowStart = -Infinity;
  #windowBytes = 0;

  constructor(clock: Clock, events: BacklogEvents, rows: number, given: BacklogLimits = limits) {
    this.#limits = given;
    this.#clock = clock;
    this.#events = events;
    this.#scanner = new OutputScanner(Math.max(rows, given.rows));
  }

  /** The terminal's rows. The page may still have what it had before. */
  resize(rows: number): void {
    this.#scanner.rows = Math.max(this.#scanner.rows, rows);
  }

  /** A page has everything up to here, or will get it by a replay: then `caughtUp` is told when that is over. */
  attach(offset: number, byReplay = false): void {
    this.drop();
    this.#attached = true;
    this.#parses = false;
    this.#playsBack = byReplay;
    this.#sent = this.#parsed = offset;
  }

  /** Takes output; `offset` is the number of output bytes before it. `bytes` may change after the call. */
  add(offset: number, bytes: Uint8Array): void {
    if (!this.#attached) {
      this.#scanner.scan(bytes, 0, Number.POSITIVE_INFINITY);
      return;
    }
    const now = this.#clock.now();
    if (now - this.#windowStart >= gatherMs) {
      this.#windowStart = now;
      this.#windowBytes = 0;
    }
    this.#windowBytes += bytes.length;
    if (this.#blocks.length === 0 && this.#windowBytes <= this.#limits.floodBytes && this.#inFlight() < this.#limits.enoughBytes) {
      this.#scanner.scan(bytes, 0, Number.POSITIVE_INFINITY);
      this.#output(offset, [bytes], bytes.length);
      return;
    }
    this.#store(offset, bytes);
    this.#sendFull();
    if (this.#blocks.length > 0) this.#cancel ??= this.#clock.after(gatherMs, () => this.#due());
    this.#holdBack();
  }

  /** The page has parsed so many output bytes, in all. One that is behind, or ahead of what it got, changes nothing for the worse. */
  acknowledge(parsed: number): void {
    if (!this.#attached) return;
    const before = this.#parsed;
    this.#parsed = Math.min(this.#sent, Math.max(before, parsed));
    this.#parses ||= this.#parsed > before;
    while (this.#skips[0] && this.#skips[0].to <= this.#parsed) this.#skips.shift();
    this.#sendFull();
    this.#goOnBelowLowWater();
  }

  /** The page has played back what it had to. */
  caughtUp(): void {
    this.#playsBack = false;
    this.#goOnBelowLowWater();
  }

  /** Sends everything: nothing follows. */
  flush(): void {
    while (this.#blocks.length > 0) this.#frame();
  }

  /** Drops and wipes what waits: nobody may see it any more. A program that was held back goes on. */
  drop(): void {
    this.#attached = this.#playsBack = false;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#release(this.#blocks.splice(0));
    this.#waiting = this.#examined = 0;
    this.#skips = [];
    if (this.#paused) this.#goOn();
  }

  #goOnBelowLowWater(): void {
    if (this.#paused && !this.#playsBack && this.#waiting + this.#inFlight() < this.#limits.lowWaterBytes) this.#goOn();
  }

  #goOn(): void {
    this.#paused = false;
    this.#events.resume();
  }

  /** Output bytes that the page has got and not parsed. */
  #inFlight(): number {
    let bytes = this.#sent - this.#parsed;
    for (const { from, to } of this.#skips) bytes -= to - Math.max(from, Math.min(to, this.#parsed));
    return bytes;
  }

  #holdBack(): void {
    const unparsed = this.#waiting + this.#inFlight();
    if (this.#paused || unparsed <= (this.#playsBack ? this.#limits.playbackBytes : this.#limits.highWaterBytes)) return;
    // At this rate of lines, will there be enough of them for something to be left out? A flood that need not wait takes
    // what processors there are from the page that opens the recording: it waits for that.
    const lines = this.#scanner.lines - (this.#blocks[0]?.lines ?? this.#scanner.lines);
    const soon = lines * this.#limits.longestBytes > this.#linesNeeded() * this.#waiting;
    if (this.#parses && !this.#playsBack && soon && unparsed <= this.#limits.longestBytes) return;
    this.#paused = true;
    this.#events.pause();
  }

  #linesNeeded(): number {
    return this.#limits.linesKept + 2 * this.#scanner.rows;
  }

  #due(): void {
    this.#cancel = undefined;
    while (this.#blocks.length > 0 && this.#inFlight() < this.#limits.dryBytes) this.#frame();
    if (this.#blocks.length > 0) this.#cancel = this.#clock.after(gatherMs, () => this.#due());
  }

  /** Sends full frames as long as the page has not enough to do. */
  #sendFull(): void {
    while (this.#waiting >= this.#limits.frameBytes && this.#inFlight() < this.#limits.enoughBytes) this.#frame();
  }

  #store(offset: number, bytes: Uint8Array): void {
    const scanner = this.#scanner;
    let at = 0;
    while (at < bytes.length) {
      const block = this.#blocks.at(-1) ?? this.#open(offset + at);
      const room = Math.min(bytes.length, at + this.#limits.blockCapacity - block.length);
      const end = scanner.scan(bytes.subarray(0, room), at, at + this.#limits.blockBytes - block.length);
      block.memory.set(bytes.subarray(at, end), block.length);
      block.length += end - at;
      this.#waiting += end - at;
      at = end;
      if (block.length === this.#limits.blockCapacity || (block.length >= this.#limits.blockBytes && scanner.safe)) this.#open(offset + at);
    }
  }

  /** Closes the last block and begins another one. */
  #open(offset: number): Block {
    this.#close();
    this.#scanner.begin();
    const block: Block = {
      memory: this.#spare.pop() ?? new Uint8Array(this.#limits.blockCapacity),
      offset,
      length: 0,
      safe: this.#scanner.safe,
      gap: undefined,
      lines: this.#scanner.lines,
      stops: false,
      saves: false,
      carry: undefined,
    };
    this.#blocks.push(block);
    this.#leaveOut();
    return block;
  }

  #close(): void {
    const block = this.#blocks.at(-1);
    if (!block) return;
    block.lines = this.#scanner.lines;
    block.stops = this.#scanner.stops;
    block.saves = this.#scanner.saves;
    block.carry = this.#scanner.carry;
  }

  /** Leaves out what has been pushed out by now. */
  #leaveOut(): void {
    // The last block is empty, and the one before it is what has just been closed.
    while (this.#examined < this.#blocks.length - 1) {
      const block = this.#blocks[this.#examined]!;
      const next = this.#blocks[this.#examined + 1]!;
      const settled = block.safe && next.safe && !block.stops ? this.#settles(this.#examined) : 'never';
      if (settled === 'not yet') return;
      const carry = settled === 'never' ? undefined : join(block.gap?.carry, block.carry!);
      if (settled === 'never' || !carry) {
        this.#examined++;
        continue;
      }
      next.gap = { from: block.gap?.from ?? block.offset, carry, settled: Math.max(block.gap?.settled ?? 0, settled) };
      this.#waiting -= block.length;
      this.#release(this.#blocks.splice(this.#examined, 1));
    }
  }

  /**
   * The output bytes after which it cannot be seen any more that a block was left out. Until then nothing may come that
   * depends on the screen and cannot be undone by later lines. A cursor that was saved on the way is saved again behind it.
   */
  #settles(index: number): number | 'not yet' | 'never' {
    const blocks = this.#blocks;
    const { lines, saves } = blocks[index]!;
    let saved = saves;
    let pushedOut = false;
    for (let i = index + 1; i < blocks.length - 1; i++) {
      const block = blocks[i]!;
      if (block.stops) return 'never';
      if (pushedOut && block.saves) saved = false;
      else if (!pushedOut) saved ||= block.saves;
      pushedOut ||= block.lines - lines >= this.#linesNeeded();
      if (pushedOut && !saved) return block.offset + block.length;
    }
    return 'not yet';
  }

  /** Sends one frame. */
  #frame(): void {
    this.#close();
    const first = this.#blocks[0];
    if (!first) return;
    let count = 0;
    let length = 0;
    for (const block of this.#blocks) {
      if (count > 0 && (block.gap || length + block.length > this.#limits.frameBytes)) break;
      count++;
      length += block.length;
    }
    const blocks = this.#blocks.splice(0, count);
    this.#examined = Math.max(0, this.#examined - count);
    this.#waiting -= length;
    // What comes next belongs to a block of its own, also where the one that is sent was not full.
    if (this.#blocks.length === 0) this.#scanner.begin();
    try {
      if (first.gap) {
        const { from, carry, settled } = first.gap;
        this.#skips.push({ from, to: first.offset });
        this.#sent = first.offset;
        this.#events.skip(from, first.offset, settled, terminalBytes(carry));
      }
      if (length > 0)
        this.#output(
          first.offset,
          blocks.map((block) => block.memory.subarray(0, block.length)),
          length,
        );
    } finally {
      this.#release(blocks);
    }
  }

  #output(offset: number, parts: readonly Uint8Array[], length: number): void {
    this.#sent = offset + length;
    this.#events.output(offset, parts);
  }

  #release(blocks: readonly Block[]): void {
    for (const { memory, length } of blocks) {
      memory.fill(0, 0, length);
      if (this.#spare.length < maxSpare) this.#spare.push(memory);
    }
  }
}
