import type { Command } from './command.ts';
import { last } from './switch-window.ts';

export const lastWindow: Command = {
  name: 'last-window',
  alias: 'last',
  needs: 'session.use',
  target: 'none',
  args: {},
  help: 'Goes back to the window that was in front before.',
  examples: ['last-window'],
  run: ({ state }) => last(state),
};
