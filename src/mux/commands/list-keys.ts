import type { Command } from './command.ts';

export const listKeys: Command = {
  name: 'list-keys',
  alias: 'lsk',
  needs: 'command.give',
  target: 'none',
  args: {},
  help: 'Shows every key and what it does.',
  examples: ['list-keys'],
  opens: 'keys',
};
