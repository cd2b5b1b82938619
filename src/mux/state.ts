/**
 * The multiplexer as one value: sessions > windows > panes. Every change is a function from a state to a new state and
 * the effects that the caller carries out. Ids count up and are never used twice, so a late message about a pane that is
 * gone can never reach another one.
 */
import type { ClientAction, PaneView } from '../bridge/schema.ts';
import * as layouts from './layout.ts';
import type { PresetName } from './layout-presets.ts';
import { type Options, defaultOptions } from './options.ts';

/** The terminal inside a pane: its rectangle less two columns of padding on each side and the title row. */
export const paddingCols = 4;
export const titleRows = 1;

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export interface Pane {
  readonly id: number;
  /** Name of the program that was started. */
  readonly program: string;
  /** Rises each time a pane becomes the active one: tmux's tie-break between neighbours. */
  readonly used: number;
  readonly recording: string | null;
  readonly state: PaneView['state'];
  readonly sentence?: string;
}

export interface Window {
  readonly id: number;
  readonly index: number;
  readonly name: string;
  /** The name follows the active pane's program until a person gives one. */
  readonly automaticName: boolean;
  /** As it was at the last deliberate change; `layout` is this, fitted to the stage. So a window made small and large again is as before. */
  readonly reference: layouts.Layout;
  readonly layout: layouts.Layout;
  /** False while the stage is too small for the panes: the active one is then shown alone. */
  readonly fits: boolean;
  readonly panes: readonly Pane[];
  readonly active: number;
  readonly last: number | undefined;
  readonly zoomed: boolean;
  readonly preset: PresetName | undefined;
}

export interface Session {
  readonly id: number;
  readonly name: string;
  readonly sessionClass: 'clinical' | 'general';
  /** By index, rising. */
  readonly windows: readonly Window[];
  /** Id of the active window; undefined only when there is none. */
  readonly active: number | undefined;
  /** Ids of windows that were active before, latest first. */
  readonly history: readonly number[];
}

export interface State {
  readonly options: Options;
  readonly geometry: layouts.Geometry;
  readonly stage: Size;
  readonly sessions: readonly Session[];
  /** Id of the session that the client is attached to. */
  readonly session: number;
  readonly next: { readonly session: number; readonly window: number; readonly pane: number; readonly use: number };
}

/** What a change asks of the world, as data. The caller carries effects out in order. */
export type Effect =
  /**
   * Start a program in the pane, with a recording. Size is the terminal's. `cwdFrom`: in the folder where that pane's
   * shell is. Empty `command`: the person's shell.
   */
  | {
      readonly kind: 'spawn';
      readonly pane: number;
      readonly cols: number;
      readonly rows: number;
      readonly command: readonly string[];
      readonly cwd?: string;
      readonly cwdFrom?: number;
    }
  /** The pane is gone from the state: end its program and its recording. */
  | { readonly kind: 'kill'; readonly pane: number }
  /** The pane's terminal has a new size, in columns and rows of text. */
  | { readonly kind: 'resize'; readonly pane: number; readonly cols: number; readonly rows: number }
  /** For the workspace page, as event `client`. */
  | { readonly kind: 'client'; readonly action: ClientAction }
  | { readonly kind: 'lock' }
  | { readonly kind: 'detach' }
  | { readonly kind: 'export'; readonly pane: number }
  | { readonly kind: 'verify'; readonly pane: number }
  /** The last pane is gone: there is nothing left to show. */
  | { readonly kind: 'empty' };

