/** How large things are: the stage, a window that is fitted to it, a pane, and the terminal inside a pane. */
import * as layouts from '../layout.ts';
import type { Size, State, Window } from './model.ts';
import { allWindows } from './query.ts';

/** The terminal inside a pane: its rectangle less two columns of padding on each side and the title row. */
const paddingCols = 4;
const titleRows = 1;

/** Size of a pane's rectangle now: the stage where it is shown alone, else its place in the layout. */
export function paneSize(window: Window, id: number, stage: Size): Size {
  if (shownAlone(window) && window.active === id) return stage;
  const { cols, rows } = layouts.rectangleOf(window.layout, id);
  return { cols, rows };
}

/** True while the active pane covers the stage. */
export function shownAlone(window: Window): boolean {
  return window.zoomed || !window.fits;
}

/** Columns and rows of text inside a rectangle: never less than 1. */
function terminalSize(size: Size): Size {
  return { cols: Math.max(1, size.cols - paddingCols), rows: Math.max(1, size.rows - titleRows) };
}

/** Terminal sizes of all panes, by pane id. */
export function terminalSizes(state: State): Map<number, Size> {
  const sizes = new Map<number, Size>();
  for (const window of allWindows(state)) {
    for (const pane of window.panes) sizes.set(pane.id, terminalSize(paneSize(window, pane.id, state.client.stage)));
  }
  return sizes;
}

/** A window with a layout that was made on purpose: what a resized stage is fitted from. */
export function withLayout(window: Window, layout: layouts.Layout): Window {
  return { ...window, layout, reference: layout };
}

/** Fits a window to the stage; `deliberate` is a layout of the stage's size that becomes the reference. */
export function refit(window: Window, stage: Size, deliberate: layouts.Layout | undefined): Window {
  if (deliberate) return withLayout(window, deliberate);
  const fitted = layouts.resizeStage(window.reference, stage.cols, stage.rows);
  return fitted.ok ? { ...window, layout: fitted.value, fits: true } : { ...window, fits: false };
}
