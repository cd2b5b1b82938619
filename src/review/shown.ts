/**
 * What a recording has shown: its output goes through an emulator of its size, and the text of a line is told whenever something is about to be
 * written elsewhere, so that what was wrapped, put there by cursor addressing, overwritten or erased is told too. Told of the same line are its text
 * as it grew: who searches has each of them, who reads has the last. Recorded output is not trusted: nothing here answers it, and each line, mark and
 * number of lines is bounded.
 *
 * Over 400 lines: one emulator, and everything that is told of it. It works on what stands in the emulator's cells before each control that moves the cursor back or elsewhere or erases. xterm.js 6.0.0 has hooks for
 * control sequences in its own API, and none for single controls (CR, LF, BS): those are put before its own handlers. The version is pinned, and
 * the property test beside this file holds what is told against the emulator's own screen.
 */
import type { Terminal } from '@xterm/headless';
import { rowText } from '../terminal/row-text.ts';
import { inked, normalLines } from '../terminal/serialize.ts';
import { fits, handOver, takeOver } from './hand-over.ts';
import { COLOUR, Joined, lineEnds, linesToPass, PASSED_LEAST } from './plain.ts';
import { LINE_CELLS, Quick } from './quick.ts';
import { Stage } from './stage.ts';

export interface ShownText {
  /** Number of its first row since the beginning; on the alternate screen the row of the screen, from 0. */
  readonly line: number;
  readonly alternate: boolean;
  /** Rows that belong together by wrapping are one text. Without blanks at its end. */
  readonly text: string;
  /** When it stood there so, microseconds since the recording's start. */
  readonly timeUs: number;
}

/** A line that has scrolled off, or stood on a screen at its end. */
export interface LeftText {
  readonly text: string;
  readonly timeUs: number;
  readonly alternate: boolean;
}

/** A shell's mark (OSC 133), or a line that was ended with a line feed after it had waited. */
export type ShownMark =
  | { readonly kind: 'prompt' | 'input'; readonly timeUs: number; readonly nonce: string | undefined }
  /** `text`: what stood between the mark of the input and here. */
  | { readonly kind: 'output'; readonly timeUs: number; readonly nonce: string | undefined; readonly text: string }
  | { readonly kind: 'done'; readonly timeUs: number; readonly nonce: string | undefined; readonly exit: number | undefined }
  | { readonly kind: 'entered'; readonly timeUs: number; readonly text: string; readonly sinceUs: number };

/** Plain lines that were printed at once: no emulator had to show them to know what stood there. */
export interface ShownRun {
  /** Number of the first one. */
  readonly line: number;
  /** Without what makes them coloured; between two stands a line feed. */
  readonly text: string;
  readonly timeUs: number;
}

export interface ShownListener {
  readonly text?: (shown: ShownText) => void;
  /** Takes runs of lines in place of their texts. Who takes neither lines that left nor marks gets runs that go over several outputs, once they end. */
  readonly run?: (run: ShownRun) => void;
  /** In small letters: who takes runs and looks for this alone need not be told of a line that has it not. */
  readonly needle?: string;
  readonly left?: (left: LeftText) => void;
  readonly mark?: (mark: ShownMark) => void;
}

/** So much output goes in at once. It makes no more lines than are kept, and what is kept of a line is looked at after each. */
const SLICE_BYTES = 4096;
const LEAST_SLICE_BYTES = 64;
const KEPT_LINES = 2 * SLICE_BYTES;
/** Lines whose last text is remembered, so that the same is not told again. */
const REMEMBERED = 4096;
/** As long as the quick screen came no further than this before it had to hand over, it is asked half as often. */
const WORTH_BYTES = 16 * 1024;
const MOST_WAIT = 64;
/** Shell marks: a nonce or an exit is no longer. */
const MARK_CHARS = 256;

const finals = 'ABDEFGHJKLMPSTXZ@`defrsu';
const escapes = 'DEM8c';

/** xterm.js 6.0.0, what its own API does not say. */
interface Core {
  readonly coreService: { readonly modes: { readonly insertMode: boolean }; readonly decPrivateModes: { readonly wraparound: boolean } };
  readonly _charsetService: { readonly charset: unknown };
  readonly _bufferService: { readonly buffers: { readonly normal: { readonly scrollTop: number; readonly scrollBottom: number } } };
  readonly _inputHandler: { readonly _parser: { readonly _executeHandlers: Record<number, (() => boolean) | undefined> } };
}
const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
const coreOf = (terminal: Terminal): Core => (terminal as unknown as { readonly _core: Core })._core;

