import { type Command, done } from './command.ts';

export const detachClient: Command = {
  name: 'detach-client',
  alias: 'detach',
  needs: 'app.lock',
  target: 'none',
  args: {},
  help: 'Locks and closes the window. Programs run on and stay recorded; starting Wardmux again and unlocking brings the panes back.',
  examples: ['detach-client'],
  run: ({ state }) => done(state, [{ kind: 'detach' }]),
};
