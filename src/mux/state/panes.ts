/** Panes of a window: split, gone to, zoomed, moved, closed, and what the pty host reports of them. */
import * as layouts from '../layout.ts';
import { type Change, type Effect, finish, spawnEffect } from './effects.ts';
import type { Pane, Start, State, Window } from './model.ts';
import { findPane, ownerOf } from './query.ts';
import { refit, withLayout } from './sizes.ts';
import { changeWindow, count, dropWindow, freshPane, openWindow, putWindow, renamed, selectWindow } from './windows.ts';

/** Splits `target`. The new pane becomes the active one unless `detached`. Ends a zoom. */
export function splitPane(
  state: State,
  target: number,
  direction: layouts.Direction,
  start: Start,
  how: layouts.SplitOptions & { readonly detached?: boolean } = {},
): layouts.Result<Change> {
  const found = findPane(state, target);
  if (!found) return { ok: false, sentence: `There is no pane %${target}.` };
  if (!found.window.fits) return { ok: false, sentence: 'The window is too small for the panes that it has. Make it larger, or close a pane.' };
  const { pane: id } = state.server.next;
  const split = layouts.split(found.window.layout, target, id, direction, how);
  if (!split.ok) return split;
  let window: Window = { ...withLayout(found.window, split.value), zoomed: false };
  window = { ...window, panes: [...window.panes, freshPane(id, start, 0)] };
  let next = putWindow(count(state, { pane: id + 1 }), window);
  if (!how.detached) next = activate(next, window.id, id);
  return { ok: true, value: finish(state, { state: next, effects: [spawnEffect(next, id, start)] }) };
}

/** Takes a pane out, and its window and the `empty` effect with the last one. `kill` is false when its program has ended by itself. */
export function closePane(state: State, id: number, kill = true): Change {
  const found = findPane(state, id);
  if (!found) return { state, effects: [] };
  const effects: Effect[] = kill ? [{ kind: 'kill', pane: id }] : [];
  const { window } = found;
  const layout = layouts.close(window.layout, id);
  if (!layout) return dropWindow(state, window, effects);
  const panes = window.panes.filter((pane) => pane.id !== id);
  let { active, last } = window;
  if (active === id) {
    // As tmux: back to the last one, else to the one before it in the layout, else to the one after it.
    const order = layouts.panesOf(window.layout);
    const at = order.indexOf(id);
    active = last ?? order[at - 1] ?? order[at + 1] ?? active;
    last = undefined;
  } else if (last === id) last = undefined;
  const reference = layouts.close(window.reference, id) ?? layout;
  let changed: Window = { ...window, panes, active, last, zoomed: false, layout, reference };
  changed = refit(changed, state.client.stage, window.fits ? layout : undefined);
  return finish(state, { state: putWindow(state, renamed(changed)), effects });
}

/** Makes a pane the active one of its window (not the window of the session). Ends a zoom unless `keepZoom`. */
export function selectPane(state: State, id: number, keepZoom = false): Change {
  const found = findPane(state, id);
  if (!found || found.window.active === id) return { state, effects: [] };
  let next = activate(state, found.window.id, id);
  if (!keepZoom) next = changeWindow(next, found.window.id, (window) => ({ ...window, zoomed: false }));
  return finish(state, { state: next, effects: [] });
}

/** Changes a window's layout by hand: a zoom ends, and the new layout is what a resized stage is fitted from. */
export function changeLayout(state: State, windowId: number, change: (layout: layouts.Layout) => layouts.Layout): Change {
  const next = changeWindow(state, windowId, (window) => (window.fits ? { ...withLayout(window, change(window.layout)), zoomed: false } : window));
  return finish(state, { state: next, effects: [] });
}

/** Shows one pane over the whole stage, or all again. A window with one pane cannot be zoomed. */
export function toggleZoom(state: State, id: number): Change {
  const found = findPane(state, id);
  if (!found) return { state, effects: [] };
  const { window } = found;
  if (window.zoomed) return finish(state, { state: changeWindow(state, window.id, (w) => ({ ...w, zoomed: false })), effects: [] });
  if (window.panes.length < 2) return { state, effects: [] };
  const next = changeWindow(activate(state, window.id, id), window.id, (w) => ({ ...w, zoomed: true }));
  return finish(state, { state: next, effects: [] });
}

/** Moves a pane into a window of its own. Refused for the only pane of a window. */
export function breakPane(state: State, id: number, how: { readonly name?: string; readonly detached?: boolean } = {}): layouts.Result<Change> {
  const found = findPane(state, id);
  if (!found) return { ok: false, sentence: `There is no pane %${id}.` };
  if (found.window.panes.length < 2) return { ok: false, sentence: 'This pane has a window of its own already.' };
  const owner = ownerOf(state, found.window.id)!.id;
  const closed = closePane(state, id, false).state;
  // Into its own session, whichever is attached: a pane never leaves its class.
  const next = openWindow(
    closed,
    found.pane,
    how,
    closed.server.sessions.find((session) => session.id === owner),
  );
  return { ok: true, value: finish(state, { state: next, effects: [] }) };
}

/** A place in a layout that nobody has yet. */
const NO_PANE = -1;

