import { type Command, done } from './command.ts';

export const lockSession: Command = {
  name: 'lock-session',
  alias: 'locks',
  needs: 'app.lock',
  target: 'none',
  args: {},
  help: 'Locks Wardmux now. Programs run on and stay recorded; nothing is shown and nothing can be typed until the unlock.',
  examples: ['lock-session'],
  run: ({ state }) => done(state, [{ kind: 'lock' }]),
};
