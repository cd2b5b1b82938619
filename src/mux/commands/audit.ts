import type { Command } from './command.ts';

export const audit: Command = {
  name: 'audit',
  needs: 'audit.look',
  own: true,
  target: 'none',
  args: {},
  help: 'Shows the audit centre: what happened here, in a table and in pictures, and the alerts that are open.',
  examples: ['audit'],
  opens: 'audit',
};
