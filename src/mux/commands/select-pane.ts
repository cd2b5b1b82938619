import { type Side, neighbour } from '../layout.ts';
import { selectPane as select } from '../state/panes.ts';
import { type Command, done, refuse } from './command.ts';
import { usedIn } from './targets.ts';

const sides: readonly (readonly [string, Side])[] = [
  ['U', 'up'],
  ['D', 'down'],
  ['L', 'left'],
  ['R', 'right'],
];

export const selectPane: Command = {
  name: 'select-pane',
  alias: 'selectp',
  needs: 'session.use',
  target: 'pane',
  args: { flags: 'DLMRUZlm', values: { t: 'target-pane' } },
  help: 'Gives the keyboard to another pane: the one above, below, left or right of this one (the last used where there are several), the last one (-l), or a target. -Z keeps the window zoomed. -m marks a pane for join-pane, swap-pane and swap-window, and takes the mark of one that has it; -M takes it wherever it is.',
  examples: ['select-pane -L', 'select-pane -t :.+', 'select-pane -t %3', 'select-pane -m'],
  run({ state, args, window, pane }) {
    if (args.has('m') || args.has('M')) {
      const marked = args.has('M') || state.server.marked === pane.id ? undefined : pane.id;
      return done({ ...state, server: { ...state.server, marked } });
    }
    if (args.has('l') && window.last === undefined) return refuse(state, 'There is no last pane.');
    const from = args.has('l') ? window.last! : pane.id;
    const side = sides.find(([flag]) => args.has(flag))?.[1];
    const wanted = side ? neighbour(window.layout, from, side, usedIn(window)) : from;
    if (wanted === undefined) return done(state);
    const change = select(state, wanted, args.has('Z'));
    return done(change.state, change.effects);
  },
};
