/**
 * Writes down an emulator: output that makes a blank terminal of the same size show what the emulator shows, with both
 * screens, the lines above, attributes, links, tab stops, regions, saved cursors, and a cursor that stands behind a full
 * row. `@xterm/addon-serialize` knows a part of that, and walks old line lengths of the alternate screen
 * (docs/decisions/screen-from-the-recording.md). What an emulator does not keep (titles, what keys send) is in Modes.
 */
import type { IBufferCell, Terminal as Headless } from '@xterm/headless';
import { Modes } from './modes.ts';

/** What is read of an emulator, in a page (`@xterm/xterm`) or without one. */
export type Emulator = Pick<Headless, 'buffer' | 'cols' | 'rows'>;

type BufferLine = NonNullable<ReturnType<Emulator['buffer']['normal']['getLine']>>;

/** xterm.js 6.0.0, what its own API does not say. The version is pinned, and a property test holds every field. */
interface Extended {
  /** Bits 26 to 28: 0 no underline, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed. Its own getter says dashed for every link. */
  readonly _ext: number;
  /** A colour's mode in bits 24 and 25 (0 default, 1 and 2 palette, 3 RGB), its value below. */
  readonly underlineColor: number;
  readonly urlId: number;
}
interface Attributes extends Omit<IBufferCell, 'getChars' | 'getCode' | 'getWidth'> {
  readonly fg: number;
  readonly bg: number;
  readonly extended: Extended;
}
interface CoreBuffer {
  readonly x: number;
  readonly y: number;
  readonly ybase: number;
  readonly savedX: number;
  readonly savedY: number;
  readonly savedCurAttrData: Attributes;
  readonly scrollTop: number;
  readonly scrollBottom: number;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
  /** Another list after a reset. `onTrim` tells how many of the oldest lines have gone. */
  readonly lines: { onTrim(told: (lines: number) => void): unknown };
}
interface Core {
  readonly _bufferService: { readonly buffers: { readonly normal: CoreBuffer; readonly alt: CoreBuffer } };
  readonly _inputHandler: { readonly _curAttrData: Attributes };
  readonly _oscLinkService: { getLinkData(id: number): { readonly id?: string | undefined; readonly uri: string } | undefined };
  /** What a code point makes with those before it: bit 0, whether it joins them in their cell. */
  readonly unicodeService: { charProperties(code: number, preceding: number): number };
  readonly coreService: { readonly decPrivateModes: { readonly origin: boolean }; readonly isCursorHidden: boolean };
}

/** In Attributes.fg. */
const UNDERLINE = 0x10000000;
/** In Attributes.bg: `extended` is the cell's own. */
const HAS_EXTENDED = 0x10000000;

/** SGR that makes these attributes from whatever was in force. */
function sgr(a: Attributes): string {
  const out = ['0'];
  if (a.isBold()) out.push('1');
  if (a.isDim()) out.push('2');
  if (a.isItalic()) out.push('3');
  if (a.fg & UNDERLINE) {
    const style = (a.extended._ext >>> 26) & 7;
    out.push(style > 1 ? `4:${style}` : '4');
  }
  if (a.isBlink()) out.push('5');
  if (a.isInverse()) out.push('7');
  if (a.isInvisible()) out.push('8');
  if (a.isStrikethrough()) out.push('9');
  if (a.isOverline()) out.push('53');
  const colour = (kind: 'fg' | 'bg', base: number, bright: number): void => {
    const value = kind === 'fg' ? a.getFgColor() : a.getBgColor();
    if (kind === 'fg' ? a.isFgRGB() : a.isBgRGB()) out.push(`${base + 8};2;${(value >> 16) & 255};${(value >> 8) & 255};${value & 255}`);
    else if (kind === 'fg' ? a.isFgPalette() : a.isBgPalette())
      out.push(value < 8 ? `${base + value}` : value < 16 ? `${bright + value - 8}` : `${base + 8};5;${value}`);
  };
  colour('fg', 30, 90);
  colour('bg', 40, 100);
  // It holds without an underline too, for the one that comes.
  const under = a.extended.underlineColor;
  const mode = (under >>> 24) & 3;
  if (mode > 0) out.push(mode === 3 ? `58:2::${(under >> 16) & 255}:${(under >> 8) & 255}:${under & 255}` : `58:5:${under & 255}`);
  return `\x1b[${out.join(';')}m`;
}

