/**
 * A screen goes from the emulator to the quick one and back, and is the same: cells, lines that go on in the next one, those just above, cursor, what was
 * saved of it, and region. It looks into xterm.js 6.0.0 where its own API says nothing; the version is pinned, and a property test holds both to each other.
 */
import type { Terminal } from '@xterm/headless';
import { EMPTY, KEPT_ROWS, type Plane } from './plane.ts';
import type { Quick } from './quick.ts';

const WORDS = 3;
const CHARACTER = 0x1f_ffff;
const COMBINED = 0x20_0000;
const WIDTH_SHIFT = 22;
const PROTECTED = 0x2000_0000;
const LEAST_COLS = 2;
/** Of a larger screen the rows would not stay where they are quick. */
const MOST_CELLS = 1024 * 1024;

interface Attributes {
  readonly fg: number;
  readonly bg: number;
  readonly extended: unknown;
}

interface Line {
  readonly _data: Uint32Array;
  isWrapped: boolean;
  fill(cell: Attributes): void;
  setCellFromCodepoint(x: number, code: number, width: number, attributes: Attributes): void;
}

interface Buffer {
  readonly lines: { readonly length: number; get(at: number): Line | undefined; push(line: Line): void; trimStart(count: number): void };
  ybase: number;
  ydisp: number;
  x: number;
  y: number;
  savedX: number;
  savedY: number;
  savedCharset: unknown;
  readonly savedCurAttrData: Attributes;
  scrollTop: number;
  scrollBottom: number;
  readonly tabs: Readonly<Record<number, boolean | undefined>>;
  getNullCell(): Attributes;
  getBlankLine(attributes: Attributes): Line;
}

interface Core {
  readonly coreService: {
    readonly modes: { readonly insertMode: boolean };
    readonly decPrivateModes: { readonly wraparound: boolean; readonly origin: boolean; readonly reverseWraparound: boolean };
  };
  readonly _charsetService: { readonly charset: unknown; readonly glevel: number; readonly _charsets: readonly unknown[] };
  readonly unicodeService: { charProperties(code: number, preceding: number): number };
  readonly _bufferService: {
    readonly buffers: { readonly normal: Buffer; readonly alt: Buffer; readonly active: Buffer; activateNormalBuffer(): void; activateAltBuffer(): void };
  };
  readonly _inputHandler: { readonly _curAttrData: Attributes; readonly _parser: { precedingJoinState: number } };
}

const coreOf = (terminal: Terminal): Core => (terminal as unknown as { readonly _core: Core })._core;

/** Whether a screen of this size is for the quick one. */
export const fits = ({ cols, rows }: { readonly cols: number; readonly rows: number }): boolean =>
  cols >= LEAST_COLS && rows >= LEAST_COLS && cols * (rows + 4 * KEPT_ROWS) <= MOST_CELLS;

/**
 * Has the quick screen show what the emulator shows, if it can hold it.
 * @param trimmed lines that have gone above what the emulator keeps. @param quick of the emulator's size. @returns whether it does: else it is not to be used
 */
export function takeOver(terminal: Terminal, trimmed: number, quick: Quick): boolean {
  const core = coreOf(terminal);
  const { modes, decPrivateModes } = core.coreService;
  const { charset, glevel, _charsets } = core._charsetService;
  const { normal, alt, active } = core._bufferService.buffers;
  if (!decPrivateModes.wraparound || decPrivateModes.origin || decPrivateModes.reverseWraparound || modes.insertMode) return false;
  if (charset || glevel !== 0 || _charsets.some(Boolean)) return false;
  // What the next character could be a part of.
  if (core._inputHandler._parser.precedingJoinState >> 3 !== 0 || (core._inputHandler._curAttrData.bg & PROTECTED) !== 0) return false;
  for (const buffer of [normal, alt]) if (buffer.savedCharset || (buffer.savedCurAttrData.bg & PROTECTED) !== 0) return false;
  if (!tabsAsUsual(normal.tabs, quick.cols) || (active === alt && !tabsAsUsual(alt.tabs, quick.cols))) return false;
  quick.begin();
  if (!take(normal, quick.normal, trimmed)) return false;
  quick.alternate.clear();
  quick.plane = quick.normal;
  if (active === alt) {
    if (!take(alt, quick.alternate, 0)) return false;
    quick.plane = quick.alternate;
  }
  quick.alternate.savedX = alt.savedX;
  quick.alternate.savedLine = alt.savedY;
  return true;
}

