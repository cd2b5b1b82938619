import type { Command } from './command.ts';

export const chooseTree: Command = {
  name: 'choose-tree',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'Zw' },
  help: 'Lists the windows, to go to one. -w and -Z are accepted and make no difference.',
  examples: ['choose-tree -w'],
  opens: 'windows',
};
