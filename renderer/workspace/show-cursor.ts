/**
 * The emulator draws no cursor, not even the outline of a pane without the focus, before it has had the focus once: after an unlock
 * every other pane was without. This takes hold of one inner part of @xterm/xterm 6.0.0; where it is missing, all is as it was.
 */
import type { Terminal } from '@xterm/xterm';

interface Inner {
  readonly _core?: { readonly coreService?: { isCursorInitialized?: boolean } };
}

/** Call it once, when the terminal is opened. */
export function showCursor(terminal: Terminal): void {
  const service = (terminal as unknown as Inner)._core?.coreService;
  if (service?.isCursorInitialized === false) service.isCursorInitialized = true;
}
