/**
 * What the emulator itself may send to a shell. A program can ask the terminal questions whose answers echo text of the
 * program's choice into the shell's input, so the emulator's own answers are replaced: device attributes (DA), device
 * status and cursor position (DSR, CPR) are answered here in fixed form; every other question gets no answer. After
 * this, everything that leaves the emulator was caused by a person's key, mouse or focus.
 */
import type { Terminal } from '@xterm/xterm';

/** VT100 with advanced video, and "not a particular product": what xterm.js answers too. */
const primaryAttributes = '\x1b[?1;2c';
const secondaryAttributes = '\x1b[>0;276;0c';

/** Installs the handlers. `reply` sends an answer to the shell, or drops it while the recording is played back. */
export function restrictReplies(terminal: Terminal, reply: (text: string) => void): void {
  const { parser } = terminal;
  const silent = (): boolean => true;
  const first = (params: (number | number[])[]): number => (typeof params[0] === 'number' ? params[0] : 0);
  const position = (): string => `${terminal.buffer.active.cursorY + 1};${terminal.buffer.active.cursorX + 1}`;
  const answer = (text: string | undefined): boolean => {
    if (text) reply(text);
    return true;
  };
  parser.registerCsiHandler({ final: 'c' }, (params) => answer(first(params) === 0 ? primaryAttributes : undefined));
  parser.registerCsiHandler({ prefix: '>', final: 'c' }, (params) => answer(first(params) === 0 ? secondaryAttributes : undefined));
  parser.registerCsiHandler({ prefix: '=', final: 'c' }, silent);
  parser.registerCsiHandler({ final: 'n' }, (params) => answer({ 5: '\x1b[0n', 6: `\x1b[${position()}R` }[first(params)]));
  parser.registerCsiHandler({ prefix: '?', final: 'n' }, (params) => answer(first(params) === 6 ? `\x1b[?${position()}R` : undefined));
  // DECRQM, XTVERSION, DECREQTPARM, window reports; DECRQSS and XTGETTCAP.
  parser.registerCsiHandler({ intermediates: '$', final: 'p' }, silent);
  parser.registerCsiHandler({ prefix: '?', intermediates: '$', final: 'p' }, silent);
  parser.registerCsiHandler({ prefix: '>', final: 'q' }, silent);
  parser.registerCsiHandler({ final: 'x' }, silent);
  parser.registerCsiHandler({ final: 't' }, silent);
  parser.registerDcsHandler({ intermediates: '$', final: 'q' }, silent);
  parser.registerDcsHandler({ intermediates: '+', final: 'q' }, silent);
  // Colours: questions are a reply channel, and setting them would undo the contrast that the palette guarantees.
  for (const code of [4, 5, 10, 11, 12, 13, 14, 17, 19, 104, 110, 111, 112]) parser.registerOscHandler(code, silent);
  // The clipboard belongs to the person.
  parser.registerOscHandler(52, silent);
}
