import type { Command } from './command.ts';
import { step } from './switch-window.ts';

export const previousWindow: Command = {
  name: 'previous-window',
  alias: 'prev',
  needs: 'session.use',
  target: 'none',
  args: {},
  help: 'Goes to the previous window, from the first to the last.',
  examples: ['previous-window'],
  run: ({ state }) => step(state, -1),
};
