import { type Command, client } from './command.ts';

export const sendPrefix: Command = {
  name: 'send-prefix',
  needs: 'session.use',
  target: 'pane',
  args: { values: { t: 'target-pane' } },
  help: 'Sends the prefix key itself to the program, for a tmux or screen inside the pane.',
  examples: ['send-prefix'],
  run: ({ state, pane }) => client(state, { action: 'send-keys', pane: pane.id, keys: [state.client.options.session.prefix], literal: false }),
};
