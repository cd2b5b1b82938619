/** Going to another window relative to the active one: tmux's next-window, previous-window and last-window. */
import type { State } from '../state/model.ts';
import { activeWindow, sessionOf } from '../state/query.ts';
import { selectWindow } from '../state/windows.ts';
import { type CommandOutcome, done, refuse } from './command.ts';

/** @param alerted only windows that the line marks count */
export function step(state: State, by: 1 | -1, alerted = false): CommandOutcome {
  const { windows } = sessionOf(state);
  const active = activeWindow(state);
  if (!active) return refuse(state, 'There is no window.');
  const places = windows.map((_, away) => windows[(windows.indexOf(active) + by * (away + 1) + windows.length * 2) % windows.length]!);
  const next = alerted ? places.find(({ alerts = [] }) => alerts.length > 0) : places[0];
  if (!next || next === active) return refuse(state, alerted ? 'No window is marked with a bell or with output.' : 'There is only one window.');
  return done(selectWindow(state, next.id));
}

export function last(state: State): CommandOutcome {
  const [id] = sessionOf(state).history;
  return id === undefined ? refuse(state, 'There is no last window.') : done(selectWindow(state, id));
}
