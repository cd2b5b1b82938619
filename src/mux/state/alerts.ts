/** What happened in windows that nobody looks at, as tmux marks them: bells, and output where monitor-activity asks for it. Seen is forgotten. */
import type { AlertKind } from '../../types/workspace-view.ts';
import type { State } from './model.ts';
import { putWindow } from './windows.ts';

const monitors = { bell: 'monitor-bell', activity: 'monitor-activity' } as const;

/** A pane's program rang the bell, or printed. Nothing changes where somebody looks, where nobody asked for it, or where it is marked already. */
export function alerted(state: State, pane: number, what: AlertKind): State {
  if (!state.client.options.window[monitors[what]]) return state;
  const session = state.server.sessions.find(({ windows }) => windows.some(({ panes }) => panes.some(({ id }) => id === pane)));
  const window = session?.windows.find(({ panes }) => panes.some(({ id }) => id === pane));
  const inFront = session?.id === state.client.session && window?.id === session.active;
  if (!window || inFront || window.alerts?.includes(what)) return state;
  return putWindow(state, { ...window, alerts: [...(window.alerts ?? []), what] });
}
