/** How many lines above the screen each pane keeps: what history-limit says, and less with many panes. */
import type { Terminal } from '@xterm/xterm';
import { scrollbackLines } from '../../src/bridge/frames.ts';

/** Lines of all panes together, about 100 MB. */
const SCROLLBACK_BUDGET = 60_000;
/** Lines that a pane keeps however many there are. */
const LEAST_SCROLLBACK = 1_000;

const terminals = new Set<Terminal>();
let historyLimit = scrollbackLines;

/** Option history-limit: what a pane keeps at most. */
export function limitHistory(lines: number): void {
  historyLimit = lines;
  share();
}

/** A pane has come. */
export function joinScrollback(terminal: Terminal): void {
  terminals.add(terminal);
  share();
}

/** A pane has gone: there is more for the others. */
export function leaveScrollback(terminal: Terminal): void {
  terminals.delete(terminal);
  share();
}

function share(): void {
  const scrollback = Math.min(historyLimit, Math.max(LEAST_SCROLLBACK, Math.floor(SCROLLBACK_BUDGET / Math.max(1, terminals.size))));
  for (const { options } of terminals) if (options.scrollback !== scrollback) options.scrollback = scrollback;
}
