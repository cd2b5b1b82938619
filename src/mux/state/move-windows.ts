/** Windows of a session get other numbers: moved, exchanged, numbered anew. What is in them stays as it is. */
import type { Result } from '../layout.ts';
import type { Change } from './effects.ts';
import type { Session, State } from './model.ts';
import { findWindow, freeIndex, ownerOf, sessionOf } from './query.ts';
import { closeWindow, putSession, selectWindow, withoutHoles } from './windows.ts';

const byIndex = (one: { readonly index: number }, other: { readonly index: number }): number => one.index - other.index;

/** The session with other numbers for some of its windows. */
function numbered(session: Session, index: (id: number) => number | undefined): Session {
  return { ...session, windows: session.windows.map((window) => ({ ...window, index: index(window.id) ?? window.index })).toSorted(byIndex) };
}

/** As tmux: nobody comes back to the old place of a window, and who was there and does not go along is then where they were before, else in the one before it. */
function leftPlace(session: Session, id: number, index: number, stays: boolean): Session {
  const history = session.history.filter((other) => other !== id);
  if (!stays || session.active !== id) return { ...session, history };
  const { windows } = session;
  const active = history[0] ?? (windows.findLast((window) => window.index < index) ?? windows.at(-1))?.id;
  return { ...session, active, history: history.filter((other) => other !== active) };
}

/**
 * Gives a window another number.
 * @param to the number, the next free one where it is left out, or the window that it goes beside: those behind go up as far as they have to
 */
export function moveWindow(
  state: State,
  id: number,
  to: number | { readonly beside: number; readonly before: boolean } | undefined,
  how: { readonly detached: boolean; readonly kill: boolean },
): Result<Change> {
  const session = ownerOf(state, id)!;
  const rest = session.windows.filter((window) => window.id !== id);
  let change: Change = { state, effects: [] };
  let next: (other: number) => number | undefined;
  if (typeof to === 'object') {
    const beside = session.windows.find((window) => window.id === to.beside);
    if (!beside) return { ok: false, sentence: 'Windows are moved within one session.' };
    const index = beside.index + (to.before ? 0 : 1);
    // As tmux: the one that is moved is still in its place while the others make room.
    const pushed = new Map<number, number>();
    for (let at = index, there = session.windows.find((window) => window.index === at); there; there = session.windows.find((window) => window.index === at)) {
      at += 1;
      pushed.set(there.id, at);
    }
    pushed.set(id, index);
    next = (other) => pushed.get(other);
  } else {
    const index = to ?? freeIndex(session, state.client.options.session['base-index']);
    const there = rest.find((window) => window.index === index);
    if (to === findWindow(state, id)!.index) return { ok: false, sentence: `It is window ${to} already.` };
    if (there && !how.kill) return { ok: false, sentence: `There is a window ${index} already.` };
    if (there) change = closeWindow(state, there.id);
    next = (other) => (other === id ? index : undefined);
  }
  const moved = leftPlace(numbered(ownerOf(change.state, id)!, next), id, findWindow(state, id)!.index, how.detached);
  const put = putSession(change.state, moved);
  return { ok: true, value: { state: how.detached ? put : selectWindow(put, id), effects: change.effects } };
}

/** Exchanges two windows. As tmux: numbers stay what they were in front and before, and so show the other window; with `follow` the first stays in front. */
export function swapWindows(state: State, one: number, other: number, follow: boolean): Result<State> {
  const session = ownerOf(state, one)!;
  if (session !== ownerOf(state, other)) return { ok: false, sentence: 'Windows are exchanged within one session.' };
  if (one === other) return { ok: true, value: state };
  const swapped = (id: number): number => (id === one ? other : id === other ? one : id);
  const changed = numbered(session, (id) => (id === one || id === other ? findWindow(state, swapped(id))!.index : undefined));
  const { active } = session;
  const next = putSession(state, { ...changed, active: active === undefined ? undefined : swapped(active), history: session.history.map(swapped) });
  return { ok: true, value: follow ? selectWindow(next, one) : next };
}

/** Numbers the windows of the attached session without holes, from base-index. */
export function renumberWindows(state: State): State {
  return putSession(state, withoutHoles(sessionOf(state), state.client.options.session['base-index']));
}
