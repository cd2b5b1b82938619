/** What happens in windows that nobody looks at: bells, and output where monitor-activity asks for it. Seen is forgotten. */
import type { WorkspaceView } from '../../src/bridge/schema.ts';
import * as model from './model.ts';

/** A pane's program rang the bell, or printed. */
export function alert(pane: number, what: keyof model.Alert): void {
  if (!model.options.value[what === 'bell' ? 'monitor-bell' : 'monitor-activity']) return;
  const window = model.view.value?.windows.find((candidate) => candidate.panes.some((other) => other.pane === pane));
  if (!window || window.active) return;
  const before = model.alerts.value.get(window.id);
  if (before?.[what]) return;
  model.alerts.value = new Map(model.alerts.value).set(window.id, { bell: false, activity: false, ...before, [what]: true });
}

/** Forgets what is in front now, and windows that are gone. */
export function seen(view: WorkspaceView): void {
  const kept = [...model.alerts.value].filter(([id]) => view.windows.some((window) => window.id === id && !window.active));
  if (kept.length !== model.alerts.value.size) model.alerts.value = new Map(kept);
}
