import { type Change, closeWindow, sessionOf } from '../state.ts';
import { type Command, done, refuse } from './command.ts';
import { resolveWindow } from './targets.ts';

export const killWindow: Command = {
  name: 'kill-window',
  alias: 'killw',
  args: { flags: 'a', values: { t: 'target-window' } },
  help: 'Closes a window with all its panes and ends their programs. -a closes all the others.',
  examples: ['kill-window', 'kill-window -t :2'],
  run(state, args, context) {
    const target = resolveWindow(state, args.value('t'), context);
    if (!target.ok) return refuse(state, target.sentence);
    const all = sessionOf(state).windows;
    const ids = args.has('a') ? all.filter((other) => other.id !== target.value.id).map((other) => other.id) : [target.value.id];
    let change: Change = { state, effects: [] };
    for (const id of ids) {
      const next = closeWindow(change.state, id);
      change = { state: next.state, effects: [...change.effects, ...next.effects] };
    }
    return done(change.state, change.effects);
  },
};
