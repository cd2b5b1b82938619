/**
 * Targets as tmux writes them: :2, :=2, .1, %5, @3, {last}, +, -, name. One session is attached; a target may name it,
 * and no other.
 */
import { type Result, type Side, neighbour, panesOf, rectangles } from '../layout.ts';
import type { Pane, Session, State, Window } from '../state/model.ts';
import { activeWindow, findPane, findWindow, markedPane, sessionOf } from '../state/query.ts';
import type { Context } from './command.ts';

export interface PaneTarget {
  readonly window: Window;
  readonly pane: Pane;
}

/** The pane where a command was given: the context's, else the active one. */
export function currentPane(state: State, context: Context): Result<PaneTarget> {
  const given = context.pane === undefined ? undefined : findPane(state, context.pane);
  if (given) return { ok: true, value: given };
  const window = activeWindow(state);
  return window ? inWindow(window, window.active) : { ok: false, sentence: 'There is no window.' };
}

/** Resolves -t of commands that work on sessions: a name, the beginning of one, or $id. Without one it is the attached session. */
export function resolveSession(state: State, target: string | undefined): Result<Session> {
  const { sessions } = state.server;
  const name = (target ?? '').replace(/:$/, '');
  if (name === '') return { ok: true, value: sessionOf(state) };
  const wanted = name.replace(/^=/, '');
  const exact = sessions.find((session) => session.name === wanted || `$${session.id}` === wanted);
  const matches = exact ? [exact] : name.startsWith('=') ? [] : sessions.filter((session) => session.name.startsWith(wanted));
  const [only] = matches;
  if (only && matches.length === 1) return { ok: true, value: only };
  return { ok: false, sentence: `There is no session "${wanted}". The sessions are ${sessions.map((session) => session.name).join(', ')}.` };
}

/** Resolves -t of commands that work on windows. */
export function resolveWindow(state: State, target: string | undefined, context: Context): Result<Window> {
  const current = currentPane(state, context);
  if (target === undefined || target === '') return current.ok ? { ok: true, value: current.value.window } : current;
  if (target.startsWith('%') || isMark(target)) {
    const pane = resolvePane(state, target, context);
    return pane.ok ? { ok: true, value: pane.value.window } : pane;
  }
  const parts = splitTarget(state, target, false);
  if (!parts.ok) return parts;
  return windowBy(state, parts.value.window, context);
}

const noMark: Result<never> = { ok: false, sentence: 'No pane is marked: select-pane -m marks one.' };
const isMark = (target: string): boolean => target === '{marked}' || target === '~';

/** Resolves -s of commands that take something from somewhere: without it the marked pane, where there is one. */
export function markedOr(state: State, target: string | undefined, context: Context): Result<PaneTarget> {
  const marked = target === undefined ? markedPane(state) : undefined;
  return marked ? { ok: true, value: marked } : resolvePane(state, target, context);
}

/** Resolves -t of commands that work on panes. */
export function resolvePane(state: State, target: string | undefined, context: Context): Result<PaneTarget> {
  if (target === undefined || target === '') return currentPane(state, context);
  if (isMark(target)) {
    const marked = markedPane(state);
    return marked ? { ok: true, value: marked } : noMark;
  }
  if (/^%\d+$/.test(target)) {
    const found = findPane(state, Number(target.slice(1)));
    return found ? { ok: true, value: found } : { ok: false, sentence: `There is no pane ${target}.` };
  }
  if (target.startsWith('@')) {
    const window = windowBy(state, target, context);
    return window.ok ? inWindow(window.value, window.value.active) : window;
  }
  const bare = !/[:.]/.test(target);
  const parts = splitTarget(state, target, true);
  if (!parts.ok) return parts;
  const window = windowBy(state, parts.value.window, context);
  if (!window.ok) return window;
  const pane = paneBy(state, window.value, parts.value.pane, context);
  if (pane.ok || !bare) return pane;
  // As tmux: a word alone that is no pane may be a window.
  const asWindow = windowBy(state, target, context);
  return asWindow.ok ? inWindow(asWindow.value, asWindow.value.active) : pane;
}

function splitTarget(state: State, target: string, wantPane: boolean): Result<{ window: string; pane: string }> {
  const colon = target.indexOf(':');
  let rest = target;
  if (colon >= 0) {
    const name = target.slice(0, colon).replace(/^=/, '');
    const session = sessionOf(state);
    if (name !== '' && name !== session.name && name !== `$${session.id}`)
      return {
        ok: false,
        sentence: state.server.sessions.some((other) => other.name === name || name === `$${other.id}`)
          ? `This is the session "${session.name}". Go to "${name}" first: switch-client -t ${name}`
          : `There is no session "${name}" here. This is "${session.name}".`,
      };
    rest = target.slice(colon + 1);
  }
  const dot = rest.indexOf('.');
  if (dot >= 0 && wantPane) return { ok: true, value: { window: rest.slice(0, dot), pane: rest.slice(dot + 1) } };
  return { ok: true, value: wantPane && colon < 0 ? { window: '', pane: rest } : { window: rest, pane: '' } };
}

