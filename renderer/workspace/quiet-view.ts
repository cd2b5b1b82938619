/**
 * The emulator's view does work for every line it scrolls and every switch of its screen: it draws all rows again for a
 * selection that is not there, moves the scrollbar, sets and clears timers, and each of these makes the browser draw a
 * frame. In a flood nobody sees it. This keeps such work back until the next frame that is painted anyway (frame-budget.ts), and
 * while a recording is played back, where each frame is another moment of the past, until that is done.
 * It takes hold of inner parts of @xterm/xterm 6.0.0, as that library's own renderer addons do; where a part is missing,
 * the view goes on as it was.
 */
import type { Terminal } from '@xterm/xterm';

interface Inner {
  readonly _core?: {
    /** Puts the field that takes the keys where the cursor is. */
    _syncTextArea?: () => void;
    readonly _renderService?: {
      /** Runs in the frame. */
      _renderRows?: (start: number, end: number) => void;
      /** Draws every row again. */
      handleSelectionChanged?: (...range: readonly unknown[]) => void;
      readonly _renderer?: { readonly value?: { clear?: () => void } };
    };
    readonly _viewport?: {
      /** Tells the scrollbar how long the text is, and where in it the screen. */
      _sync?: () => void;
      scrollLines?: (lines: number) => void;
      scrollToLine?: (line: number, ...rest: readonly unknown[]) => void;
    };
  };
}

type Work = () => void;

/**
 * Keeps view work of `terminal` back while `flooded()`, and draws nothing while it is `replaying()`. Call it once, after the terminal was opened; and have
 * all rows drawn when the replay has ended.
 */
export function quietView(terminal: Terminal, flooded: () => boolean, replaying: () => boolean): void {
  const core = (terminal as unknown as Inner)._core;
  const service = core?._renderService;
  const renderRows = service?._renderRows;
  if (!core || !service || !renderRows) return;
  /** What waits for the frame: the last call of each kind. */
  const waiting = new Map<string, Work>();
  const wrap = (
    kind: string,
    work: ((...values: readonly unknown[]) => void) | undefined,
    put: (wrapped: (...values: readonly unknown[]) => void) => void,
  ): void => {
    if (!work) return;
    put((...values) => {
      if (!flooded() && !replaying()) {
        waiting.delete(kind);
        work(...values);
        return;
      }
      // A frame must come, or what waits would wait for the next output.
      if (waiting.size === 0) terminal.refresh(0, terminal.rows - 1);
      waiting.set(kind, () => work(...values));
    });
  };
  // The scrollbar's idea of the text bounds every scroll: it must be true before a person's, or one to the bottom ends
  // above it and the view stays behind.
  const settleScroll = (): void => {
    const work = waiting.get('scroll');
    waiting.delete('scroll');
    work?.();
  };
  const renderer = service._renderer?.value;
  const viewport = core._viewport;
  wrap('clear', renderer?.clear?.bind(renderer), (wrapped) => (renderer!.clear = wrapped));
  wrap('selection', service.handleSelectionChanged?.bind(service), (wrapped) => (service.handleSelectionChanged = wrapped));
  const sync = viewport?._sync?.bind(viewport);
  // Without the position of that call: when it is made up for, the present one counts.
  wrap('scroll', sync && (() => sync()), (wrapped) => (viewport!._sync = wrapped));
  for (const name of ['scrollLines', 'scrollToLine'] as const) {
    const scroll = viewport?.[name]?.bind(viewport) as ((...values: readonly unknown[]) => void) | undefined;
    if (!viewport || !scroll) continue;
    viewport[name] = (...values: readonly unknown[]) => {
      settleScroll();
      scroll(...values);
    };
  }
  for (const type of ['wheel', 'pointerdown']) terminal.element?.addEventListener(type, settleScroll, { capture: true, passive: true });
  wrap('cursor', core._syncTextArea?.bind(core), (wrapped) => (core._syncTextArea = wrapped));
  service._renderRows = (start, end) => {
    if (replaying()) return;
    const due = [...waiting.values()];
    waiting.clear();
    for (const work of due) work();
    if (due.length > 0) renderRows.call(service, 0, terminal.rows - 1);
    else renderRows.call(service, start, end);
  };
}
