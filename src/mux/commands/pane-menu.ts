import { type Command, client } from './command.ts';

export const paneMenu: Command = {
  name: 'pane-menu',
  own: true,
  needs: 'session.use',
  target: 'pane',
  args: { values: { t: 'target-pane' } },
  help: 'Opens the menu of a pane.',
  examples: ['pane-menu'],
  run: ({ state, pane }) => client(state, { action: 'menu', pane: pane.id }),
};
