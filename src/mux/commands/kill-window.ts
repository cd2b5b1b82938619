import type { Change } from '../state/effects.ts';
import { sessionOf } from '../state/query.ts';
import { closeWindow } from '../state/windows.ts';
import { type Command, done } from './command.ts';

export const killWindow: Command = {
  name: 'kill-window',
  alias: 'killw',
  needs: 'session.use',
  target: 'window',
  args: { flags: 'a', values: { t: 'target-window' } },
  help: 'Closes a window with all its panes and ends their programs. -a closes all the others.',
  examples: ['kill-window', 'kill-window -t :2'],
  run({ state, args, window }) {
    const all = sessionOf(state).windows;
    const ids = args.has('a') ? all.filter((other) => other.id !== window.id).map((other) => other.id) : [window.id];
    let change: Change = { state, effects: [] };
    for (const id of ids) {
      const next = closeWindow(change.state, id);
      change = { state: next.state, effects: [...change.effects, ...next.effects] };
    }
    return done(change.state, change.effects);
  },
};
