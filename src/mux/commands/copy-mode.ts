import { type Command, client, refuse } from './command.ts';
import { resolvePane } from './targets.ts';

export const copyMode: Command = {
  name: 'copy-mode',
  args: { flags: 'u', values: { t: 'target-pane' } },
  help: 'Reads the scrollback of a pane, to search it and to copy from it. -u starts a page up.',
  examples: ['copy-mode', 'copy-mode -u'],
  run(state, args, context) {
    const target = resolvePane(state, args.value('t'), context);
    return target.ok
      ? client(state, { action: 'copy-mode', pane: target.value.pane.id, ...(args.has('u') ? { pageUp: true } : {}) })
      : refuse(state, target.sentence);
  },
};
