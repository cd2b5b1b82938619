import { type Command, client } from './command.ts';

export const refreshClient: Command = {
  name: 'refresh-client',
  alias: 'refresh',
  needs: 'session.use',
  target: 'none',
  args: {},
  help: 'Measures the window and draws every pane anew.',
  examples: ['refresh-client'],
  run: ({ state }) => client(state, { action: 'redraw' }),
};