function windowBy(state: State, spec: string, context: Context): Result<Window> {
  const session = sessionOf(state);
  const current = currentPane(state, context);
  if (!current.ok) return current;
  const here = session.windows.find((window) => window.id === current.value.window.id) ?? activeWindow(state) ?? current.value.window;
  if (spec === '') return { ok: true, value: here };
  const missing: Result<Window> = { ok: false, sentence: `There is no window "${spec.replace(/^=/, '')}". ${windowList(session)}` };
  const give = (window: Window | undefined): Result<Window> => (window ? { ok: true, value: window } : missing);
  if (/^@\d+$/.test(spec)) return give(findWindow(state, Number(spec.slice(1))));
  if (spec === '!' || spec === '{last}') {
    const last = session.windows.find((window) => window.id === session.history[0]);
    return last ? { ok: true, value: last } : { ok: false, sentence: 'There is no last window.' };
  }
  if (spec === '^' || spec === '{start}') return give(session.windows[0]);
  if (spec === '$' || spec === '{end}') return give(session.windows.at(-1));
  const offset = offsetOf(spec);
  if (offset !== undefined) return give(wrapped(session.windows, session.windows.indexOf(here) + offset));
  const exact = spec.startsWith('=');
  const name = exact ? spec.slice(1) : spec;
  if (/^\d+$/.test(name)) {
    const byIndex = session.windows.find((window) => window.index === Number(name));
    if (byIndex) return give(byIndex);
  }
  const byName = session.windows.find((window) => window.name === name);
  if (byName || exact) return give(byName);
  const byPrefix = session.windows.filter((window) => window.name.startsWith(name));
  if (byPrefix.length > 1)
    return { ok: false, sentence: `Several windows begin with "${name}": ${byPrefix.map((window) => `${window.index} ${window.name}`).join(', ')}.` };
  return give(byPrefix[0]);
}

const besides: Readonly<Record<string, Side>> = { '{up-of}': 'up', '{down-of}': 'down', '{left-of}': 'left', '{right-of}': 'right' };
const corners: Readonly<Record<string, string>> = {
  '{top}': 't',
  '{bottom}': 'b',
  '{left}': 'l',
  '{right}': 'r',
  '{top-left}': 'tl',
  '{top-right}': 'tr',
  '{bottom-left}': 'bl',
  '{bottom-right}': 'br',
};

function paneBy(state: State, window: Window, spec: string, context: Context): Result<PaneTarget> {
  const current = currentPane(state, context);
  const from = current.ok && current.value.window.id === window.id ? current.value.pane.id : window.active;
  if (spec === '') return inWindow(window, from);
  const order = panesOf(window.layout);
  if (/^%\d+$/.test(spec)) return inWindow(window, Number(spec.slice(1)));
  if (spec === '!' || spec === '{last}') return window.last === undefined ? { ok: false, sentence: 'There is no last pane.' } : inWindow(window, window.last);
  const offset = offsetOf(spec);
  if (offset !== undefined) return inWindow(window, wrapped(order, order.indexOf(from) + offset));
  const side = besides[spec];
  if (side) return inWindow(window, neighbour(window.layout, from, side, usedIn(window)), `There is no pane ${spec}.`);
  const corner = corners[spec];
  if (corner)
    return inWindow(
      window,
      rectangles(window.layout).find((rectangle) => [...corner].every((edge) => (rectangle.edges as readonly string[]).includes(edge)))?.pane,
    );
  if (/^\d+$/.test(spec)) {
    const base = state.client.options.window['pane-base-index'];
    return inWindow(window, order[Number(spec) - base], `There is no pane ${spec} in this window: its panes are ${base} to ${base + order.length - 1}.`);
  }
  return { ok: false, sentence: `There is no pane "${spec}".` };
}

/** Reads when a pane of the window was last active, for `neighbour`. */
export function usedIn(window: Window): (pane: number) => number {
  return (id) => window.panes.find((pane) => pane.id === id)?.used ?? 0;
}

function inWindow(window: Window, id: number | undefined, sentence = `There is no pane %${id} in window ${window.index}.`): Result<PaneTarget> {
  const pane = window.panes.find((candidate) => candidate.id === id);
  return pane ? { ok: true, value: { window, pane } } : { ok: false, sentence };
}

function offsetOf(spec: string): number | undefined {
  const named = spec === '{next}' ? '+' : spec === '{previous}' ? '-' : spec;
  const match = /^([+-])(\d{0,4})$/.exec(named);
  if (!match) return undefined;
  const count = match[2] === '' ? 1 : Number(match[2]);
  return match[1] === '+' ? count : -count;
}

function wrapped<T>(list: readonly T[], index: number): T | undefined {
  return list[((index % list.length) + list.length) % list.length];
}

function windowList(session: Session): string {
  return `The windows are ${session.windows.map((window) => `${window.index} ${window.name}`).join(', ')}.`;
}
