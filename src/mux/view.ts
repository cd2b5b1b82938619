/** What the workspace draws, from the state: rectangles in cells, names and flags. No pane text. */
import type { PaneView, SessionView, WindowView, WorkspaceView } from '../types/workspace-view.ts';
import { edgesOf, rectangles } from './layout.ts';
import { flatOptions } from './options.ts';
import type { Session, State, Window } from './state/model.ts';
import { markedPane, sessionOf } from './state/query.ts';
import { shownAlone } from './state/sizes.ts';

/** The attached session as the page gets it. Panes that a zoom hides keep their place, with `visible` false. */
export function toView(state: State): WorkspaceView {
  const session = sessionOf(state);
  return {
    options: flatOptions(state.client.options),
    ...(state.client.keys.length > 0 ? { keys: state.client.keys.map(({ from: _, ...key }) => key) } : {}),
    session: session.name,
    class: session.class,
    sessions: state.server.sessions.map((each) => sessionView(each, state)),
    stage: state.client.stage,
    windows: windowViews(session, state),
    elsewhere: state.server.sessions.filter((other) => other !== session).flatMap((other) => windowViews(other, state)),
  };
}

function sessionView({ id, name, class: of, windows }: Session, state: State): SessionView {
  const alerts = [...new Set(windows.flatMap((window) => window.alerts ?? []))];
  return { id, name, class: of, windows: windows.length, attached: id === state.client.session, ...(alerts.length > 0 ? { alerts } : {}) };
}

/** Of the windows of a session that is not attached none is in front. */
function windowViews(session: Session, state: State): WindowView[] {
  const attached = session.id === state.client.session;
  return session.windows.map((window) => ({
    id: window.id,
    index: window.index,
    name: window.name,
    active: attached && window.id === session.active,
    last: window.id === session.history[0],
    zoomed: shownAlone(window) && window.panes.length > 1,
    activePane: window.active,
    ...(window.alerts ? { alerts: window.alerts } : {}),
    panes: paneViews(window, state),
  }));
}

function paneViews(window: Window, state: State): PaneView[] {
  const alone = shownAlone(window);
  return rectangles(window.layout).flatMap((rectangle, order): PaneView[] => {
    const pane = window.panes.find((candidate) => candidate.id === rectangle.pane);
    if (!pane) return [];
    const covers = alone && pane.id === window.active;
    const place = covers ? { x: 0, y: 0, ...state.client.stage } : { x: rectangle.x, y: rectangle.y, cols: rectangle.cols, rows: rectangle.rows };
    return [
      {
        pane: pane.id,
        ...place,
        edges: edgesOf(place, state.client.stage),
        visible: !alone || covers,
        number: order + state.client.options.window['pane-base-index'],
        program: pane.program,
        ...(pane.folder === undefined ? {} : { folder: pane.folder }),
        ...(pane.host === undefined ? {} : { host: pane.host }),
        recording: pane.recording,
        state: pane.state,
        ...(pane.sentence === undefined ? {} : { sentence: pane.sentence }),
        ...(markedPane(state)?.pane === pane ? { marked: true as const } : {}),
        ...(pane.held && pane.state === 'live' ? { held: pane.held } : {}),
      },
    ];
  });
}
