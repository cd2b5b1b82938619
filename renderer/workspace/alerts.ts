/** Tells the core of bells and output in windows that nobody looks at: it marks them, and keeps that over a lock. */
import type { AlertKind } from '../../src/types/workspace-view.ts';
import * as model from './model.ts';

/** What was told and stands in no view yet, by window: a bell that rings all the time is told once. */
const told = new Set<string>();

/** A pane's program rang the bell, or printed. */
export function alert(pane: number, what: AlertKind, tell: () => void): void {
  if (!model.options.value[what === 'bell' ? 'monitor-bell' : 'monitor-activity']) return;
  const { windows = [], elsewhere = [] } = model.view.value ?? {};
  const window = [...windows, ...elsewhere].find((candidate) => candidate.panes.some((other) => other.pane === pane));
  if (!window || window.active || window.alerts?.includes(what) || told.has(`${window.id} ${what}`)) return;
  told.add(`${window.id} ${what}`);
  tell();
}

/** A view came: what stands in it was taken, and the rest can be told again. */
export function viewed(): void {
  told.clear();
}
