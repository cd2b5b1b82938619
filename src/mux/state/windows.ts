/** Windows of the attached session: opened, gone to, fitted to the stage, closed. */
import * as layouts from '../layout.ts';
import { type Change, type Effect, finish, spawnEffect } from './effects.ts';
import type { Pane, Server, Session, Size, Start, State, Window } from './model.ts';
import { findWindow, freeIndex, ownerOf, sessionOf } from './query.ts';
import { refit } from './sizes.ts';

interface NewWindow {
  readonly name?: string;
  readonly detached?: boolean;
  readonly index?: number;
}

/** A new window with one pane, active unless `detached`. Its index is the lowest free one from base-index. */
export function newWindow(state: State, start: Start, how: NewWindow = {}): Change {
  const { pane: id, use } = state.server.next;
  const counted = count(state, { pane: id + 1, use: use + 1 });
  const next = openWindow(counted, freshPane(id, start, use), how);
  return { state: next, effects: [spawnEffect(next, id, start)] };
}

/** Puts a pane that is in no window into a new one of a session: the attached one unless given. */
export function openWindow(state: State, pane: Pane, how: NewWindow, into: Session = sessionOf(state)): State {
  const { stage, geometry, options } = state.client;
  const id = state.server.next.window;
  const layout = layouts.createLayout(pane.id, stage.cols, stage.rows, geometry);
  const window: Window = {
    id,
    index: how.index ?? freeIndex(into, options.session['base-index']),
    name: how.name ?? pane.program,
    automaticName: how.name === undefined,
    reference: layout,
    layout,
    fits: true,
    panes: [pane],
    active: pane.id,
    last: undefined,
    zoomed: false,
    preset: undefined,
  };
  const next = placed(count(state, { window: id + 1 }), into, window);
  return how.detached && into.active !== undefined ? next : selectWindow(next, id);
}

/** Closes a window with all its panes. */
export function closeWindow(state: State, id: number): Change {
  const window = findWindow(state, id);
  if (!window) return { state, effects: [] };
  return dropWindow(
    state,
    window,
    window.panes.map((pane) => ({ kind: 'kill', pane: pane.id })),
  );
}

/** Makes a window the active one of its session, at its own pane. */
export function selectWindow(state: State, id: number): State {
  const session = ownerOf(state, id);
  if (!session || session.active === id) return state;
  const history = session.active === undefined ? session.history : [session.active, ...session.history];
  return putSession(state, { ...session, active: id, history: history.filter((other, index) => other !== id && history.indexOf(other) === index) });
}

/** The stage has a new size, in cells: every window is fitted to it. */
export function setStage(state: State, stage: Size): Change {
  const { client, server } = state;
  if (stage.cols === client.stage.cols && stage.rows === client.stage.rows) return { state, effects: [] };
  const sessions = server.sessions.map((session) => ({ ...session, windows: session.windows.map((window) => refit(window, stage, undefined)) }));
  return finish(state, { state: { server: { ...server, sessions }, client: { ...client, stage } }, effects: [] });
}

export function freshPane(id: number, start: Start, used: number): Pane {
  return { id, program: start.program, used, recording: null, state: 'starting' };
}

/** A name that nobody gave follows the active pane's program. */
export function renamed(window: Window): Window {
  const program = window.panes.find((pane) => pane.id === window.active)?.program;
  return window.automaticName && program !== undefined ? { ...window, name: program } : window;
}

/** Takes a window out, and says `empty` with the last one. */
export function dropWindow(state: State, window: Window, effects: readonly Effect[]): Change {
  const session = ownerOf(state, window.id);
  if (!session) return { state, effects: [] };
  const windows = session.windows.filter((other) => other !== window);
  const history = session.history.filter((id) => id !== window.id);
  let active = session.active;
  if (active === window.id) {
    // As tmux: the last window, else the previous by index, else the next.
    active = history[0] ?? windows.findLast((other) => other.index < window.index)?.id ?? windows[0]?.id;
  }
  const left: Session = { ...session, windows, active, history: history.filter((id) => id !== active) };
  const { 'renumber-windows': renumber, 'base-index': base } = state.client.options.session;
  const next = putSession(state, renumber ? withoutHoles(left, base) : left);
  const empty: Effect[] = next.server.sessions.every((other) => other.windows.length === 0) ? [{ kind: 'empty' }] : [];
  return { state: withoutEmpty(next), effects: [...effects, ...empty] };
}

/** A session whose windows are numbered from `base` on, in their order. */
export function withoutHoles(session: Session, base: number): Session {
  return { ...session, windows: session.windows.map((window, at) => ({ ...window, index: base + at })) };
}

/** Replaces the session that has the same id. What is in front is seen. */
export function putSession(state: State, session: Session): State {
  const attached = session.id === state.client.session;
  const windows = session.windows.map((window) => (attached && window.id === session.active ? seen(window) : window));
  const sessions = state.server.sessions.map((other) => (other.id === session.id ? { ...session, windows } : other));
  return { ...state, server: { ...state.server, sessions } };
}

function seen({ alerts: _, ...window }: Window): Window {
  return window;
}

/** Ids that were given out. */
export function count(state: State, used: Partial<Server['next']>): State {
  return { ...state, server: { ...state.server, next: { ...state.server.next, ...used } } };
}

/** Puts a window in its place by index: in the session that has it, else in the attached one. */
export function putWindow(state: State, window: Window): State {
  return placed(state, ownerOf(state, window.id) ?? sessionOf(state), window);
}

function placed(state: State, owner: Session, window: Window): State {
  const windows = [...owner.windows.filter((other) => other.id !== window.id), window].sort((a, b) => a.index - b.index);
  return putSession(state, { ...owner, windows });
}

/** Changes one window by a function; an unknown id changes nothing. */
export function changeWindow(state: State, id: number, change: (window: Window) => Window): State {
  const window = findWindow(state, id);
  return window ? putWindow(state, change(window)) : state;
}

/**
 * Takes out sessions without windows. Out of one that has lost its last window the client goes to another one of its class, or stays: whoever
 * types on must not type into another class.
 */
export function withoutEmpty(state: State): State {
  const attached = sessionOf(state);
  const full = state.server.sessions.filter(({ windows }) => windows.length > 0);
  const ofClass = full.filter((session) => session.class === attached.class);
  const before = state.client.history.flatMap((id) => ofClass.find((session) => session.id === id) ?? []);
  const next = attached.windows.length > 0 ? attached : (before[0] ?? ofClass[0] ?? attached);
  const sessions = full.includes(next) ? full : state.server.sessions.filter((session) => session === next || full.includes(session));
  const history = state.client.history.filter((id) => id !== next.id && sessions.some((session) => session.id === id));
  return putSession({ server: { ...state.server, sessions }, client: { ...state.client, session: next.id, history } }, next);
}
