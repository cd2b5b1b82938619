/**
 * A recording that somebody looks at in the window: read, searched and given moment by moment, as sealed frames. One at a time; the lock kills the
 * process, and with it everything that was read.
 */
import { readHeader } from '../recording/reader.ts';
import { wrapsOf } from '../recording/rewrapped.ts';
import { RecordingError } from '../recording/errors.ts';
import type { SegmentOpener } from '../recording/types.ts';
import { coveredLine } from '../redaction/index.ts';
import { masksOf } from './masks.ts';
import { tellPage } from './page-frames.ts';
import { Watched, type Watching } from '../review/replay.ts';
import { searchRecordings, type Searchable, type SearchParts } from '../review/search-recordings.ts';
import { begunAs } from '../services/recordings/list.ts';
import type { SearchedFor } from '../types/words.ts';
import type { ReviewTold, TranscriptLine } from '../review/told.ts';

/** Of a transcript so much is kept for the page to ask for. */
const MOST_LINES = 200_000;
const MOST_LINE_CHARS = 32 * 1024 * 1024;
/** Of a line that never ends. */
const LINE_CHARS = 4096;
/** Commands that are told. */
const MOST_TOLD = 5000;
/** A page gets so much output at once. */
const MORE_BYTES = 256 * 1024;
/** Hits of one search that are told. */
const MOST_HITS = 500;

interface Looked {
  readonly watched: Watched;
  readonly watching: Watching;
  readonly ends: AbortController;
  readonly lines: TranscriptLine[];
  lineCount: number;
  lineChars: number;
}

export class Review {
  readonly #send: (frame: Uint8Array) => Promise<void>;
  readonly #nowMs: () => number;
  #looked: Looked | undefined;
  #search: AbortController | undefined;
  #opening: AbortController | undefined;
  /** What was asked for one after the other is given so. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param send seals and sends a frame; awaiting it is the flow control. @param nowMs monotonic */
  constructor(send: (frame: Uint8Array) => Promise<void>, nowMs: () => number = () => performance.now()) {
    this.#send = send;
    this.#nowMs = nowMs;
  }

  /** Opens a recording, and tells of it until it is read whole. @throws RecordingError */
  async open(
    ticket: number,
    folder: string,
    opener: SegmentOpener,
    live: boolean,
    masked = false,
  ): Promise<{ readonly whole: boolean; readonly commands?: { readonly fromUs: number; readonly toUs: number } }> {
    this.close();
    const first = await readHeader(folder, 0);
    if (first && wrapsOf(folder)(first.header, opener.kid) === undefined)
      throw new RecordingError(
        'not-a-recipient',
        'This recording is not sealed to that key: it opens for its person, and with the audit keys of the policy that was in force when it began.',
      );
    const ends = new AbortController();
    this.#opening = ends;
    const masks = masked ? await masksOf(folder, opener, live, this.#nowMs) : undefined;
    // Another one was opened, or this one closed, while it was looked through.
    if (ends.signal.aborted) return { whole: false };
    const watched = new Watched(folder, opener, live, masks?.cover, masks?.again);
    const looked: Looked = { watched, watching: watched.player(), ends, lines: [], lineCount: 0, lineChars: 0 };
    this.#looked = looked;
    await watched.read({
      signal: looked.ends.signal,
      progress: (atUs) => void this.#tell(ticket, { kind: 'read', atUs }).catch(() => undefined),
      left: (line) => keep(looked, 'gap' in line ? { text: line.gap, timeUs: line.timeUs, gap: true } : line),
    });
    if (this.#looked !== looked) return { whole: false };
    // What stood below a full screen left after it, and was there before.
    looked.lines.sort((a, b) => a.timeUs - b.timeUs);
    const commands = watched.commands.slice(0, MOST_TOLD);
    await this.#tell(ticket, {
      kind: 'timeline',
      timeline: watched.timeline,
      commands,
      lines: looked.lineCount,
      kept: looked.lines.length,
      fault: watched.fault?.message ?? null,
    });
    const [earliest, latest] = [commands[0], commands.at(-1)];
    return { whole: watched.fault === undefined, ...(earliest && latest ? { commands: { fromUs: earliest.beganUs, toUs: latest.beganUs } } : {}) };
  }

  /** What ran in each, and for which ticket it was begun. */
  async programs(
    ticket: number,
    recordings: readonly { readonly id: string; readonly folder: string }[],
    opener: SegmentOpener,
    masked = false,
  ): Promise<void> {
    const programs: [string, string, string | null][] = [];
    const shown = (text: string): string => (masked ? coveredLine(text) : text);
    for (const { id, folder } of recordings) {
      const { program, ticket } = await begunAs(folder, opener);
      if (program !== null) programs.push([id, shown(program), ticket === null ? null : shown(ticket)]);
    }
    await this.#tell(ticket, { kind: 'programs', programs });
  }

