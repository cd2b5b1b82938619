import type { Command } from './command.ts';
import { step } from './switch-window.ts';

export const previousWindow: Command = {
  name: 'previous-window',
  alias: 'prev',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'a' },
  help: 'Goes to the previous window, from the first to the last; -a to one with a bell or output that nobody has seen.',
  examples: ['previous-window'],
  run: ({ state, args }) => step(state, -1, args.has('a')),
};
