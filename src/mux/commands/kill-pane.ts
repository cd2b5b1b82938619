import type { Change } from '../state/effects.ts';
import { closePane } from '../state/panes.ts';
import { type Command, done } from './command.ts';

export const killPane: Command = {
  name: 'kill-pane',
  alias: 'killp',
  needs: 'session.use',
  target: 'pane',
  args: { flags: 'a', values: { t: 'target-pane' } },
  help: 'Closes a pane and ends its program; the recording is completed. -a closes all the others of the window.',
  examples: ['kill-pane', 'kill-pane -a', 'kill-pane -t .2'],
  run({ state, args, window, pane }) {
    const ids = args.has('a') ? window.panes.filter((other) => other.id !== pane.id).map((other) => other.id) : [pane.id];
    let change: Change = { state, effects: [] };
    for (const id of ids) {
      const next = closePane(change.state, id);
      change = { state: next.state, effects: [...change.effects, ...next.effects] };
    }
    return done(change.state, change.effects);
  },
};
