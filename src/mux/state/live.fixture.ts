/** States of tests, as they are once shells run. */
import type { State } from './model.ts';

/** The same with a program in every pane. */
export const allLive = (state: State): State => ({
  ...state,
  server: {
    ...state.server,
    sessions: state.server.sessions.map((session) => ({
      ...session,
      windows: session.windows.map((window) => ({ ...window, panes: window.panes.map((pane) => ({ ...pane, state: 'live' as const })) })),
    })),
  },
});
