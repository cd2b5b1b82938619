/** The terminal that `wardmux record` runs in: its size, and raw mode while the command runs. */
import { spawnSync } from 'node:child_process';
import { isatty } from 'node:tty';

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** Without a terminal the command gets the size that VT100 made a habit. */
export const defaultSize: Size = { cols: 80, rows: 24 };
/** Larger than any screen; a pty takes 16 bits. */
const maxCells = 2000;

/** stty(1) on descriptor `fd`; undefined where there is no stty or no terminal. */
function stty(fd: number, args: readonly string[]): string | undefined {
  const result = spawnSync('stty', args, { stdio: [fd, 'pipe', 'ignore'], encoding: 'latin1' });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** The first of stdin, stdout and stderr that is a terminal. */
export function terminalFd(): number | undefined {
  return [0, 1, 2].find((fd) => isatty(fd));
}

/** Size of the terminal in cells. */
export function terminalSize(fd: number | undefined): Size {
  const [rows = 0, cols = 0] = fd === undefined ? [] : (stty(fd, ['size']) ?? '').split(' ').map(Number);
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
  const saved = stty(0, ['-g']);
  if (saved === undefined || !/^[0-9a-f:]+$/i.test(saved)) return undefined;
  if (stty(0, ['raw', '-echo']) === undefined) return undefined;
  return () => void stty(0, [saved]);
}
