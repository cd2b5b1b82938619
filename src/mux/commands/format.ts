/** tmux's formats about sessions, windows and panes, for messages, prompts and lists. What has no value here stands for nothing, as in tmux. */
import { layoutString } from '../layout-strings.ts';
import { edgesOf, panesOf, rectangleOf } from '../layout.ts';
import { type Pane, type Session, type State, type Window } from '../state/model.ts';
import { markedPane, ownerOf, sessionOf } from '../state/query.ts';
import { paneSize, shownAlone } from '../state/sizes.ts';
import { expand, isTrue, type Lookup, Steps } from '../syntax/format.ts';
import type { PaneTarget } from './targets.ts';

/** What a format is about. Without a window it is the one in front, without a pane the active one, as in tmux. */
export interface FormatPlace {
  readonly session: Session;
  readonly window?: Window;
  readonly pane?: Pane;
}

type Values = Readonly<Record<string, string | number | boolean | undefined>>;

function ofSession({ id, name, class: of, windows }: Session, { client }: State): Values {
  return { session_id: `$${id}`, session_name: name, session_class: of, session_windows: windows.length, session_attached: id === client.session };
}

function ofWindow(window: Window, session: Session, state: State): Values {
  const { id, index, name, alerts = [], layout, panes } = window;
  const [active, last] = [session.active === id, session.history[0] === id];
  const [bell, activity] = [alerts.includes('bell'), alerts.includes('activity')];
  const marked = markedPane(state)?.window.id === id;
  const raw = [activity && '#', bell && '!', active && '*', last && '-', marked && 'M', window.zoomed && 'Z'].filter(Boolean).join('');
  return {
    window_id: `@${id}`,
    window_index: index,
    window_name: name,
    window_active: active,
    window_last_flag: last,
    window_bell_flag: bell,
    window_activity_flag: activity,
    window_marked_flag: marked,
    window_zoomed_flag: window.zoomed,
    window_flags: raw.replaceAll('#', '##'),
    window_raw_flags: raw,
    window_panes: panes.length,
    window_width: layout.root.cols,
    window_height: layout.root.rows,
    window_layout: layoutString(layout),
  };
}

function ofPane(pane: Pane, window: Window, state: State): Values {
  const { stage, options } = state.client;
  const covers = shownAlone(window) && window.active === pane.id;
  const { x, y } = covers ? { x: 0, y: 0 } : rectangleOf(window.layout, pane.id);
  const { cols, rows } = paneSize(window, pane.id, stage);
  const edges = edgesOf({ x, y, cols, rows }, stage);
  return {
    pane_id: `%${pane.id}`,
    pane_index: panesOf(window.layout).indexOf(pane.id) + options.window['pane-base-index'],
    pane_active: window.active === pane.id,
    pane_last: window.last === pane.id,
    pane_dead: pane.state === 'exited' || pane.state === 'failed',
    pane_marked: markedPane(state)?.pane === pane,
    pane_marked_set: markedPane(state) !== undefined,
    pane_current_command: pane.program,
    pane_current_path: pane.folder,
    pane_width: cols,
    pane_height: rows,
    pane_left: x,
    pane_top: y,
    pane_right: x + cols - 1,
    pane_bottom: y + rows - 1,
    pane_at_left: edges.includes('l'),
    pane_at_right: edges.includes('r'),
    pane_at_top: edges.includes('t'),
    pane_at_bottom: edges.includes('b'),
  };
}

/** The variables of tmux that have a value here: what is known of windows without their text. */
function lookupOf(state: State, { session, ...place }: FormatPlace): Lookup {
  const { client } = state;
  const window = place.window ?? session.windows.find(({ id }) => id === session.active);
  const pane = place.pane ?? window?.panes.find(({ id }) => id === window.active);
  const values: Values = {
    client_name: 'window',
    client_session: sessionOf(state).name,
    client_width: client.stage.cols,
    client_height: client.stage.rows,
    ...ofSession(session, state),
    ...(window ? ofWindow(window, session, state) : {}),
    ...(window && pane ? ofPane(pane, window, state) : {}),
  };
  return (name) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    // A folder's name may hold whatever a program has put into it.
    return typeof value === 'boolean' ? (value ? '1' : '0') : value === undefined ? undefined : String(value).replace(/\p{Cc}/gu, '?');
  };
}

/** A format's text. Empty where it takes too many steps. */
export const expandOver = (text: string, lookup: Lookup, steps = new Steps()): string => expand(text, lookup, steps) ?? '';

/** A format about the place where a command was given. */
export function expandFormat(text: string, state: State, { window, pane }: PaneTarget): string {
  return expandOver(text, lookupOf(state, { session: ownerOf(state, window.id) ?? sessionOf(state), window, pane }));
}

/** Lines of a list: one a place, those alone for which `filter` is true. */
export function listed(state: State, places: readonly FormatPlace[], format: string, filter: string | undefined): string[] {
  const steps = new Steps();
  return places
    .map((place) => lookupOf(state, place))
    .filter((lookup) => filter === undefined || isTrue(expandOver(filter, lookup, steps)))
    .map((lookup) => expandOver(format, lookup, steps));
}
