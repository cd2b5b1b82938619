/**
 * Makes a terminal empty and plain, whatever a program has made of it: screen, alternate screen, scrollback, title, modes.
 * Each function is one that a terminal which does not know it ignores. Sources: ECMA-48; xterm's ctlseqs; kitty's keyboard
 * and graphics protocols; console_codes(4).
 */

const csi = (rest: string): string => `\x1b[${rest}`;
const off = (...modes: readonly number[]): string => modes.map((mode) => csi(`?${mode}l`)).join('');

/**
 * Modes in which a terminal sends something by itself, or keys as something else than a plain prompt reads: cursor keys,
 * mouse (9 to 1016), focus, paste, colour and size reports, 8-bit input, backarrow, Win32 input.
 */
const sending = off(1, 9, 66, 67, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1034, 2004, 2026, 2031, 2048, 9001);

/** Cursor keys' kitty stack, modifyOtherKeys, keypad: keys are sent as they were on a VT100. */
const keyboard = csi('<99u') + csi('=0u') + csi('>4m') + '\x1b>';

/** Reverse video, origin, margins left and right, insert, newline mode off; wrap and cursor on; plain attributes, charset, region. */
const plain = off(5, 6, 69) + csi('4l') + csi('20l') + csi('?7h') + csi('?25h') + csi('0m') + '\x1b(B\x1b)B\x0f' + csi('r');

/** The terminal's usual cursor (DECSCUSR 0). In xterm that is a blinking one whatever it was found as, so the full reset comes behind it. */
const cursor = csi('0 q');

/** The screen, then the lines above it. tmux moves a screen that is cleared into its history, so the history goes last. */
const empty = csi('H') + csi('2J') + csi('3J');

/** Ends whatever control function the output was cut in: cancel, then the end of a string. */
const interrupt = '\x18\x1b\\';

/** Colours that a program has set, the hyperlink that is open, the progress mark, kitty's pictures. */
const extras = '\x1b]8;;\x1b\\' + '\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\' + '\x1b]9;4;0\x1b\\' + '\x1b_Ga=d,d=A,q=2\x1b\\';

/** The whole of it. The alternate screen is emptied too: it has a memory of its own in some terminals. */
export const blankSequence =
  interrupt +
  sending +
  keyboard +
  plain +
  cursor +
  extras +
  empty +
  csi('?1049h') +
  keyboard +
  plain +
  empty +
  csi('?1049l') +
  '\x1bc' +
  sending +
  keyboard +
  plain +
  empty;

/** Empties a terminal that is plain already. */
export const clearSequence = csi('0m') + empty;

/** Titles are what a task bar shows: puts the present one aside and shows another. @param title printable ASCII. */
export const coverTitle = (title: string): string => `${csi('22;0t')}\x1b]0;${title}\x1b\\`;
/** The title that was put aside. */
export const uncoverTitle = csi('23;0t');

/** Puts the cursor into a cell (row and column from 1) and asks where it is (DSR 6): the answer says that all before was carried out. */
export const askPosition = ({ row, column }: { readonly row: number; readonly column: number }): string => `${csi(`${row};${column}H`)}${csi('6n')}`;