function tabsAsUsual(tabs: Buffer['tabs'], cols: number): boolean {
  for (let x = 0; x < cols; x++) if ((tabs[x] === true) !== (x % 8 === 0)) return false;
  return true;
}

function take(buffer: Buffer, plane: Plane, trimmed: number): boolean {
  const { rows } = plane;
  plane.clear();
  // Upwards as far as it can be held: the screen has to be.
  let first = buffer.ybase + rows;
  const least = Math.max(0, buffer.ybase - KEPT_ROWS);
  while (first > least && holds(buffer.lines.get(first - 1)!, plane.cols)) first--;
  // The first is the beginning of a line.
  while (first > 0 && first <= buffer.ybase && buffer.lines.get(first)!.isWrapped) first++;
  if (first > buffer.ybase) return false;
  plane.top = buffer.ybase - first;
  for (let row = 0; row < plane.top + rows; row++) takeLine(buffer.lines.get(first + row)!, plane, row);
  plane.base = trimmed + buffer.ybase;
  plane.x = buffer.x;
  plane.y = buffer.y;
  plane.savedX = buffer.savedX;
  plane.savedLine = buffer.savedY + trimmed;
  plane.scrollTop = buffer.scrollTop;
  plane.scrollBottom = buffer.scrollBottom;
  return true;
}

/** Whether a line has Latin-1 alone, that nothing protects from being erased. */
function holds({ _data: words }: Line, cols: number): boolean {
  if (words.length < cols * WORDS) return false;
  for (let at = 0; at < cols * WORDS; at += WORDS) {
    const cell = words[at]!;
    if ((cell & CHARACTER) > 0xff || (cell & COMBINED) !== 0 || cell >>> WIDTH_SHIFT !== 1 || (words[at + 2]! & PROTECTED) !== 0) return false;
  }
  return true;
}

function takeLine({ _data: words, isWrapped }: Line, plane: Plane, row: number): void {
  const { cols, cells } = plane;
  plane.wrapped[row] = isWrapped ? 1 : 0;
  let end = cols;
  while (end > 0 && (words[(end - 1) * WORDS]! & CHARACTER) === EMPTY) end--;
  plane.ends[row] = end;
  for (let x = 0; x < end; x++) {
    const character = words[x * WORDS]! & CHARACTER;
    cells[row * cols + x] = character;
    if (character === EMPTY) plane.gaps[row] = 1;
  }
}

/** Has the emulator show what the quick screen shows. @returns lines that have gone above what the emulator keeps */
export function handOver(quick: Quick, terminal: Terminal): number {
  const core = coreOf(terminal);
  const { buffers } = core._bufferService;
  const { normal, alternate } = quick;
  const kept = Math.min(KEPT_ROWS, normal.top);
  const trimmed = normal.base - kept;
  give(normal, buffers.normal, kept, trimmed);
  if (quick.plane === alternate) {
    buffers.activateAltBuffer();
    give(alternate, buffers.alt, 0, 0);
  } else buffers.activateNormalBuffer();
  buffers.alt.savedX = alternate.savedX;
  buffers.alt.savedY = alternate.savedLine;
  buffers.active.x = quick.plane.x;
  buffers.active.y = quick.plane.y;
  if (quick.last >= 0) core._inputHandler._parser.precedingJoinState = quick.last === 0 ? 0 : core.unicodeService.charProperties(quick.last, 0);
  return trimmed;
}

/** @param kept so many lines above its screen, and none else */
function give(plane: Plane, buffer: Buffer, kept: number, trimmed: number): void {
  const blank = buffer.getNullCell();
  const { lines } = buffer;
  if (lines.length > kept + plane.rows) lines.trimStart(lines.length - kept - plane.rows);
  while (lines.length < kept + plane.rows) lines.push(buffer.getBlankLine(blank));
  buffer.ybase = buffer.ydisp = kept;
  for (let n = 0; n < kept + plane.rows; n++) giveLine(plane, plane.top - kept + n, lines.get(n)!, blank);
  buffer.savedX = plane.savedX;
  buffer.savedY = plane.savedLine - trimmed;
  buffer.scrollTop = plane.scrollTop;
  buffer.scrollBottom = plane.scrollBottom;
}

function giveLine(plane: Plane, row: number, line: Line, blank: Attributes): void {
  const { cols, cells } = plane;
  line.fill(blank);
  line.isWrapped = plane.wrapped[row] === 1;
  for (let x = 0; x < plane.ends[row]!; x++) {
    const character = cells[row * cols + x]!;
    if (character !== EMPTY) line.setCellFromCodepoint(x, character, 1, blank);
  }
}
