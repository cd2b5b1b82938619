import { selectWindow as select } from '../state.ts';
import { type Command, done, refuse } from './command.ts';
import { last, step } from './switch-window.ts';
import { resolveWindow } from './targets.ts';

export const selectWindow: Command = {
  name: 'select-window',
  alias: 'selectw',
  args: { flags: 'lnp', values: { t: 'target-window' } },
  help: 'Goes to a window by its number or name; -n is the next, -p the previous, -l the last.',
  examples: ['select-window -t :2', 'select-window -t logs'],
  run(state, args, context) {
    if (args.has('l')) return last(state);
    if (args.has('n') || args.has('p')) return step(state, args.has('n') ? 1 : -1);
    const window = resolveWindow(state, args.value('t'), context);
    return window.ok ? done(select(state, window.value.id)) : refuse(state, window.sentence);
  },
};
