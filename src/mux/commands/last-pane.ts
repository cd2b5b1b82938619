import { panesOf } from '../layout.ts';
import { selectPane } from '../state/panes.ts';
import { type Command, done, refuse } from './command.ts';

export const lastPane: Command = {
  name: 'last-pane',
  alias: 'lastp',
  needs: 'session.use',
  target: 'window',
  args: { flags: 'Z', values: { t: 'target-window' } },
  help: 'Gives the keyboard back to the pane that had it before. -Z keeps the window zoomed.',
  examples: ['last-pane'],
  run({ state, args, window }) {
    const { last, layout, active } = window;
    // As tmux: of two panes the other one is the last, even when it never had the keyboard.
    const order = panesOf(layout);
    const pane = last ?? (order.length === 2 ? order.find((id) => id !== active) : undefined);
    if (pane === undefined) return refuse(state, 'There is no last pane.');
    const change = selectPane(state, pane, args.has('Z'));
    return done(change.state, change.effects);
  },
};
