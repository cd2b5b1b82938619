/**
 * A recording that is watched: read once from its beginning, which gives its timeline, its text and screens along the way, and from then on any moment of it is
 * there at once, rebuilt from the screen before it. The screens are made here of its own output: a snapshot in a recording (`n`) came from a page, and
 * would be another word than the recording's. They are in memory alone, bounded, and gone with whoever looks.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { segmentNumber } from '../recording/header.ts';
import { openRecording } from '../recording/reader.ts';
import { eventSize } from '../recording/tail.ts';
import type { FrameFault, RecordingEvent, SegmentOpener } from '../recording/types.ts';
import type { Screen } from '../terminal/screen.ts';
import { Shown, type LeftText } from './shown.ts';
import { Stage } from './stage.ts';
import { TimelineBuilder, type Timeline } from './timeline.ts';
import { Commands, type CommandLine } from './transcript.ts';

/** A screen is kept after so much output: to rebuild a moment takes some 20 ms then. */
const FRAME_BYTES = 512 * 1024;
/** All of them together. Beyond it every second one goes, and they lie twice as far apart. */
const MOST_FRAME_BYTES = 48 * 1024 * 1024;
const MOST_FRAMES = 2048;
/** Other work gets its turn after so much output. */
const TURN_BYTES = 256 * 1024;

/**
 * What is shown of a piece of output: itself, or with blocks over what is withheld; undefined where nobody has judged it yet.
 * @param seq of its record. @param n its place in the record.
 */
export type Cover = (seq: number, n: number, data: Uint8Array) => Uint8Array | undefined;
const bare: Cover = (_, __, data) => data;
/** Where there is nothing to judge, what was written since is shown at once. */
const atOnce = (): Promise<boolean> => Promise.resolve(true);

/** A screen on the way. */
interface KeyFrame {
  readonly timeUs: number;
  readonly segment: number;
  /** It stands after this event of this record. */
  readonly seq: number;
  readonly event: number;
  readonly screen: Screen;
}

/** An event for whoever shows it: its data is a copy. */
export interface ReplayEvent {
  readonly code: 'o' | 'r' | 'g' | 'l' | 'u';
  readonly timeUs: number;
  readonly data: Buffer;
}

export interface Moment {
  /** What was asked for, within the recording. */
  readonly timeUs: number;
  readonly screen: Screen;
}

export interface WatchOptions {
  readonly signal?: AbortSignal;
  /** While it is read: how far it is, and what there is of it by then. */
  readonly progress?: (timeUs: number) => void;
  readonly left?: (line: LeftText | { readonly gap: string; readonly timeUs: number }) => void;
}

export class Watched {
  readonly #folder: string;
  readonly #opener: SegmentOpener;
  readonly #live: boolean;
  readonly #cover: Cover;
  readonly #judge: () => Promise<boolean>;
  #frames: KeyFrame[] = [];
  #frameBytes = 0;
  #apart: number;
  readonly #timeline = new TimelineBuilder();
  readonly #commands = new Commands();
  #readUs = 0;
  #fault: FrameFault | undefined;

  /**
   * @param folder of the recording. @param cover what is shown in place of output. @param judge has what was written since judged by it; false where it was not,
   * or nothing was written.
   * @param apart output bytes between two screens that are kept, at first.
   */
  constructor(folder: string, opener: SegmentOpener, live = false, cover: Cover = bare, judge = atOnce, apart = FRAME_BYTES) {
    this.#apart = apart;
    this.#folder = folder;
    this.#opener = opener;
    this.#live = live;
    this.#cover = cover;
    this.#judge = judge;
  }

  get timeline(): Timeline {
    return this.#timeline.done(this.#commands.list);
  }

  get commands(): readonly CommandLine[] {
    return this.#commands.list;
  }

  /** Why it could not be read whole. */
  get fault(): FrameFault | undefined {
    return this.#fault;
  }

