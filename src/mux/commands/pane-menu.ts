import type { Command } from './command.ts';

export const paneMenu: Command = {
  name: 'pane-menu',
  own: true,
  needs: 'session.use',
  target: 'pane',
  args: { values: { t: 'target-pane' } },
  help: 'Opens the menu of a pane.',
  examples: ['pane-menu'],
  opens: 'menu',
};
