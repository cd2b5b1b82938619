import { panesOf } from '../layout.ts';
import { selectPane } from '../state.ts';
import { type Command, done, refuse } from './command.ts';
import { resolveWindow } from './targets.ts';

export const lastPane: Command = {
  name: 'last-pane',
  alias: 'lastp',
  args: { flags: 'Z', values: { t: 'target-window' } },
  help: 'Gives the keyboard back to the pane that had it before. -Z keeps the window zoomed.',
  examples: ['last-pane'],
  run(state, args, context) {
    const window = resolveWindow(state, args.value('t'), context);
    if (!window.ok) return refuse(state, window.sentence);
    const { last, layout, active } = window.value;
    // As tmux: of two panes the other one is the last, even when it never had the keyboard.
    const order = panesOf(layout);
    const pane = last ?? (order.length === 2 ? order.find((id) => id !== active) : undefined);
    if (pane === undefined) return refuse(state, 'There is no last pane.');
    const change = selectPane(state, pane, args.has('Z'));
    return done(change.state, change.effects);
  },
};