  /** Reads it whole. @throws RecordingError 'not-a-recipient', 'unreadable' */
  async read({ signal, progress, left }: WatchOptions = {}): Promise<void> {
    const reader = await openRecording(this.#folder, { live: this.#live });
    const shown = await Shown.of(
      { cols: 80, rows: 24 },
      {
        mark: this.#commands.mark,
        text: (line) => {
          if (!line.alternate) this.#commands.waits(line.text, line.timeUs);
        },
        // No prompt waits among lines that are printed at once.
        run: () => undefined,
        ...(left ? { left } : {}),
      },
    );
    let since = 0;
    let turn = 0;
    let held = false;
    try {
      for await (const { frame, events } of reader.contents(this.#opener)) {
        for (const [event, { code, timeUs, data: bytes }] of events.entries()) {
          if (signal?.aborted) return;
          const data = code !== 'o' ? bytes : held ? undefined : this.#cover(frame.seq, event, bytes);
          this.#timeline.event(code, timeUs, data?.length ?? 0);
          this.#readUs = Math.max(this.#readUs, timeUs);
          if (!data) {
            // What stands behind it is not shown either, though it may be judged while this is read: a screen with a hole in it would be none of the recording's.
            held = true;
            continue;
          }
          if (code === 's' || code === 'r') {
            const size = eventSize(code, data);
            if (size) shown.resize(size.cols, size.rows, timeUs);
          } else if (code === 'g') left?.({ gap: 'Output is missing here, as the recording itself says.', timeUs });
          else if (code === 'o') {
            shown.output(data, timeUs);
            since += data.length;
            turn += data.length;
            if (since >= this.#apart && shown.stage.whole) {
              since = 0;
              this.#keep({ timeUs, segment: frame.segment, seq: frame.seq, event, screen: shown.stage.screen() });
            }
          }
        }
        if (turn < TURN_BYTES) continue;
        turn = 0;
        progress?.(this.#readUs);
        await new Promise((resolve) => setImmediate(resolve));
      }
      shown.end();
      this.#fault = reader.fault;
      progress?.(this.#readUs);
    } finally {
      shown.dispose();
    }
  }

  /** A place to watch from. */
  player(): Watching {
    return new Watching(this.#folder, this.#opener, this.#live, this.#cover, this.#judge, (timeUs) => this.#frames.findLast((frame) => frame.timeUs <= timeUs));
  }

  /** The screens go: they are what the recording showed. */
  wipe(): void {
    for (const { screen } of this.#frames) screen.bytes.fill(0);
    this.#frames = [];
  }

  #keep(frame: KeyFrame): void {
    this.#frames.push(frame);
    this.#frameBytes += frame.screen.bytes.length;
    while (this.#frames.length > 1 && (this.#frameBytes > MOST_FRAME_BYTES || this.#frames.length > MOST_FRAMES)) {
      this.#apart *= 2;
      const gone = this.#frames.filter((_, n) => n % 2 === 0);
      this.#frames = this.#frames.filter((_, n) => n % 2 === 1);
      for (const { screen } of gone) {
        this.#frameBytes -= screen.bytes.length;
        screen.bytes.fill(0);
      }
    }
  }
}

/** Where somebody watches: one moment, and what comes behind it. One thing is asked of it at a time. */
export class Watching {
  readonly #folder: string;
  readonly #opener: SegmentOpener;
  readonly #live: boolean;
  readonly #cover: Cover;
  readonly #judge: () => Promise<boolean>;
  readonly #before: (timeUs: number) => KeyFrame | undefined;
  #events: AsyncGenerator<RecordingEvent, void, undefined> | undefined;
  /** It belongs behind what was given so far. */
  #next: ReplayEvent | undefined;
  /** What was read last. */
  #last: Pick<KeyFrame, 'segment' | 'seq' | 'event'> | undefined;
  /** Bytes of the recording when its end was read; undefined before that. */
  #endedAt: number | undefined;
  #readAt = 0;
  /** What was read ends before output that nobody had judged: it is asked for again also where the recording does not grow any more. */
  #held = false;

  constructor(
    folder: string,
    opener: SegmentOpener,
    live: boolean,
    cover: Cover,
    judge: () => Promise<boolean>,
    before: (timeUs: number) => KeyFrame | undefined,
  ) {
    this.#folder = folder;
    this.#opener = opener;
    this.#live = live;
    this.#cover = cover;
    this.#judge = judge;
    this.#before = before;
  }

  /** The screen at a moment, all that was printed at it included; what comes behind it is what `more` gives then. */
  async seek(timeUs: number): Promise<Moment> {
    await this.close();
    this.#endedAt = undefined;
    const from = this.#before(timeUs);
    this.#last = from;
    const stage = await Stage.of(from?.screen ?? { cols: 80, rows: 24 }, 0);
    try {
      if (from) stage.output(from.screen.bytes);
      this.#events = this.#from(from);
      for (;;) {
        const next = await this.#take();
        if (!next || next.timeUs > timeUs) {
          this.#next = next;
          break;
        }
        if (next.code === 'o') stage.output(next.data);
        else if (next.code === 'r') {
          const size = eventSize('r', next.data);
          if (size) stage.resize(size.cols, size.rows);
        }
        next.data.fill(0);
      }
      return { timeUs, screen: stage.screen() };
    } finally {
      stage.dispose();
    }
  }

  /** Events behind the last ones that were given, so many bytes at least where there are as many; none where the recording ends, or has not gone on yet. */
  async more(bytes: number): Promise<ReplayEvent[]> {
    if (this.#live && this.#endedAt !== undefined && (this.#held || bytesOf(this.#folder) > this.#endedAt) && (await this.#judge())) {
      this.#endedAt = undefined;
      this.#events = this.#from(this.#last);
    }
    const events: ReplayEvent[] = [];
    for (let taken = 0; taken < bytes;) {
      const next = this.#next ?? (await this.#take());
      this.#next = undefined;
      if (!next) break;
      taken += next.data.length + 16;
      events.push(next);
    }
    return events;
  }

  async close(): Promise<void> {
    this.#next?.data.fill(0);
    this.#next = undefined;
    const events = this.#events;
    this.#events = undefined;
    await events?.return();
  }

  async #take(): Promise<ReplayEvent | undefined> {
    for (;;) {
      const next = await this.#events?.next();
      if (!next || next.done) {
        this.#endedAt ??= this.#readAt;
        return undefined;
      }
      const { code, timeUs, data } = next.value;
      if (code === 'o' || code === 'r' || code === 'g' || code === 'l' || code === 'u') return { code, timeUs, data: Buffer.from(data) };
      const size = code === 's' ? eventSize('s', data) : undefined;
      if (size) return { code: 'r', timeUs, data: Buffer.from(`${size.cols}x${size.rows}`) };
    }
  }

  async *#from(frame: Pick<KeyFrame, 'segment' | 'seq' | 'event'> | undefined): AsyncGenerator<RecordingEvent, void, undefined> {
    // Looked at first: what comes while it is read is told of as more.
    this.#readAt = bytesOf(this.#folder);
    this.#held = false;
    const reader = await openRecording(this.#folder, { live: this.#live, fromSegment: frame?.segment ?? 0 });
    for await (const {
      frame: { seq, segment },
      events,
    } of reader.contents(this.#opener)) {
      if (frame && seq < frame.seq) continue;
      for (const [n, event] of events.entries()) {
        if (frame && seq === frame.seq && n <= frame.event) continue;
        const data = event.code === 'o' ? this.#cover(seq, n, event.data) : event.data;
        // It comes when it was judged, and what stands behind it then.
        if (!data) {
          this.#held = true;
          return;
        }
        this.#last = { segment, seq, event: n };
        yield { ...event, data };
      }
    }
  }
}

/** Bytes of its segments: a recording only grows. */
export function bytesOf(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder)) if (segmentNumber(name) !== undefined) bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}
