import type { Command } from './command.ts';
import { step } from './switch-window.ts';

export const nextWindow: Command = {
  name: 'next-window',
  alias: 'next',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'a' },
  help: 'Goes to the next window, from the last to the first; -a to one with a bell or output that nobody has seen.',
  examples: ['next-window'],
  run: ({ state, args }) => step(state, 1, args.has('a')),
};
