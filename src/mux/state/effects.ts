/** What a change asks of the world, as data, and how a change is completed. */
import type { Crossing } from '../../types/classes.ts';
import type { ClientAction } from '../../types/workspace-view.ts';
import type { Start, State } from './model.ts';
import { classOfPane, sessionOf } from './query.ts';
import { terminalSizes } from './sizes.ts';

/** The caller carries effects out in order. */
export type Effect =
  /**
   * Start a program in the pane, with a recording. Size is the terminal's. `cwdFrom`: in the folder where that pane's
   * shell is. Empty `command`: the person's shell.
   */
  | {
      readonly kind: 'spawn';
      readonly pane: number;
      /** Of its session. */
      readonly class: string;
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
  /** Of the emergency that whoever is in is in. */
  | { readonly kind: 'emergency'; readonly what: 'extend' | 'end' }
  /** Text goes from one class into another, or was asked to and does not. It is entered before what comes behind it. */
  | ({ readonly kind: 'crossing' } & Crossing)
  /** Read a file of commands, and take what can be taken of it. */
  | { readonly kind: 'source'; readonly path: string }
  | { readonly kind: 'lock' }
  | { readonly kind: 'detach' }
  /** The last pane is gone: there is nothing left to show. */
  | { readonly kind: 'empty' };

export interface Change {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Adds the `resize` effects that a change of layout brings for panes that were there before. */
export function finish(before: State, change: Change): Change {
  const old = terminalSizes(before);
  const resized: Effect[] = [];
  for (const [pane, size] of terminalSizes(change.state)) {
    const was = old.get(pane);
    if (was && (was.cols !== size.cols || was.rows !== size.rows)) resized.push({ kind: 'resize', pane, ...size });
  }
  return { state: change.state, effects: [...change.effects, ...resized] };
}

/** Starts a pane's program at the size that the pane has in `state`. */
export function spawnEffect(state: State, id: number, start: Start): Effect {
  const size = terminalSizes(state).get(id) ?? { cols: 80, rows: 24 };
  return {
    kind: 'spawn',
    pane: id,
    class: classOfPane(state, id) ?? sessionOf(state).class,
    ...size,
    command: start.command ?? [],
    ...(start.cwd === undefined ? {} : { cwd: start.cwd }),
    ...(start.cwdFrom === undefined ? {} : { cwdFrom: start.cwdFrom }),
  };
}