export interface Change {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export interface CreateOptions {
  readonly session?: string;
  readonly sessionClass?: Session['sessionClass'];
  readonly options?: Partial<Options>;
  readonly geometry?: layouts.Geometry;
}

/** A state with one session and no window yet; `newWindow` opens the first. */
export function createState(stage: Size, create: CreateOptions = {}): State {
  return {
    options: { ...defaultOptions, ...create.options },
    geometry: create.geometry ?? layouts.wardmuxGeometry,
    stage,
    sessions: [{ id: 0, name: create.session ?? '0', sessionClass: create.sessionClass ?? 'general', windows: [], active: undefined, history: [] }],
    session: 0,
    next: { session: 1, window: 0, pane: 0, use: 1 },
  };
}

export interface Start {
  /** Shown in the title and as the window's automatic name. */
  readonly program: string;
  readonly command?: readonly string[];
  readonly cwd?: string;
  readonly cwdFrom?: number;
}

export function sessionOf(state: State): Session {
  const session = state.sessions.find((candidate) => candidate.id === state.session);
  if (!session) throw new RangeError('no session is attached');
  return session;
}

export function activeWindow(state: State): Window | undefined {
  const session = sessionOf(state);
  return session.windows.find((window) => window.id === session.active);
}

export function findWindow(state: State, id: number): Window | undefined {
  return state.sessions.flatMap((session) => session.windows).find((window) => window.id === id);
}

/** The window that holds a pane, and the pane. */
export function findPane(state: State, id: number): { readonly window: Window; readonly pane: Pane } | undefined {
  for (const window of state.sessions.flatMap((session) => session.windows)) {
    const pane = window.panes.find((candidate) => candidate.id === id);
    if (pane) return { window, pane };
  }
  return undefined;
}

/** The pane that has the keyboard. */
export function activePane(state: State): number | undefined {
  return activeWindow(state)?.active;
}

/** A new window with one pane, active unless `detached`. Its index is the lowest free one from base-index. */
export function newWindow(state: State, start: Start, how: { readonly name?: string; readonly detached?: boolean; readonly index?: number } = {}): Change {
  const { pane: id, window: windowId, use } = state.next;
  const session = sessionOf(state);
  const layout = layouts.createLayout(id, state.stage.cols, state.stage.rows, state.geometry);
  const window: Window = {
    id: windowId,
    index: how.index ?? freeIndex(session, state.options['base-index']),
    name: how.name ?? start.program,
    automaticName: how.name === undefined,
    reference: layout,
    layout,
    fits: true,
    panes: [freshPane(id, start, use)],
    active: id,
    last: undefined,
    zoomed: false,
    preset: undefined,
  };
  let next: State = { ...state, next: { ...state.next, pane: id + 1, window: windowId + 1, use: use + 1 } };
  next = putWindow(next, window);
  if (!how.detached || sessionOf(next).active === undefined) next = selectWindow(next, windowId);
  return { state: next, effects: [spawnEffect(next, id, start)] };
}

export function freeIndex(session: Session, base: number): number {
  let index = base;
  while (session.windows.some((window) => window.index === index)) index += 1;
  return index;
}

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
  const { pane: id } = state.next;
  const split = layouts.split(found.window.layout, target, id, direction, how);
  if (!split.ok) return split;
  let window: Window = { ...withLayout(found.window, split.value), zoomed: false };
  window = { ...window, panes: [...window.panes, freshPane(id, start, 0)] };
  let next: State = { ...state, next: { ...state.next, pane: id + 1 } };
  next = putWindow(next, window);
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
  changed = refit(changed, state.stage, window.fits ? layout : undefined);
  return finish(state, { state: putWindow(state, renamed(changed)), effects });
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
  const session = sessionOf(state);
  if (session.active === id || !session.windows.some((window) => window.id === id)) return state;
  const history = session.active === undefined ? session.history : [session.active, ...session.history];
  return putSession(state, { ...session, active: id, history: history.filter((other, index) => other !== id && history.indexOf(other) === index) });
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
  const without = closePane(state, id, false).state;
  const layout = layouts.createLayout(id, state.stage.cols, state.stage.rows, state.geometry);
  const windowId = without.next.window;
  const window: Window = {
    id: windowId,
    index: freeIndex(sessionOf(without), state.options['base-index']),
    name: how.name ?? found.pane.program,
    automaticName: how.name === undefined,
    reference: layout,
    layout,
    fits: true,
    panes: [found.pane],
    active: id,
    last: undefined,
    zoomed: false,
    preset: undefined,
  };
  let next = putWindow({ ...without, next: { ...without.next, window: windowId + 1 } }, window);
  if (!how.detached) next = selectWindow(next, windowId);
  return { ok: true, value: finish(state, { state: next, effects: [] }) };
}

/** The stage has a new size, in cells: every window is fitted to it. */
export function setStage(state: State, stage: Size): Change {
  if (stage.cols === state.stage.cols && stage.rows === state.stage.rows) return { state, effects: [] };
  const sessions = state.sessions.map((session) => ({ ...session, windows: session.windows.map((window) => refit(window, stage, undefined)) }));
  return finish(state, { state: { ...state, stage, sessions }, effects: [] });
}

/** Reports from the pty host about a pane; unknown panes are ignored, for they may have been closed meanwhile. */
export function paneStarted(state: State, id: number, recording: string): State {
  return changePane(state, id, ({ sentence: _, ...pane }) => ({ ...pane, state: 'live', recording }));
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
  const what = start ?? { program: found.pane.program };
  const next = changePane(state, id, ({ sentence: _, ...pane }) => ({ ...pane, program: what.program, state: 'starting', recording: null }));
  return { ok: true, value: { state: changeWindow(next, found.window.id, renamed), effects: [spawnEffect(next, id, what)] } };
}

/** Size of a pane's rectangle now: the stage where it is shown alone, else its place in the layout. */
export function paneSize(window: Window, id: number, stage: Size): Size {
  if (shownAlone(window) && window.active === id) return stage;
  const { cols, rows } = layouts.rectangleOf(window.layout, id);
  return { cols, rows };
}

