import type { Command } from './command.ts';
import { step } from './switch-window.ts';

export const nextWindow: Command = {
  name: 'next-window',
  alias: 'next',
  needs: 'session.use',
  target: 'none',
  args: {},
  help: 'Goes to the next window, from the last to the first.',
  examples: ['next-window'],
  run: ({ state }) => step(state, 1),
};
