/** Finding things in a state. */
import type { Pane, Session, State, Window } from './model.ts';

/** Every window of every session. */
export function allWindows(state: State): readonly Window[] {
  return state.server.sessions.flatMap((session) => session.windows);
}

/** The session that the client is attached to. */
export function sessionOf(state: State): Session {
  const session = state.server.sessions.find((candidate) => candidate.id === state.client.session);
  if (!session) throw new RangeError('no session is attached');
  return session;
}

/** The session that has a window. */
export function ownerOf(state: State, window: number): Session | undefined {
  return state.server.sessions.find((session) => session.windows.some(({ id }) => id === window));
}

/** The class of the session that has a pane; undefined for a pane that is gone. */
export function classOfPane(state: State, pane: number): string | undefined {
  return state.server.sessions.find((session) => session.windows.some(({ panes }) => panes.some(({ id }) => id === pane)))?.class;
}

export function activeWindow(state: State): Window | undefined {
  const session = sessionOf(state);
  return session.windows.find((window) => window.id === session.active);
}

export function findWindow(state: State, id: number): Window | undefined {
  return allWindows(state).find((window) => window.id === id);
}

/** The window that holds a pane, and the pane. */
export function findPane(state: State, id: number): { readonly window: Window; readonly pane: Pane } | undefined {
  for (const window of allWindows(state)) {
    const pane = window.panes.find((candidate) => candidate.id === id);
    if (pane) return { window, pane };
  }
  return undefined;
}

/** The marked pane, while it is there. */
export function markedPane(state: State): ReturnType<typeof findPane> {
  const { marked } = state.server;
  return marked === undefined ? undefined : findPane(state, marked);
}

/** The pane that has the keyboard. */
export function activePane(state: State): number | undefined {
  return activeWindow(state)?.active;
}

/** The lowest index from `base` on that no window of the session has. */
export function freeIndex(session: Session, base: number): number {
  let index = base;
  while (session.windows.some((window) => window.index === index)) index += 1;
  return index;
}
