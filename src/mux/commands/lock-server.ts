import { type Command, done } from './command.ts';

export const lockServer: Command = {
  name: 'lock-server',
  alias: 'lock',
  needs: 'app.lock',
  target: 'none',
  args: {},
  help: 'Locks Wardmux now. Programs run on and stay recorded; nothing is shown and nothing can be typed until the unlock.',
  examples: ['lock-server'],
  run: ({ state }) => done(state, [{ kind: 'lock' }]),
};
