import type { Command } from './command.ts';

export const chooseBuffer: Command = {
  name: 'choose-buffer',
  needs: 'session.use',
  content: () => true,
  target: 'pane',
  args: { flags: 'NZr' },
  help: 'The same as list-buffers. -Z, -N and -r are accepted and make no difference.',
  examples: ['choose-buffer'],
  opens: 'buffers',
};
