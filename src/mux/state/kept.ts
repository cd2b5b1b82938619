/**
 * What of a workspace outlives the app: sessions with their classes, windows, the names that a person gave them, and how they are split, and the
 * options and keys of files that they took. Not what ran in them: no command, no folder, no text, nothing that a start could run.
 */
import type { Cell } from '../layout.ts';
import { panesOf } from '../layout.ts';
import type { LayoutPreset } from '../layout-presets.ts';
import { type Change, type Effect, spawnEffect } from './effects.ts';
import { createState, type ConfFile, type Session, type Size, type State, type Window } from './model.ts';
import { sessionOf } from './query.ts';
import { refit } from './sizes.ts';
import { count, freshPane, putSession } from './windows.ts';

export interface KeptWindow {
  readonly index: number;
  /** Null: it follows the program. */
  readonly name: string | null;
  /** Panes are numbered from 0 in the layout's order. */
  readonly root: Cell;
  readonly active: number;
  readonly zoomed: boolean;
  readonly preset: LayoutPreset | null;
}

interface KeptSession {
  readonly name: string;
  readonly class: string;
  readonly windows: readonly KeptWindow[];
  /** Index of the active window. */
  readonly active: number;
  /** Indexes of the windows that were active before, latest first. */
  readonly history: readonly number[];
}

export interface Kept {
  readonly sessions: readonly KeptSession[];
  /** Place of the one in front. */
  readonly attached: number;
  /** Left out where no file was taken. */
  readonly configuration?: readonly ConfFile[];
}

/** @returns undefined where there is no window, and no file that was taken. */
export function keep(state: State): Kept | undefined {
  const kept = state.server.sessions.filter(({ windows }) => windows.length > 0);
  const { configuration } = state.client;
  if (kept.length === 0 && configuration.length === 0) return undefined;
  const windows = { sessions: kept.map(keepSession), attached: Math.max(0, kept.indexOf(sessionOf(state))) };
  return configuration.length === 0 ? windows : { ...windows, configuration };
}

function keepSession({ name, class: of, windows, active, history }: Session): KeptSession {
  const indexOf = (id: number): number | undefined => windows.find((window) => window.id === id)?.index;
  return {
    name,
    class: of,
    windows: windows.map(keepWindow),
    active: (active === undefined ? undefined : indexOf(active)) ?? windows[0]!.index,
    history: history.flatMap((id) => indexOf(id) ?? []),
  };
}

function keepWindow({ index, name, automaticName, reference, panes, active, zoomed, preset }: Window): KeptWindow {
  const order = panesOf(reference);
  // What starts in its place is a shell of this machine, which nobody must take for the host.
  const isHosts = panes.some(({ opened }) => opened !== undefined);
  const root = numbered(reference.root, (pane) => order.indexOf(pane));
  return { index, name: automaticName || isHosts ? null : name, root, active: order.indexOf(active), zoomed, preset: preset ?? null };
}

/** The same cells with other pane ids. */
function numbered(cell: Cell, id: (pane: number) => number): Cell {
  if ('pane' in cell) return { pane: id(cell.pane), cols: cell.cols, rows: cell.rows };
  return { split: cell.split, cols: cell.cols, rows: cell.rows, cells: cell.cells.map((child) => numbered(child, id)) };
}

/** A new state with the windows that were kept, fitted to the stage; each pane starts `program`, the person's shell. @param firstPane id of the first one */
export function restore(stage: Size, kept: Kept, program: string, firstPane = 0): Change {
  const sessions = kept.sessions.map(({ name, class: of }, id): Session => ({ id, name, class: of, windows: [], active: undefined, history: [] }));
  const { server, client } = createState(stage, { firstPane });
  let state: State = { server: { ...server, sessions, next: { ...server.next, session: sessions.length } }, client };
  for (const [id, session] of kept.sessions.entries()) state = sessionBack({ ...state, client: { ...client, session: id } }, session, program);
  state = { ...state, client: { ...client, session: kept.attached } };
  const windows = state.server.sessions.flatMap((session) => session.windows);
  const effects: Effect[] = windows.flatMap(({ panes }) => panes.map(({ id }) => spawnEffect(state, id, { program })));
  return { state, effects };
}

/** Puts the windows of the attached session back. */
function sessionBack(state: State, kept: KeptSession, program: string): State {
  const next = kept.windows.reduce((now, window) => putBack(now, window, program), state);
  const session = sessionOf(next);
  const idOf = (wanted: number): number | undefined => session.windows.find(({ index }) => index === wanted)?.id;
  const history = kept.history.flatMap((index) => idOf(index) ?? []);
  return putSession(next, { ...session, active: idOf(kept.active) ?? session.windows[0]?.id, history });
}

function putBack(state: State, { index, name, root, active, zoomed, preset }: KeptWindow, program: string): State {
  const { stage, geometry } = state.client;
  const { window: id, pane: first, use } = state.server.next;
  const layout = { geometry, root: numbered(root, (pane) => first + pane) };
  const panes = panesOf(layout);
  const counted = count(state, { window: id + 1, pane: first + panes.length, use: use + panes.length + 1 });
  const session = sessionOf(counted);
  const window: Window = {
    id,
    index,
    name: name ?? program,
    automaticName: name === null,
    reference: layout,
    layout,
    fits: true,
    // The active one was used last.
    panes: panes.map((pane, i) => freshPane(pane, { program }, pane === first + active ? use + panes.length : use + i)),
    active: first + active,
    last: undefined,
    zoomed,
    preset: preset ?? undefined,
  };
  return putSession(counted, { ...session, windows: [...session.windows, refit(window, stage, undefined)] });
}