/** True while the active pane covers the stage. */
export function shownAlone(window: Window): boolean {
  return window.zoomed || !window.fits;
}

/** Columns and rows of text inside a rectangle: never less than 1. */
export function terminalSize(size: Size): Size {
  return { cols: Math.max(1, size.cols - paddingCols), rows: Math.max(1, size.rows - titleRows) };
}

/** Terminal sizes of all panes, by pane id. */
export function terminalSizes(state: State): Map<number, Size> {
  const sizes = new Map<number, Size>();
  for (const window of state.sessions.flatMap((session) => session.windows)) {
    for (const pane of window.panes) sizes.set(pane.id, terminalSize(paneSize(window, pane.id, state.stage)));
  }
  return sizes;
}

/** Adds the `resize` effects that a change of layout brings for panes that were there before. */
function finish(before: State, change: Change): Change {
  const old = terminalSizes(before);
  const resized: Effect[] = [];
  for (const [pane, size] of terminalSizes(change.state)) {
    const was = old.get(pane);
    if (was && (was.cols !== size.cols || was.rows !== size.rows)) resized.push({ kind: 'resize', pane, ...size });
  }
  return { state: change.state, effects: [...change.effects, ...resized] };
}

function freshPane(id: number, start: Start, used: number): Pane {
  return { id, program: start.program, used, recording: null, state: 'starting' };
}

function spawnEffect(state: State, id: number, start: Start): Effect {
  const size = terminalSizes(state).get(id) ?? { cols: 80, rows: 24 };
  return {
    kind: 'spawn',
    pane: id,
    ...size,
    command: start.command ?? [],
    ...(start.cwd === undefined ? {} : { cwd: start.cwd }),
    ...(start.cwdFrom === undefined ? {} : { cwdFrom: start.cwdFrom }),
  };
}

function activate(state: State, windowId: number, id: number): State {
  const next = changeWindow(state, windowId, (window) => {
    if (window.active === id) return window;
    const panes = window.panes.map((pane) => (pane.id === id ? { ...pane, used: state.next.use } : pane));
    return renamed({ ...window, panes, active: id, last: window.active });
  });
  return { ...next, next: { ...next.next, use: next.next.use + 1 } };
}

function withLayout(window: Window, layout: layouts.Layout): Window {
  return { ...window, layout, reference: layout };
}

/** Fits a window to the stage; `deliberate` is a layout of the stage's size that becomes the reference. */
function refit(window: Window, stage: Size, deliberate: layouts.Layout | undefined): Window {
  if (deliberate) return withLayout(window, deliberate);
  const fitted = layouts.resizeStage(window.reference, stage.cols, stage.rows);
  return fitted.ok ? { ...window, layout: fitted.value, fits: true } : { ...window, fits: false };
}

function renamed(window: Window): Window {
  const program = window.panes.find((pane) => pane.id === window.active)?.program;
  return window.automaticName && program !== undefined ? { ...window, name: program } : window;
}

function dropWindow(state: State, window: Window, effects: readonly Effect[]): Change {
  const session = state.sessions.find((candidate) => candidate.windows.includes(window));
  if (!session) return { state, effects: [] };
  const windows = session.windows.filter((other) => other !== window);
  const history = session.history.filter((id) => id !== window.id);
  let active = session.active;
  if (active === window.id) {
    // As tmux: the last window, else the previous by index, else the next.
    active = history[0] ?? windows.findLast((other) => other.index < window.index)?.id ?? windows[0]?.id;
  }
  const next = putSession(state, { ...session, windows, active, history: history.filter((id) => id !== active) });
  const empty: Effect[] = next.sessions.every((other) => other.windows.length === 0) ? [{ kind: 'empty' }] : [];
  return { state: next, effects: [...effects, ...empty] };
}

function putSession(state: State, session: Session): State {
  return { ...state, sessions: state.sessions.map((other) => (other.id === session.id ? session : other)) };
}

function putWindow(state: State, window: Window): State {
  const owner = state.sessions.find((session) => session.windows.some((other) => other.id === window.id)) ?? sessionOf(state);
  const windows = [...owner.windows.filter((other) => other.id !== window.id), window].sort((a, b) => a.index - b.index);
  return putSession(state, { ...owner, windows });
}

/** Changes one window by a function; an unknown id changes nothing. */
export function changeWindow(state: State, id: number, change: (window: Window) => Window): State {
  const window = findWindow(state, id);
  return window ? putWindow(state, change(window)) : state;
}

function changePane(state: State, id: number, change: (pane: Pane) => Pane): State {
  const found = findPane(state, id);
  if (!found) return state;
  return changeWindow(state, found.window.id, (window) => ({ ...window, panes: window.panes.map((pane) => (pane.id === id ? change(pane) : pane)) }));
}