const RESETS = ['\x1b[m', '\x1b[0m'] as const;
const nowhere = { line: -1, x: -1, alternate: false };
/** The rest of a colour, or of a letter, that the next output ends. */
const unfinished = /(?:\x1b(?:\[[\d:;]*)?|\ufffd+)$/;
/** Before these the cursor's line is looked at: BS, LF, VT, FF, CR, IND, NEL. */
const CR = 0x0d;
const LF = 0x0a;
const controls = [0x08, LF, 0x0b, 0x0c, CR, 0x84, 0x85];

/** Whether runs go over several outputs: then nobody asks for a moment. */
const joins = ({ run, left, mark }: ShownListener): boolean => run !== undefined && !left && !mark;

export class Shown {
  /** Can be written down at any moment, where runs are not joined. */
  readonly stage: Stage;
  readonly #terminal: Terminal;
  /** Asked for once: its getter looks through the emulator's options each time. */
  readonly #buffer: Terminal['buffer'];
  readonly #listener: ShownListener;
  #lines: ReturnType<typeof normalLines> | undefined;
  /** Lines that have gone above what is kept. */
  #trimmed = 0;
  /** Lines of the normal screen that were told as left. */
  #left = 0;
  #nowUs = 0;
  readonly #last = new Map<number, { text: string; readonly sinceUs: number }>();
  /** Where the cursor stood when its line was last looked at. */
  #seen = nowhere;
  #input: { readonly line: number; readonly x: number } | undefined;
  readonly #joined = new Joined();
  readonly #joins: boolean;
  #quick: Quick | undefined;
  /** The quick screen shows what is shown, and the emulator what was there before. */
  #isQuick = false;
  #quickBytes = 0;
  /** It is asked again whether the quick screen can take over after so many outputs, of so many at first. */
  #wait = 1;
  #waits = 1;

  private constructor(stage: Stage, listener: ShownListener) {
    this.stage = stage;
    this.#terminal = stage.terminal;
    this.#buffer = stage.terminal.buffer;
    this.#listener = listener;
    this.#joins = joins(listener);
    this.#follow();
    this.#hook();
    this.#takeOver();
  }

  static async of(size: { readonly cols: number; readonly rows: number }, listener: ShownListener): Promise<Shown> {
    return new Shown(await Stage.of(size, KEPT_LINES, !joins(listener)), listener);
  }

  /** Output, bytes `from` to `to`, and when it came. */
  output(bytes: Uint8Array, timeUs: number, from = 0, to = bytes.length): void {
    let rest: Uint8Array | undefined;
    if (this.#isQuick) {
      this.#quickBytes += to - from;
      rest = this.#quick!.feed(bytes, from, to, timeUs);
      if (!rest) return;
      this.#handOver();
    } else rest = to - from === bytes.length ? bytes : bytes.subarray(from, to);
    this.#joined.add(rest, timeUs);
    if (!this.#joins || !this.#joined.goesOn()) this.#show();
  }

  /** The quick screen takes what comes, where it can hold what is shown. */
  #takeOver(): void {
    const { needle } = this.#listener;
    if (!this.#joins || needle === undefined || --this.#wait > 0 || !this.stage.whole || !fits(this.#terminal)) return;
    this.#wait = this.#waits;
    const { cols, rows } = this.#terminal;
    if (this.#quick?.cols !== cols || this.#quick.rows !== rows)
      this.#quick = new Quick(cols, rows, needle, (text, line, alternate, timeUs) => this.#listener.text?.({ text, line, alternate, timeUs }));
    this.#isQuick = takeOver(this.#terminal, this.#trimmed, this.#quick);
    this.#quickBytes = 0;
  }

  /** The emulator goes on with what the quick screen shows. */
  #handOver(): void {
    const quick = this.#quick!;
    quick.look();
    this.#follow();
    this.#trimmed = handOver(quick, this.#terminal);
    this.#isQuick = false;
    this.#waits = this.#quickBytes < WORTH_BYTES ? Math.min(MOST_WAIT, 2 * this.#waits) : 1;
    this.#wait = this.#waits;
    this.#seen = nowhere;
    this.#last.clear();
  }

  /** Shows what has come. */
  #show(): void {
    const { bytes } = this.#joined;
    for (let at = 0; at < bytes.length;) {
      const end = bytes.length - at < PASSED_LEAST ? bytes.length : this.#joined.plainEnd(at);
      const passes = end - at >= PASSED_LEAST ? linesToPass(bytes, at, end, this.#terminal.rows) : undefined;
      if (passes) {
        this.#emulate(at, passes.from);
        at = passes.from;
        // Above the last row as many lines as bring the cursor there.
        const edge = this.#atPlainEdge ? at : lineEnds(bytes, at, this.#terminal.rows - 1 - this.#buffer.active.cursorY);
        if (edge < passes.to) {
          this.#emulate(at, edge);
          at = edge;
          if (this.#atPlainEdge) {
            this.#passAll(edge, passes.to);
            at = passes.to;
          }
        }
      }
      // What is not plain, and what follows it, up to where another run may begin.
      const next = passes ? end : Math.min(bytes.length, end + PASSED_LEAST);
      this.#emulate(at, next);
      at = next;
    }
    if (bytes.length === 0) return;
    this.#joined.clear();
    this.#takeOver();
  }

  #emulate(from: number, to: number): void {
    for (const part of this.#joined.parts(from, to)) {
      this.#nowUs = part.timeUs;
      this.#emulateNow(this.#joined.bytes.subarray(part.from, part.to));
    }
  }

  #emulateNow(bytes: Uint8Array): void {
    const { cols, rows } = this.#terminal;
    // No more than a screen holds: the alternate one keeps nothing that has scrolled off it.
    const slice = Math.max(LEAST_SLICE_BYTES, Math.min(SLICE_BYTES, cols * (rows - 1)));
    for (let at = 0; at < bytes.length; at += slice) {
      this.stage.output(bytes.subarray(at, at + slice));
      this.#look();
      this.#tellLeft();
    }
  }

  /** Plain lines that are printed now scroll, each below the one before: the cursor stands at the beginning of the last row, and nothing makes text go elsewhere. */
  get #atPlainEdge(): boolean {
    const { rows } = this.#terminal;
    const { cursorX, cursorY } = this.#buffer.active;
    if (this.#alternate || cursorX !== 0 || cursorY !== rows - 1 || !this.stage.whole) return false;
    const { coreService, _charsetService, _bufferService } = coreOf(this.#terminal);
    const { scrollTop, scrollBottom } = _bufferService.buffers.normal;
    return coreService.decPrivateModes.wraparound && !coreService.modes.insertMode && !_charsetService.charset && scrollTop === 0 && scrollBottom === rows - 1;
  }

  /** Whole lines of some moments. One that goes over several is told as it grew. */
  #passAll(from: number, to: number): void {
    const { bytes } = this.#joined;
    let begin = from;
    for (const part of this.#joined.parts(from, to)) {
      this.#nowUs = part.timeUs;
      const end = bytes.lastIndexOf(LF, part.to - 1) + 1;
      if (end > begin && begin < part.from) {
        const first = bytes.indexOf(LF, part.from) + 1;
        this.#pass(bytes.subarray(begin, first), true);
        begin = first;
      }
      if (end > begin) {
        this.#pass(bytes.subarray(begin, end));
        begin = end;
      }
      if (begin < part.to) this.#tellGrowing(bytes.subarray(begin, part.to));
    }
  }

  /** The beginning of a line that is passed with what comes. */
  #tellGrowing(bytes: Uint8Array): void {
    const { rows } = this.#terminal;
    const buffer = this.#buffer;
    const text = utf8(bytes).replace(COLOUR, '').replace(unfinished, '').trimEnd();
    if (text !== '') this.#listener.text?.({ line: this.#trimmed + buffer.normal.baseY + rows - 1, alternate: false, text, timeUs: this.#nowUs });
  }

  /** Lines that others push off the screen at once: they are told, and the emulator gets their colours alone. @param grew one whose beginning was told. */
  #pass(bytes: Uint8Array, grew = false): void {
    const { text: tell, left } = this.#listener;
    const run = grew ? undefined : this.#listener.run;
    const { rows } = this.#terminal;
    const buffer = this.#buffer;
    this.#tellScreen(false);
    const shown = utf8(bytes);
    // From the last one on that takes all others away: those before it change nothing.
    const colours = shown.slice(Math.max(0, ...RESETS.map((reset) => shown.lastIndexOf(reset)))).match(COLOUR) ?? [];
    const text = shown.replace(COLOUR, '').replaceAll('\r', '');
    const line = this.#trimmed + buffer.normal.baseY + rows - 1;
    const timeUs = this.#nowUs;
    run?.({ line, text: text.slice(0, -1), timeUs });
    let count = 0;
    for (let at = 0, end; (end = text.indexOf('\n', at)) >= 0; at = end + 1, count++) {
      if (run && !left) continue;
      const one = text.slice(at, end).trimEnd();
      if (!run && one !== '') tell?.({ line: line + count, alternate: false, text: one, timeUs });
      left?.({ text: one, timeUs, alternate: false });
    }
    // As if they had been there.
    this.#trimmed += count;
    this.#left = this.#trimmed + buffer.normal.baseY + rows - 1;
    this.#seen = nowhere;
    this.stage.output(Buffer.from(colours.join(''), 'latin1'));
  }

  resize(cols: number, rows: number, timeUs: number): void {
    this.#show();
    this.#nowUs = timeUs;
    if (cols === this.#terminal.cols && rows === this.#terminal.rows) return;
    if (this.#isQuick) {
      const waiting = this.#quick!.takePending();
      this.#handOver();
      if (waiting) this.#emulateNow(waiting);
    }
    this.#look();
    this.#tellLeft();
    const before = this.#untold();
    this.stage.resize(cols, rows);
    this.#renumber(before);
    this.#input = undefined;
  }

  /** Lines of the normal screen that were not told as left, the lowest first, and since when each stands there; blank ones below all text are none. */
  #untold(): (number | undefined)[] {
    const found: (number | undefined)[] = [];
    this.#upwards((first) => {
      if (this.#trimmed + first < this.#left) return false;
      found.push(this.#last.get(this.#trimmed + first)?.sinceUs);
      return true;
    });
    return found;
  }

  /** After a resize lines are wrapped anew, so their numbers are others: each keeps its time, and what was told is not told again. */
  #renumber(before: readonly (number | undefined)[]): void {
    this.#last.clear();
    const { normal } = this.#buffer;
    // Where nothing waits to be told: behind all that was.
    this.#left = this.#trimmed + this.#textEnd();
    let n = 0;
    this.#upwards((first, end) => {
      if (n === before.length) return false;
      const sinceUs = before[n++];
      this.#left = this.#trimmed + first;
      if (sinceUs !== undefined) this.#last.set(this.#left, { text: this.#textOf(normal, first, end), sinceUs });
      return true;
    });
  }

  /** Behind the last row of the normal screen that has text. */
  #textEnd(): number {
    const buffer = this.#buffer.normal;
    let end = Math.min(buffer.length, buffer.baseY + this.#terminal.rows);
    while (end > 0 && inked(buffer.getLine(end - 1)!, this.#terminal.cols) === 0) end--;
    return end;
  }

  /** Goes through the lines of the normal screen from its last text upwards, until there are none or `line` says so. */
  #upwards(line: (first: number, end: number) => boolean): void {
    const buffer = this.#buffer.normal;
    let end = this.#textEnd();
    while (end > 0) {
      let first = end - 1;
      while (first > 0 && buffer.getLine(first)?.isWrapped) first--;
      if (!line(first, end)) return;
      end = first;
    }
  }

  /** The recording ends: what stands on its screens is told as left. */
  end(): void {
    this.#show();
    if (this.#isQuick) return this.#quick!.look();
    this.#look();
    if (this.#alternate) this.#tellScreen(true);
    this.#tellScreen(false);
  }

  dispose(): void {
    this.#joined.clear();
    this.#quick?.dispose();
    this.stage.dispose();
  }

  get #alternate(): boolean {
    return this.#buffer.active.type === 'alternate';
  }

  /** Follows the list of lines, which is another one after a reset. */
  #follow(): void {
    const lines = normalLines(this.#terminal);
    if (lines === this.#lines) return;
    this.#lines = lines;
    lines.onTrim((count) => {
      if (lines === this.#lines) this.#trimmed += count;
    });
  }

  #hook(): void {
    const { parser } = this.#terminal;
    // What follows may be printed up to the same place: it is looked at again.
    const before = (): boolean => {
      this.#look();
      this.#seen = nowhere;
      return false;
    };
    for (const final of finals) if (final !== 'J') parser.registerCsiHandler({ final }, before);
    parser.registerCsiHandler({ prefix: '?', final: 'J' }, before);
    parser.registerCsiHandler({ prefix: '?', final: 'K' }, before);
    parser.registerCsiHandler({ final: 'J' }, (parameters) => {
      before();
      const [part] = parameters;
      const { cursorX, cursorY } = this.#buffer.active;
      if (part === 3) this.#tellLeft();
      else if (!this.#alternate && (part === 2 || (part === 0 && cursorX === 0 && cursorY === 0))) this.#tellScreen(false);
      return false;
    });
    for (const final of 'hl')
      parser.registerCsiHandler({ prefix: '?', final }, (parameters) => {
        before();
        if (this.#alternate && parameters.some((mode) => mode === 47 || mode === 1047 || mode === 1049)) this.#tellScreen(true);
        return false;
      });
    for (const final of escapes)
      parser.registerEscHandler({ final }, () => {
        before();
        if (final !== 'c') return false;
        if (this.#alternate) this.#tellScreen(true);
        this.#tellScreen(false);
        this.#restart();
        return false;
      });
    parser.registerEscHandler({ intermediates: '#', final: '8' }, before);
    parser.registerOscHandler(133, (data) => {
      this.#mark(data.slice(0, MARK_CHARS));
      return true;
    });
    const handlers = coreOf(this.#terminal)._inputHandler._parser._executeHandlers;
    for (const code of controls) {
      const own = handlers[code];
      if (!own) continue;
      handlers[code] = () => {
        this.#look();
        if (code === LF && this.#listener.mark) this.#entered();
        const done = own();
        // A CR after which nothing is printed leaves nothing new to be looked at.
        this.#seen = code === CR ? { ...this.#seen, x: 0 } : nowhere;
        return done;
      };
    }
  }

  /** A reset begins with lines of its own: their numbers go on behind all that were. */
  #restart(): void {
    const { baseY } = this.#buffer.normal;
    this.#trimmed += baseY + this.#terminal.rows;
    this.#left = this.#trimmed;
    this.#last.clear();
    this.#input = undefined;
  }

  /** Tells the text of the cursor's line, where something may have been printed in it. */
  #look(): void {
    this.#follow();
    const buffer = this.#buffer.active;
    const alternate = this.#alternate;
    const row = buffer.baseY + buffer.cursorY;
    const { cursorX: x } = buffer;
    const at = alternate ? row : this.#trimmed + row;
    const seen = this.#seen;
    if (seen.line === at && seen.x === x && seen.alternate === alternate && x < this.#terminal.cols - 1) return;
    this.#seen = { line: at, x, alternate };
    const { first, text } = this.#logical(row);
    const line = alternate ? first : this.#trimmed + first;
    const key = alternate ? -1 - line : line;
    const last = this.#last.get(key);
    if (last?.text === text || (text === '' && !last)) return;
    if (last) last.text = text;
    else this.#last.set(key, { text, sinceUs: this.#nowUs });
    if (this.#last.size > REMEMBERED) for (const old of this.#last.keys()) if (this.#last.delete(old) && this.#last.size <= REMEMBERED / 2) break;
    if (text !== '') this.#listener.text?.({ line, alternate, text, timeUs: this.#nowUs });
  }

  /** The rows that belong to a row by wrapping, as far as they are looked at. */
  #logical(row: number): { readonly first: number; readonly last: number; readonly text: string } {
    const buffer = this.#buffer.active;
    const most = Math.max(1, Math.ceil(LINE_CELLS / this.#terminal.cols));
    let first = row;
    while (first > 0 && row - first < most && buffer.getLine(first)?.isWrapped) first--;
    let last = row;
    // Asked for a row behind its last one the emulator's list begins again.
    while (last - row < most && last + 1 < buffer.length && buffer.getLine(last + 1)?.isWrapped) last++;
    return { first, last, text: this.#rows(first, last) };
  }

  #rows(first: number, last: number, fromX = 0): string {
    const buffer = this.#buffer.active;
    let text = '';
    for (let y = first; y <= last; y++) {
      const line = buffer.getLine(y);
      if (line) text += y === first && fromX > 0 ? line.translateToString(false, fromX) : rowText(line);
    }
    return text.trimEnd();
  }

  /** Tells the lines of the normal screen that have scrolled off. */
  #tellLeft(): void {
    const { left } = this.#listener;
    if (!left) return;
    const buffer = this.#buffer.normal;
    if (this.#left < this.#trimmed) this.#left = this.#trimmed;
    for (;;) {
      const first = this.#left - this.#trimmed;
      let end = first + 1;
      while (end < buffer.baseY && buffer.getLine(end)?.isWrapped) end++;
      // A line that goes on on the screen is not off it; one that is longer than what is kept is told in parts.
      if (end > buffer.baseY || (end === buffer.baseY && end - first < KEPT_LINES / 2 && buffer.getLine(end)?.isWrapped)) return;
      this.#tellLine(first, end, false);
      this.#left = this.#trimmed + end;
    }
  }

  /** What stands on a screen, as lines that have left. */
  #tellScreen(alternate: boolean): void {
    if (!this.#listener.left) return;
    if (!alternate) this.#tellLeft();
    const buffer = this.#buffer[alternate ? 'alternate' : 'normal'];
    const first = alternate ? buffer.baseY : Math.max(0, this.#left - this.#trimmed);
    let end = Math.min(buffer.length, buffer.baseY + this.#terminal.rows);
    while (end > first && inked(buffer.getLine(end - 1)!, this.#terminal.cols) === 0) end--;
    for (let y = first; y < end;) {
      let next = y + 1;
      while (next < end && buffer.getLine(next)?.isWrapped) next++;
      this.#tellLine(y, next, alternate);
      y = next;
    }
    // What comes to stand in its place is another line; those of the other screen stand on.
    for (const key of this.#last.keys()) if (key < 0 === alternate) this.#last.delete(key);
  }

  #tellLine(first: number, end: number, alternate: boolean): void {
    const key = alternate ? -1 - first : this.#trimmed + first;
    const text = this.#textOf(this.#buffer[alternate ? 'alternate' : 'normal'], first, end);
    this.#listener.left!({ text, timeUs: this.#last.get(key)?.sinceUs ?? this.#nowUs, alternate });
  }

  #textOf(buffer: Terminal['buffer']['normal'], first: number, end: number): string {
    let text = '';
    for (let y = first; y < end; y++) {
      const line = buffer.getLine(y);
      if (line) text += rowText(line);
    }
    return text.trimEnd();
  }

  /** A line feed after a line that has waited: perhaps somebody has pressed enter. */
  #entered(): void {
    if (this.#alternate) return;
    const buffer = this.#buffer.active;
    const { first, text } = this.#logical(buffer.baseY + buffer.cursorY);
    const sinceUs = this.#last.get(this.#trimmed + first)?.sinceUs ?? this.#nowUs;
    if (text !== '' && sinceUs < this.#nowUs) this.#listener.mark?.({ kind: 'entered', timeUs: this.#nowUs, text, sinceUs });
  }

  #mark(data: string): void {
    const { mark } = this.#listener;
    if (!mark) return;
    this.#look();
    const [letter, ...rest] = data.split(';');
    const nonce = rest.find((part) => part.startsWith('nonce='))?.slice('nonce='.length);
    const timeUs = this.#nowUs;
    const buffer = this.#buffer.active;
    const row = buffer.baseY + buffer.cursorY;
    if (letter === 'A') {
      this.#input = undefined;
      mark({ kind: 'prompt', timeUs, nonce });
    } else if (letter === 'B') {
      this.#input = { line: this.#trimmed + row, x: buffer.cursorX };
      mark({ kind: 'input', timeUs, nonce });
    } else if (letter === 'C') {
      const from = this.#input;
      const first = from ? from.line - this.#trimmed : row;
      const text = from && !this.#alternate && first >= 0 && first <= row && row - first <= this.#terminal.rows ? this.#rows(first, row, from.x).trim() : '';
      this.#input = undefined;
      mark({ kind: 'output', timeUs, nonce, text });
    } else if (letter === 'D') {
      const exit = /^-?\d{1,5}$/.test(rest[0] ?? '') ? Number(rest[0]) : undefined;
      mark({ kind: 'done', timeUs, nonce, exit });
    }
  }
}
