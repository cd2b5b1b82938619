import type { Command } from './command.ts';

export const listBuffers: Command = {
  name: 'list-buffers',
  alias: 'lsb',
  needs: 'session.use',
  content: () => true,
  target: 'pane',
  args: {},
  help: 'Lists the buffers of this class, newest first: to paste one, to read it, to forget it. What was copied in another class is in no list here.',
  examples: ['list-buffers'],
  opens: 'buffers',
};
