import type { Command } from './command.ts';

export const alerts: Command = {
  name: 'alerts',
  needs: 'audit.look',
  own: true,
  target: 'none',
  args: {},
  help: 'Shows the alerts that are open, and closes one with a note.',
  examples: ['alerts'],
  opens: 'alerts',
};
