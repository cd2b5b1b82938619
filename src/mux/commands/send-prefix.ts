import { type Command, client, refuse } from './command.ts';
import { resolvePane } from './targets.ts';

export const sendPrefix: Command = {
  name: 'send-prefix',
  args: { values: { t: 'target-pane' } },
  help: 'Sends the prefix key itself to the program, for a tmux or screen inside the pane.',
  examples: ['send-prefix'],
  run(state, args, context) {
    const target = resolvePane(state, args.value('t'), context);
    return target.ok
      ? client(state, { action: 'send-keys', pane: target.value.pane.id, keys: [state.options.prefix], literal: false })
      : refuse(state, target.sentence);
  },
};