  /** @returns up to which moment content was given. */
  seek(ticket: number, timeUs: number): Promise<{ readonly toUs: number }> {
    return this.#inTurn(async ({ watching }) => {
      const { screen } = await watching.seek(timeUs);
      await this.#tell(ticket, { kind: 'moment', atUs: timeUs, cols: screen.cols, rows: screen.rows, screen: Buffer.from(screen.bytes).toString('base64') });
      screen.bytes.fill(0);
      return { toUs: timeUs };
    });
  }

  more(ticket: number): Promise<{ readonly toUs: number; readonly end: boolean }> {
    return this.#inTurn(async ({ watching }) => {
      const events = await watching.more(MORE_BYTES);
      const told = events.map(({ code, timeUs, data }) => [code, timeUs, data.toString('base64')] as const);
      for (const { data } of events) data.fill(0);
      const end = events.length === 0;
      await this.#tell(ticket, { kind: 'events', events: told, end });
      return { toUs: events.at(-1)?.timeUs ?? 0, end };
    });
  }

  /** Lines of the transcript around a moment. @returns the span that they are from */
  async lines(ticket: number, timeUs: number, count: number): Promise<{ readonly fromUs: number; readonly toUs: number }> {
    const lines = this.#looked?.lines ?? [];
    const from = Math.max(0, firstAfter(lines, timeUs) - Math.floor(count / 2));
    const given = lines.slice(from, from + count);
    await this.#tell(ticket, { kind: 'lines', from, lines: given });
    return { fromUs: given[0]?.timeUs ?? timeUs, toUs: given.at(-1)?.timeUs ?? timeUs };
  }

  /**
   * Searches, one recording after the other.
   * @param enter before the first hit of each is told.
   */
  async search(
    ticket: number,
    recordings: readonly Searchable[],
    words: string,
    opener: SegmentOpener,
    enter: (recording: string) => Promise<unknown>,
    lookFor: SearchedFor,
    masked = false,
  ): Promise<{ readonly hits: number; readonly searched: number }> {
    this.stop();
    const ends = new AbortController();
    this.#search = ends;
    const unread: string[] = [];
    const parts: SearchParts = {
      opener,
      lookFor,
      enter,
      mostEach: MOST_HITS,
      most: MOST_HITS,
      signal: ends.signal,
      progress: (bytes) => void this.#tell(ticket, { kind: 'searching', bytes }).catch(() => undefined),
    };
    let [hits, searched, closed] = [0, 0, 0];
    for await (const one of searchRecordings(parts, recordings, words)) {
      if (one.kind === 'hit') {
        const { timeUs, context, at, length } = one.hit;
        // What stands in a line may be known for what it is by another line alone: masked, a hit leads to its moment, and shows nothing. A ticket stands alone.
        const shown = !masked || (lookFor === 'ticket' && coveredLine(context) === context) ? { context, at, length } : { context: '', at: 0, length: 0 };
        await this.#tell(ticket, { kind: 'hit', recording: one.recording, timeUs, ...shown });
      } else if (one.kind === 'unread') unread.push(one.sentence);
      else if (one.kind === 'end') ({ hits, searched, closed } = one);
    }
    await this.#tell(ticket, { kind: 'searched', hits, searched, closed, unread: unread.slice(0, 20), cancelled: ends.signal.aborted });
    return { hits, searched };
  }

  /** Ends a search at once. */
  stop(): void {
    this.#search?.abort();
    this.#search = undefined;
  }

  /** What is open is closed, and what was read of it is forgotten. */
  close(): void {
    this.stop();
    this.#opening?.abort();
    const looked = this.#looked;
    this.#looked = undefined;
    looked?.ends.abort();
    looked?.watched.wipe();
    void looked?.watching.close().catch(() => undefined);
  }

  /** @throws RecordingError where nothing is open any more */
  #inTurn<T>(run: (looked: Looked) => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      if (!this.#looked) throw new RecordingError('not-a-recording', 'No recording is open here any more. Open it again.');
      return run(this.#looked);
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #tell(ticket: number, told: ReviewTold): Promise<void> {
    return tellPage(this.#send, ticket, told);
  }
}

function keep(
  looked: Looked,
  { text, timeUs, ...rest }: TranscriptLine | { readonly text: string; readonly timeUs: number; readonly alternate: boolean },
): void {
  looked.lineCount++;
  looked.lineChars += text.length;
  if (looked.lines.length >= MOST_LINES || looked.lineChars > MOST_LINE_CHARS) return;
  looked.lines.push({ text: text.slice(0, LINE_CHARS), timeUs, ...('gap' in rest ? { gap: true } : rest.alternate ? { alternate: true } : {}) });
}

/** The first line behind a moment, of lines in the order of time. */
function firstAfter(lines: readonly TranscriptLine[], timeUs: number): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.timeUs <= timeUs) low = middle + 1;
    else high = middle;
  }
  return low;
}
