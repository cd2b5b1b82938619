/** Sessions: opened, gone to, closed. A class each, which stays as long as the session. */
import { type Change, finish } from './effects.ts';
import type { Session, Start, State } from './model.ts';
import { sessionOf } from './query.ts';
import { closeWindow, newWindow, putSession, withoutEmpty } from './windows.ts';

interface NewSession {
  readonly class: string;
  /** Left out: the lowest number that no session is called by. */
  readonly name?: string;
  readonly window?: string;
  readonly detached?: boolean;
}

/** A new session with one window, attached unless `detached`. */
export function newSession(state: State, start: Start, how: NewSession): Change {
  const { session: id } = state.server.next;
  const made: Session = { id, name: how.name ?? freeName(state), class: how.class, windows: [], active: undefined, history: [] };
  // The one that was left without a window has nothing to go back to.
  const others = state.server.sessions.filter(({ windows }) => windows.length > 0);
  const server = { ...state.server, sessions: [...others, made], next: { ...state.server.next, session: id + 1 } };
  const { client } = state;
  const history = [client.session, ...client.history].filter((known) => others.some((other) => other.id === known));
  const opened = newWindow({ server, client: { ...client, session: id, history } }, start, how.window === undefined ? {} : { name: how.window });
  const stays = how.detached && others.some((other) => other.id === client.session);
  return stays ? { state: { ...opened.state, client }, effects: opened.effects } : opened;
}

function freeName({ server: { sessions } }: State): string {
  let name = 0;
  while (sessions.some((session) => session.name === String(name))) name += 1;
  return String(name);
}

/** Attaches the client to another session. What is in front there is seen; one that was left without a window is gone. */
export function switchSession(state: State, id: number): Change {
  const { client } = state;
  const there = state.server.sessions.find((session) => session.id === id);
  if (!there || id === client.session) return { state, effects: [] };
  const history = [client.session, ...client.history.filter((other) => other !== id && other !== client.session)];
  const next = { ...state, client: { ...client, session: id, history } };
  return finish(state, { state: withoutEmpty(putSession(next, there)), effects: [] });
}

/** A new window with one pane in a session of a class: the attached one where it is of it, else another one, else a new one. The client goes there. */
export function windowOfClass(state: State, start: Start, { class: wanted, name }: { readonly class: string; readonly name: string }): Change {
  const here = sessionOf(state);
  const there = here.class === wanted ? here : state.server.sessions.find((session) => session.class === wanted);
  if (!there) return newSession(state, start, { class: wanted, window: name });
  const gone = switchSession(state, there.id);
  const opened = newWindow(gone.state, start, { name });
  return { state: opened.state, effects: [...gone.effects, ...opened.effects] };
}

/** Closes a session with all its windows. */
export function closeSession(state: State, id: number): Change {
  const session = state.server.sessions.find((candidate) => candidate.id === id);
  let change: Change = { state, effects: [] };
  for (const window of session?.windows ?? []) {
    const next = closeWindow(change.state, window.id);
    change = { state: next.state, effects: [...change.effects, ...next.effects] };
  }
  return change;
}

/** The session before or after the attached one, in the order in which they were opened. */
export function besideSession(state: State, by: 1 | -1): Session {
  const { sessions } = state.server;
  const at = sessions.indexOf(sessionOf(state));
  return sessions[(at + by + sessions.length) % sessions.length]!;
}
