/**
 * Output of a program must not be able to stop whoever draws it: the page, in which all panes live, or a process that reads recordings. What stopped it once
 * would stop it again after every unlock, for it is recorded and played back. xterm.js 6.0.0 repeats some functions as often as they ask for
 * (`CSI 2147483647 S` for minutes, with every pane), throws at `CSI 1 J` in the last cell of a screen that has not scrolled yet (and takes another row's wrap
 * away on one that has), and after anything that is thrown it never parses again. This takes hold of its inner parts, as quiet-view.ts does; where a part is
 * missing, the functions in question do nothing.
 */
import type { Terminal } from '@xterm/headless';

interface Params {
  /** The numbers; 0 where one is left out. */
  readonly params: Int32Array;
}

type ControlFunction = (params: Params, respectProtect?: boolean) => boolean;

/** A row of the buffer; all rows have one prototype. */
interface Line {
  getString?: (column: number) => string;
  isWrapped?: boolean;
  /** Puts another code point on the character of a cell. */
  addCodepointToCell?: (this: Line, column: number, codePoint: number, width: number) => void;
}

interface Inner {
  readonly _core?: {
    readonly _inputHandler?: {
      parse?: (data: string | Uint8Array, promiseResult?: boolean) => void | Promise<boolean>;
      readonly _parser?: { reset?: () => void; readonly currentState?: number };
      readonly cursorForwardTab?: ControlFunction;
      readonly cursorBackwardTab?: ControlFunction;
      readonly insertLines?: ControlFunction;
      readonly deleteLines?: ControlFunction;
      readonly scrollUp?: ControlFunction;
      readonly scrollDown?: ControlFunction;
      readonly repeatPrecedingCharacter?: ControlFunction;
      readonly eraseInDisplay?: ControlFunction;
    };
    readonly _bufferService?: { readonly buffer?: { readonly lines?: { get?: (index: number) => Line | undefined } } };
    /** Keeps a marker for each line of each hyperlink (OSC 8). */
    readonly _oscLinkService?: {
      /** Gives the link's number; 0 is no link. */
      registerLink?: (link: unknown) => number;
      addLineToLink?: (link: number, line: number) => void;
    };
  };
}

/** Each marker is looked at when a line is scrolled: with 20,000 of them one line feed takes 0.25 ms. */
const MAX_MARKERS = 500;

/** What the guard needs of an emulator, in a page or without one. */
type Emulator = Pick<Terminal, 'rows' | 'cols' | 'buffer' | 'markers' | 'reset'> & { readonly parser: Pick<Terminal['parser'], 'registerCsiHandler'> };

/** The functions (CSI and this final byte) that are repeated, and from how often on once more changes nothing that a screen shows. */
const repeated = [
  ['I', 'cursorForwardTab', ({ cols }: Emulator) => cols],
  ['Z', 'cursorBackwardTab', ({ cols }: Emulator) => cols],
  ['L', 'insertLines', ({ rows }: Emulator) => rows],
  ['M', 'deleteLines', ({ rows }: Emulator) => rows],
  ['S', 'scrollUp', ({ rows }: Emulator) => rows],
  ['T', 'scrollDown', ({ rows }: Emulator) => rows],
  ['b', 'repeatPrecedingCharacter', ({ cols, rows, buffer }: Emulator) => Math.ceil((cols * rows) / lengthBefore(buffer.active))],
] as const;

/** Whether the emulator has parsed a part of a control sequence: what is written down of its screen then lacks it. */
export function isInSequence(terminal: unknown): boolean {
  return ((terminal as Inner)._core?._inputHandler?._parser?.currentState ?? 0) !== 0;
}

/** UTF-16 units of one character on the screen. The longest family of emoji has 25; a browser draws hundreds of thousands for minutes. */
const MAX_CHARACTER = 64;
const bounded = new WeakSet<Line>();

/** Leaves out what is put on a character beyond that, in all rows. */
function boundCharacters(line: Line | undefined): void {
  const rows = line && (Object.getPrototypeOf(line) as Line);
  const add = rows?.addCodepointToCell;
  if (!rows || !add || !rows.getString || bounded.has(rows)) return;
  bounded.add(rows);
  rows.addCodepointToCell = function (column, codePoint, width) {
    if ((this.getString?.(column) ?? '').length < MAX_CHARACTER) add.call(this, column, codePoint, width);
  };
}

/** UTF-16 units of the character before the cursor: marks can be put on it without end, and are repeated with it. */
function lengthBefore(buffer: Terminal['buffer']['active']): number {
  const cell = buffer.getLine(buffer.baseY + buffer.cursorY)?.getCell(Math.max(0, buffer.cursorX - 1));
  return Math.max(1, cell?.getChars().length ?? 1);
}

/**
 * Installs the guard. Call it before any other handler is registered.
 * @param lost is told when a piece of output could not be shown; where it throws, so does what wrote that piece.
 */
export function guardEmulator(terminal: Emulator, lost: () => void): void {
  const core = (terminal as unknown as Inner)._core;
  const handler = core?._inputHandler;
  for (const [final, name, most] of repeated) {
    terminal.parser.registerCsiHandler({ final }, ([count]) => {
      if (typeof count !== 'number' || count <= most(terminal)) return false;
      handler?.[name]?.({ params: Int32Array.of(most(terminal)) });
      return true;
    });
  }
  for (const prefix of ['', '?']) {
    terminal.parser.registerCsiHandler({ prefix, final: 'J' }, ([part]) => {
      const { active } = terminal.buffer;
      if (part !== 1 || active.cursorX < terminal.cols - 1) return false;
      const protects = prefix === '?';
      // Up to the last cell is the whole screen.
      if (active.cursorY >= terminal.rows - 1) handler?.eraseInDisplay?.({ params: Int32Array.of(2) }, protects);
      else {
        const lines = core?._bufferService?.buffer?.lines;
        // It takes the row for the one below that would be it if nothing had scrolled.
        const other = lines?.get?.(active.cursorY + 1);
        const wrapped = other?.isWrapped;
        handler?.eraseInDisplay?.({ params: Int32Array.of(1) }, protects);
        if (other && wrapped !== undefined) other.isWrapped = wrapped;
        const below = lines?.get?.(active.baseY + active.cursorY + 1);
        if (below) below.isWrapped = false;
      }
      return true;
    });
  }
  boundCharacters(core?._bufferService?.buffer?.lines?.get?.(0));
  const links = core?._oscLinkService;
  const register = links?.registerLink?.bind(links);
  const addLine = links?.addLineToLink?.bind(links);
  if (links && register && addLine) {
    // Text of a link too many is shown without it.
    links.registerLink = (link) => (terminal.markers.length < MAX_MARKERS ? register(link) : 0);
    links.addLineToLink = (link, line) => {
      if (terminal.markers.length < MAX_MARKERS) addLine(link, line);
    };
  }
  const parse = handler?.parse?.bind(handler);
  if (!handler || !parse) return;
  handler.parse = (data, promiseResult) => {
    try {
      return parse(data, promiseResult);
    } catch {
      handler._parser?.reset?.();
      const { active } = terminal.buffer;
      const whole = Array.from({ length: terminal.rows }, (_, row) => active.getLine(active.baseY + row)).every((line) => line !== undefined);
      // A screen with missing rows would throw for ever.
      if (!whole) terminal.reset();
      lost();
    }
  };
}
