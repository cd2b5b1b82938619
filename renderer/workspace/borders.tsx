/** Dragging a border. The left border of a pane, and its rule, move what they separate; the core decides what is possible. */
import type { JSX } from 'preact';
import type { PaneView } from '../../src/types/workspace-view.ts';
import { cellSize } from '../shared/cell.ts';
import type { Controller } from './controller.ts';
import * as model from './model.ts';

type Axis = 'x' | 'y';

function startDrag(controller: Controller, pane: PaneView, axis: Axis, event: PointerEvent): void {
  if (event.button !== 0) return;
  event.preventDefault();
  event.stopPropagation();
  const grip = event.currentTarget as HTMLElement;
  grip.setPointerCapture(event.pointerId);
  const { c, r } = cellSize();
  const start = axis === 'x' ? pane.x : pane.y;
  // The cell across the border stays the one that was gripped, so that only this border moves.
  const across = axis === 'x' ? pane.y + 1 : pane.x + 1;
  const origin = axis === 'x' ? event.clientX : event.clientY;
  let at = start;
  let wanted = start;
  let asking = false;
  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    while (at !== wanted) {
      const to = wanted;
      await controller.command(axis === 'x' ? `drag-border ${at} ${across} ${to} ${across}` : `drag-border ${across} ${at} ${across} ${to}`);
      // The border's place comes from the core's layout: what it refuses must not add up.
      const now = model.activeWindow.value?.panes.find((other) => other.pane === pane.pane);
      const reached = now && (axis === 'x' ? now.x : now.y);
      if (reached === undefined || reached !== to) {
        at = reached ?? at;
        break;
      }
      at = reached;
    }
    asking = false;
  };
  const move = (moved: PointerEvent): void => {
    const cells = axis === 'x' ? (moved.clientX - origin) / c : (moved.clientY - origin) / r;
    wanted = start + Math.round(cells);
    void ask();
  };
  grip.addEventListener('pointermove', move);
  grip.addEventListener(
    'lostpointercapture',
    () => {
      grip.removeEventListener('pointermove', move);
      controller.focusTerminal();
    },
    { once: true },
  );
}

export function BorderGrips({ controller, pane }: { readonly controller: Controller; readonly pane: PaneView }): JSX.Element {
  return (
    <>
      {pane.edges.includes('l') ? null : <span class="grip grip--x" aria-hidden="true" onPointerDown={(event) => startDrag(controller, pane, 'x', event)} />}
      {pane.edges.includes('t') ? null : <span class="grip grip--y" aria-hidden="true" onPointerDown={(event) => startDrag(controller, pane, 'y', event)} />}
    </>
  );
}
