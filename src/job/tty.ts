/** The terminal that `wardmux record` runs in: its size, and raw mode while the command runs. */
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { isatty, WriteStream } from 'node:tty';

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** Without a terminal the command gets the size that VT100 made a habit. */
const defaultSize: Size = { cols: 80, rows: 24 };
/** Larger than any screen; a pty takes 16 bits. */
const maxCells = 2000;

/** The first of stdin, stdout and stderr that is a terminal. */
export function terminalFd(): number | undefined {
  return [0, 1, 2].find((fd) => isatty(fd));
}

/** Size of the terminal in cells. */
export function terminalSize(fd: number | undefined): Size {
  if (fd === undefined) return defaultSize;
  let cols = 0;
  let rows = 0;
  try {
    // The descriptor is only asked (TIOCGWINSZ): an own one, so that closing the stream leaves the person's terminal alone.
    const terminal = new WriteStream(openSync(`/dev/fd/${fd}`, 'w'));
    [cols, rows] = terminal.getWindowSize();
    terminal.destroy();
  } catch {
    return defaultSize;
  }
  if (!(rows > 0 && cols > 0)) return defaultSize;
  return { cols: Math.min(cols, maxCells), rows: Math.min(rows, maxCells) };
}

/**
 * Raw mode: every key goes to the command as it is, and its output is not translated a second time (Node's own raw mode
 * leaves output processing on, which doubles carriage returns and costs half of the speed). Returns what ends it; undefined
 * where stdin is no terminal.
 */
export function rawMode(): (() => void) | undefined {
  if (!isatty(0)) return undefined;
  // One process for both: each costs the start of a recording as much as opening its ledger.
  const { status, stdout } = stty('stty -g && stty raw -echo');
  const saved = stdout.trim();
  if (status !== 0 || !/^[0-9a-f:]+$/i.test(saved)) return undefined;
  return () => void stty(`stty ${saved}`);
}

function stty(script: string): { readonly status: number | null; readonly stdout: string } {
  return spawnSync('/bin/sh', ['-c', script], { stdio: [0, 'pipe', 'ignore'], encoding: 'latin1' });
}
