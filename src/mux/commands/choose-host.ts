import type { Command } from './command.ts';

export const chooseHost: Command = {
  name: 'choose-host',
  needs: 'session.open',
  own: true,
  target: 'none',
  args: {},
  help: 'Lists the hosts of ~/.ssh/config and of the profiles, to open one by SSH in a new window: type to find it.',
  examples: ['choose-host'],
  opens: 'hosts',
};
