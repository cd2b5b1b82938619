/** The few formats of tmux that prompts and messages use: #S #I #W #P #D and their long names. Others stay as they are. */
import { layoutString } from '../layout-strings.ts';
import { panesOf } from '../layout.ts';
import type { State } from '../state/model.ts';
import { sessionOf } from '../state/query.ts';
import type { PaneTarget } from './targets.ts';

const longNames: Readonly<Record<string, string>> = {
  session_name: 'S',
  window_index: 'I',
  window_layout: 'L',
  window_name: 'W',
  pane_index: 'P',
  pane_id: 'D',
};

export function expandFormat(text: string, state: State, { window, pane }: PaneTarget): string {
  const values: Readonly<Record<string, string>> = {
    '#': '#',
    S: sessionOf(state).name,
    I: String(window.index),
    W: window.name,
    L: layoutString(window.layout),
    P: String(panesOf(window.layout).indexOf(pane.id) + state.client.options.window['pane-base-index']),
    D: `%${pane.id}`,
  };
  return text.replace(
    /#(?:\{([a-z_]+)\}|([#SIWPD]))/g,
    (whole, long: string | undefined, short: string | undefined) => values[long === undefined ? (short ?? '') : (longNames[long] ?? '')] ?? whole,
  );
}
