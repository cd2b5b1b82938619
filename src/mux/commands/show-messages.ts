import type { Command } from './command.ts';

export const showMessages: Command = {
  name: 'show-messages',
  alias: 'showmsgs',
  needs: 'command.give',
  target: 'none',
  args: {},
  help: 'Shows again what this window has said since the unlock: answers, results, warnings.',
  examples: ['show-messages'],
  opens: 'messages',
};
