import { selectWindow as select } from '../state/windows.ts';
import { type Command, done } from './command.ts';
import { last, step } from './switch-window.ts';

export const selectWindow: Command = {
  name: 'select-window',
  alias: 'selectw',
  needs: 'session.use',
  target: 'window',
  args: { flags: 'lnp', values: { t: 'target-window' } },
  help: 'Goes to a window by its number or name; -n is the next, -p the previous, -l the last.',
  examples: ['select-window -t :2', 'select-window -t logs'],
  run({ state, args, window }) {
    if (args.has('l')) return last(state);
    if (args.has('n') || args.has('p')) return step(state, args.has('n') ? 1 : -1);
    return done(select(state, window.id));
  },
};
