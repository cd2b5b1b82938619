import { type Command, client } from './command.ts';

export const search: Command = {
  name: 'search',
  needs: 'session.use',
  own: true,
  target: 'pane',
  args: { values: { t: 'target-pane' } },
  help: 'Searches the scrollback of a pane.',
  examples: ['search'],
  run: ({ state, pane }) => client(state, { action: 'search', pane: pane.id }),
};
