/**
 * The view of an emulator that was resized while it was hidden keeps the height that it had when it was drawn last, until something
 * is printed: a scroll to the bottom ends above it, and the prompt is out of sight. It takes hold of an inner part of
 * @xterm/xterm 6.0.0; where that is missing, the view goes on as it was.
 */
import type { Terminal } from '@xterm/xterm';

interface Inner {
  /** Tells the scrollbar how high the screen is, how long the text, and where in it the screen. */
  readonly _core?: { readonly _viewport?: { _sync?: () => void } };
}

export function settleView(terminal: Terminal): void {
  (terminal as unknown as Inner)._core?._viewport?._sync?.();
}
