import type { Command } from './command.ts';

export const chooseTree: Command = {
  name: 'choose-tree',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'Zsw' },
  help: 'Lists the windows of this session and the other sessions, to go to one. -s, -w and -Z are accepted and make no difference.',
  examples: ['choose-tree -w', 'choose-tree -s'],
  opens: 'windows',
};