/** Exchanges two panes of two windows, and each becomes the active one where it comes unless `detached`. */
export function swapAcross(state: State, one: number, other: number, detached: boolean): Change {
  const ids = [one, other];
  const found = ids.map((id) => findPane(state, id)!);
  let next = state;
  for (const [at, { window }] of found.entries()) {
    const [left, come] = [ids[at]!, found[1 - at]!.pane];
    const put = (id: number | undefined): number | undefined => (id === left ? come.id : id);
    next = putWindow(next, {
      ...window,
      layout: layouts.swap(window.layout, left, come.id),
      reference: layouts.swap(window.reference, left, come.id),
      panes: window.panes.map((pane) => (pane.id === left ? come : pane)),
      active: put(window.active)!,
      last: put(window.last),
      zoomed: false,
    });
  }
  if (!detached) for (const [at, { window }] of found.entries()) next = activate(next, window.id, ids[1 - at]!);
  return finish(state, { state: found.reduce((now, { window }) => changeWindow(now, window.id, renamed), next), effects: [] });
}

/** Takes a pane out of its place and puts it beside another one, of its own window or of another. Its program, its recording and its id stay. */
export function joinPane(
  state: State,
  id: number,
  target: number,
  direction: layouts.Direction,
  how: layouts.SplitOptions & { readonly detached?: boolean } = {},
): layouts.Result<Change> {
  const found = findPane(state, id);
  const there = findPane(state, target);
  if (!found || !there) return { ok: false, sentence: `There is no pane %${found ? target : id}.` };
  if (id === target)
    return { ok: false, sentence: 'A pane cannot be put beside itself. Name the one that is to come here: -s, or mark it with select-pane -m.' };
  if (!there.window.fits) return { ok: false, sentence: 'The window is too small for the panes that it has. Make it larger, or close a pane.' };
  // As tmux: the place is made while the pane is still in its old one, and that is closed then.
  const made = layouts.split(there.window.layout, target, NO_PANE, direction, how);
  if (!made.ok) return made;
  const left = found.window === there.window ? layouts.close(made.value, id)! : made.value;
  const closed = closePane(state, id, false).state;
  const into = findPane(closed, target)!.window;
  const panes = [...into.panes, found.pane];
  let next = putWindow(closed, { ...withLayout(into, layouts.swap(left, NO_PANE, id)), panes, zoomed: false });
  if (!how.detached) next = selectWindow(activate(next, into.id, id), into.id);
  return { ok: true, value: finish(state, { state: next, effects: [] }) };
}

/** Reports from the pty host about a pane; unknown panes are ignored, for they may have been closed meanwhile. */
export function paneStarted(state: State, id: number, recording: string): State {
  return changePane(state, id, ({ sentence: _, held: __, ...pane }) => ({ ...pane, state: 'live', recording }));
}

/** The program waits for room on the disk, or goes on (null). */
export function paneHeld(state: State, id: number, why: NonNullable<Pane['held']> | null): State {
  return changePane(state, id, ({ held: _, ...pane }) => (why === null ? pane : { ...pane, held: why }));
}

/** What a pane's foreground is now. A window's automatic name follows. */
export function paneRuns(state: State, id: number, now: Pick<Pane, 'program' | 'folder' | 'host'>): State {
  const found = findPane(state, id);
  if (!found || (found.pane.program === now.program && found.pane.folder === now.folder && found.pane.host === now.host)) return state;
  const next = changePane(state, id, ({ folder: _, host: __, ...pane }) => ({ ...pane, ...now }));
  return changeWindow(next, found.window.id, renamed);
}

/** A host is opened in it, by this name. */
export function paneOpens(state: State, id: number, opened: string): State {
  return changePane(state, id, (pane) => ({ ...pane, opened }));
}

/** The program has ended but the pane stays, with a sentence. To take it away instead: closePane(state, id, false). */
export function paneExited(state: State, id: number, sentence: string): State {
  return changePane(state, id, (pane) => ({ ...pane, state: 'exited', sentence }));
}

/** The program could not be started, or its recording failed. */
export function paneFailed(state: State, id: number, sentence: string): State {
  return changePane(state, id, (pane) => ({ ...pane, state: 'failed', sentence }));
}

/**
 * Starts the program of an ended pane again, in the same place with the same id and a new recording. Refused while a
 * program runs: a late report of its end would be taken for the new one's.
 */
export function respawnPane(state: State, id: number, start: Start | undefined): layouts.Result<Change> {
  const found = findPane(state, id);
  if (!found) return { ok: false, sentence: `There is no pane %${id}.` };
  if (found.pane.state === 'live' || found.pane.state === 'starting')
    return { ok: false, sentence: 'The program in this pane is still running. End it first.' };
  if (found.pane.opened !== undefined && !start)
    return { ok: false, sentence: `${found.pane.opened} was open in this pane. Open it again: prefix H. Or close the pane: prefix x.` };
  const what = start ?? { program: found.pane.program };
  const next = changePane(state, id, ({ sentence: _, folder: __, host: ___, opened: ____, ...pane }) => ({
    ...pane,
    program: what.program,
    state: 'starting',
    recording: null,
  }));
  return { ok: true, value: { state: changeWindow(next, found.window.id, renamed), effects: [spawnEffect(next, id, what)] } };
}

function activate(state: State, windowId: number, id: number): State {
  const next = changeWindow(state, windowId, (window) => {
    if (window.active === id) return window;
    const panes = window.panes.map((pane) => (pane.id === id ? { ...pane, used: state.server.next.use } : pane));
    return renamed({ ...window, panes, active: id, last: window.active });
  });
  return count(next, { use: next.server.next.use + 1 });
}

function changePane(state: State, id: number, change: (pane: Pane) => Pane): State {
  const found = findPane(state, id);
  if (!found) return state;
  return changeWindow(state, found.window.id, (window) => ({ ...window, panes: window.panes.map((pane) => (pane.id === id ? change(pane) : pane)) }));
}
