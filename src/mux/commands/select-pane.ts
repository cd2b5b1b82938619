import { type Side, neighbour } from '../layout.ts';
import { selectPane as select } from '../state.ts';
import { type Command, done, refuse } from './command.ts';
import { resolvePane, usedIn } from './targets.ts';

const sides: readonly (readonly [string, Side])[] = [
  ['U', 'up'],
  ['D', 'down'],
  ['L', 'left'],
  ['R', 'right'],
];

export const selectPane: Command = {
  name: 'select-pane',
  alias: 'selectp',
  args: { flags: 'DLRUZl', values: { t: 'target-pane' } },
  help: 'Gives the keyboard to another pane: the one above, below, left or right of this one (the last used where there are several), the last one (-l), or a target. -Z keeps the window zoomed.',
  examples: ['select-pane -L', 'select-pane -t :.+', 'select-pane -t %3'],
  run(state, args, context) {
    const target = resolvePane(state, args.has('l') ? '{last}' : args.value('t'), context);
    if (!target.ok) return refuse(state, target.sentence);
    const { window, pane } = target.value;
    const side = sides.find(([flag]) => args.has(flag))?.[1];
    const wanted = side ? neighbour(window.layout, pane.id, side, usedIn(window)) : pane.id;
    if (wanted === undefined) return done(state);
    const change = select(state, wanted, args.has('Z'));
    return done(change.state, change.effects);
  },
};
