import { type Command, client } from './command.ts';

export const displayPanes: Command = {
  name: 'display-panes',
  alias: 'displayp',
  needs: 'session.use',
  target: 'none',
  args: {},
  help: 'Shows the number of each pane for a moment; pressing a number goes there.',
  examples: ['display-panes'],
  run: ({ state }) => client(state, { action: 'display-panes' }),
};
