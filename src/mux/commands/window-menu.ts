import type { Command } from './command.ts';

export const windowMenu: Command = {
  name: 'window-menu',
  needs: 'session.use',
  target: 'none',
  args: {},
  help: 'Opens the menu of this window.',
  examples: ['window-menu'],
  own: true,
  opens: 'window-menu',
};
