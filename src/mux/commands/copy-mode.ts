import { type Command, client } from './command.ts';

export const copyMode: Command = {
  name: 'copy-mode',
  needs: 'session.use',
  target: 'pane',
  args: { flags: 'u', values: { t: 'target-pane' } },
  help: 'Reads the scrollback of a pane, to search it and to copy from it. -u starts a page up.',
  examples: ['copy-mode', 'copy-mode -u'],
  run: ({ state, args, pane }) => client(state, { action: 'copy-mode', pane: pane.id, ...(args.has('u') ? { pageUp: true } : {}) }),
};