/** Gathers output; attributes and links are told where they change. */
class Pen {
  readonly #core: Core;
  readonly #parts: string[] = [];
  #attributes = '\x1b[0m';
  #link = 0;
  /** Of the last cell: most are like the one before. */
  #fg = 0;
  #bg = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  raw(text: string): void {
    this.#parts.push(text);
  }

  /** What is in force: a colour of underlines may wait in it that no cell has. */
  attributes(of: Attributes): void {
    this.#fg = this.#bg = -1;
    this.#change(sgr(of), of.extended.urlId);
  }

  cell(of: Attributes): void {
    if (of.fg === this.#fg && of.bg === this.#bg && !(of.bg & HAS_EXTENDED)) return;
    this.#fg = of.fg;
    this.#bg = of.bg;
    this.#change(sgr(of), of.extended.urlId);
  }

  /** Ends a character that the next one would join: any control function does, and this one changes nothing. */
  apart(): void {
    this.#parts.push(this.#attributes);
  }

  plain(): void {
    this.#fg = this.#bg = 0;
    this.#change('\x1b[0m', 0);
  }

  text(): string {
    return this.#parts.join('');
  }

  #change(attributes: string, link: number): void {
    if (attributes !== this.#attributes) this.#parts.push(attributes);
    this.#attributes = attributes;
    if (link === this.#link) return;
    this.#link = link;
    const data = link === 0 ? undefined : this.#core._oscLinkService.getLinkData(link);
    this.#parts.push(data ? `\x1b]8;${data.id ? `id=${data.id}` : ''};${data.uri}\x1b\\` : '\x1b]8;;\x1b\\');
  }
}

/**
 * @param modes has followed the same output.
 * @param scrollback lines above the screen at most.
 * @returns bytes for a terminal of the emulator's size that is blank: empty, all modes at their default.
 */
export function serializeTerminal(terminal: Emulator, modes: Modes, scrollback: number): Uint8Array {
  const core = (terminal as unknown as { readonly _core: Core })._core;
  const { normal, alt } = core._bufferService.buffers;
  const alternate = terminal.buffer.active.type === 'alternate';
  const pen = new Pen(core);
  lines(pen, terminal, terminal.buffer.normal, Math.max(0, normal.ybase - scrollback));
  pen.raw(modes.keyboard('normal'));
  finish(pen, terminal, 'normal', normal, modes, alternate);
  if (alternate) {
    // 1049 saves the cursor as it is: finish() has put it where it was saved.
    pen.raw('\x1b[?1049h');
    // It also fills the screen with the background in force.
    pen.plain();
    pen.raw(`${Modes.plainCharsets}\x1b[r\x1b[H\x1b[2J`);
    // An emulator that was made smaller keeps lines above this screen, too.
    lines(pen, terminal, terminal.buffer.alternate, alt.ybase);
    pen.raw(modes.keyboard('alternate'));
    finish(pen, terminal, 'alternate', alt, modes, false);
  }
  const text = new TextEncoder().encode(pen.text());
  const rest = Uint8Array.from(modes.rest(), (char) => char.charCodeAt(0));
  const bytes = new Uint8Array(text.length + rest.length);
  bytes.set(text);
  bytes.set(rest, text.length);
  return bytes;
}

/** The lines of a screen from `first`, written as a program would print them, so that a terminal knows which belong together. */
function lines(pen: Pen, terminal: Emulator, buffer: Emulator['buffer']['normal'], first: number): void {
  const { cols } = terminal;
  const { unicodeService } = (terminal as unknown as { readonly _core: Core })._core;
  const last = buffer.baseY + terminal.rows - 1;
  let cell: IBufferCell | undefined;
  /** From this cell on the line before was never printed, though it is followed by one that goes on: the one that it went on in was scrolled away. */
  let unprinted: number | undefined;
  for (let y = first; y <= last; y++) {
    const line = buffer.getLine(y);
    if (!line) continue;
    const erase = unprinted;
    unprinted = undefined;
    const wraps = y < last && buffer.getLine(y + 1)?.isWrapped === true;
    // A wide character that does not fit leaves the last cell empty, and wraps by itself.
    const widePushed =
      wraps &&
      buffer
        .getLine(y + 1)
        ?.getCell(0)
        ?.getWidth() === 2 &&
      isEmpty(line.getCell(cols - 1));
    // A line that the one before goes on in begins with a character at least: only printing wraps.
    const goesOn = line.isWrapped && y > first;
    const printed = Math.max(inked(line, cols), goesOn ? 1 : 0);
    const end = wraps ? cols - (widePushed ? 1 : 0) : printed;
    if (wraps && printed < end) unprinted = printed;
    let before = 0;
    for (let x = 0; x < end; x++) {
      // One object for all, but for what would stay of extended attributes in it.
      cell = line.getCell(x, cell && (cell as unknown as Attributes).bg & HAS_EXTENDED ? undefined : cell);
      if (!cell || cell.getWidth() === 0) continue;
      pen.cell(cell as unknown as Attributes);
      // A wide character that a narrower screen has cut in half shows nothing.
      const chars = (x + cell.getWidth() <= cols && cell.getChars()) || ' ';
      // Two cells that a program printed with something between them stay two: an emoji and the colour of its skin.
      let properties = before;
      for (const [n, char] of [...chars].entries()) {
        properties = unicodeService.charProperties(char.codePointAt(0)!, properties);
        if (n === 0 && before !== 0 && (properties & 1) !== 0) {
          pen.apart();
          properties = unicodeService.charProperties(char.codePointAt(0)!, 0);
        }
      }
      before = properties;
      pen.raw(chars);
      if (x === 0 && erase !== undefined && terminal.rows > 1 && cell.getWidth() < cols) {
        // Blanks had to be printed for the wrap to be one. It is done: they are taken back, or they would be copied, and wrapped, as text.
        pen.plain();
        pen.raw(`\x1b[A\x1b[${erase + 1}G\x1b[K\x1b[B\x1b[${cell.getWidth() + 1}G`);
      }
    }
    if (goesOn && end < cols) {
      // A wrap at the bottom fills the new line with the background in force.
      pen.plain();
      pen.raw('\x1b[K');
    }
    if (wraps || y === last) continue;
    pen.plain();
    pen.raw('\r\n');
  }
}

const isEmpty = (cell: IBufferCell | undefined): boolean => !cell || (cell.getChars() === '' && cell.isAttributeDefault());

/** The list of the normal screen's lines: the emulator's own markers go with a line that is deleted, and down with one that is inserted. */
export const normalLines = (terminal: Emulator): CoreBuffer['lines'] =>
  (terminal as unknown as { readonly _core: Core })._core._bufferService.buffers.normal.lines;

/** DECTCEM, which the emulator's own API does not say. */
export const cursorHidden = (terminal: Emulator): boolean => (terminal as unknown as { readonly _core: Core })._core.coreService.isCursorHidden;

/**
 * A part of a line as plain output: attributes are told within it, and are none before and behind it.
 * @param from the first cell. @param end the cell behind the last one. @param room so many cells at most: a wide character that does not fit comes with `next`.
 */
export function rowText(
  terminal: Emulator,
  line: BufferLine,
  from: number,
  end: number,
  room: number,
): { readonly text: string; readonly cells: number; readonly next: number } {
  const pen = new Pen((terminal as unknown as { readonly _core: Core })._core);
  let x = from;
  while (x < end) {
    const cell = line.getCell(x);
    const width = Math.max(1, cell?.getWidth() ?? 1);
    if (x > from && x + width - from > room) break;
    if (cell) pen.cell(cell as unknown as Attributes);
    // Half a wide character shows nothing.
    pen.raw((width <= room && x + width <= terminal.cols && cell?.getChars()) || ' ');
    x += width;
  }
  pen.plain();
  return { text: pen.text(), cells: Math.min(x - from, room), next: x };
}

/** Cells up to the last one that shows something. */
export function inked(line: BufferLine, cols: number): number {
  let end = Math.min(cols, line.length);
  let cell: IBufferCell | undefined;
  while (end > 0 && isEmpty((cell = line.getCell(end - 1, cell)))) end--;
  return end;
}

/** What holds on a screen once its lines stand: tab stops, the saved cursor, the region, and unless it is left at once the cursor. */
function finish(pen: Pen, terminal: Emulator, name: 'normal' | 'alternate', buffer: CoreBuffer, modes: Modes, left: boolean): void {
  const { cols, rows } = terminal;
  tabStops(pen, buffer, cols);
  pen.raw(at(Math.min(Math.max(0, buffer.savedY - buffer.ybase), rows - 1), Math.min(buffer.savedX, cols - 1)));
  pen.attributes(buffer.savedCurAttrData);
  pen.raw(modes.savedCharsets(name));
  if (left) return;
  pen.raw(`\x1b7${Modes.plainCharsets}`);
  const region = buffer.scrollTop > 0 || buffer.scrollBottom < rows - 1;
  pen.raw(region ? `\x1b[${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r` : '\x1b[r');
  const { origin } = (terminal as unknown as { readonly _core: Core })._core.coreService.decPrivateModes;
  if (origin) pen.raw('\x1b[?6h');
  const top = origin ? buffer.scrollTop : 0;
  if (buffer.x < cols) pen.raw(at(Math.max(0, buffer.y - top), buffer.x));
  else behindLast(pen, terminal, name, buffer, top);
  pen.attributes((terminal as unknown as { readonly _core: Core })._core._inputHandler._curAttrData);
  pen.raw(modes.charsets());
}

const at = (y: number, x: number): string => `\x1b[${y + 1};${x + 1}H`;

/** The cursor behind a full row, where the next character wraps: only printing the last one again gets it there. */
function behindLast(pen: Pen, terminal: Emulator, name: 'normal' | 'alternate', buffer: CoreBuffer, top: number): void {
  const line = terminal.buffer[name].getLine(buffer.ybase + buffer.y);
  let x = terminal.cols - 1;
  if (line?.getCell(x)?.getWidth() === 0) x--;
  const cell = line?.getCell(x);
  pen.raw(at(Math.max(0, buffer.y - top), x));
  if (!cell) return;
  pen.cell(cell as unknown as Attributes);
  pen.raw(cell.getChars() || ' ');
}

function tabStops(pen: Pen, { tabs }: CoreBuffer, cols: number): void {
  const set = Array.from({ length: cols }, (_, x) => x).filter((x) => tabs[x]);
  if (set.every((x) => x % 8 === 0) && set.length === Math.ceil(cols / 8)) return;
  pen.raw('\x1b[3g');
  for (const x of set) pen.raw(`${at(0, x)}\x1bH`);
}
