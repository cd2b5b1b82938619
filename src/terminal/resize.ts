/**
 * An emulator that becomes narrower wraps its lines anew, and xterm.js 6.0.0 loses the newest ones where the lines grow beyond the scrollback in
 * the middle of a line that began above it (one that is longer than the scrollback: a base64 dump, a JSON log). So it is given room for
 * all of them first, and the oldest go when that is taken back, as they should.
 */
import type { Terminal } from '@xterm/headless';

/** What is used of an emulator, in a page (`@xterm/xterm`) or without one. */
type Emulator = Pick<Terminal, 'buffer' | 'cols' | 'resize'> & { readonly options: { scrollback?: number } };

/** @throws what the emulator throws over lines that it cannot reflow. */
export function resizeTerminal(terminal: Emulator, cols: number, rows: number): void {
  const { options } = terminal;
  const { scrollback } = options;
  const { length } = terminal.buffer.normal;
  // With characters of two cells a row of an odd width holds one cell less.
  const most = length * Math.ceil(terminal.cols / Math.max(1, cols - 1));
  if (scrollback === undefined || cols >= terminal.cols || most <= scrollback) return terminal.resize(cols, rows);
  options.scrollback = most;
  try {
    terminal.resize(cols, rows);
  } finally {
    options.scrollback = scrollback;
  }
}
