/** Taking a pane to another one's side: join-pane, which tmux calls move-pane as well. */
import type { Direction } from '../layout.ts';
import { joinPane as join } from '../state/panes.ts';
import { ownerOf } from '../state/query.ts';
import { paneSize } from '../state/sizes.ts';
import { parseSize } from './arguments.ts';
import { type ArgumentSpec, type CommandOutcome, type PaneCall, done, refuse } from './command.ts';
import { markedOr } from './targets.ts';

export const joinArgs: ArgumentSpec = { flags: 'bdfhv', values: { l: 'size', s: 'src-pane', t: 'dst-pane' } };

export function joinTo({ state, args, context, window, pane }: PaneCall): CommandOutcome {
  const source = markedOr(state, args.value('s'), context);
  if (!source.ok) return refuse(state, source.sentence);
  const [from, to] = [source.value.window, window].map(({ id }) => ownerOf(state, id)?.class);
  if (from !== to) return refuse(state, `A pane stays in its class: this one is ${from}, and that window is ${to}.`);
  const direction: Direction = args.has('h') ? 'left-right' : 'top-bottom';
  const whole = args.has('f') ? window.layout.root : paneSize(window, pane.id, state.client.stage);
  const wanted = args.value('l');
  const size = wanted === undefined ? undefined : parseSize(wanted, direction === 'left-right' ? whole.cols : whole.rows);
  if (size && !size.ok) return refuse(state, size.sentence);
  const how = { before: args.has('b'), full: args.has('f'), detached: args.has('d'), ...(size ? { size: size.value } : {}) };
  const change = join(state, source.value.pane.id, pane.id, direction, how);
  return change.ok ? done(change.value.state, change.value.effects) : refuse(state, change.sentence);
}
