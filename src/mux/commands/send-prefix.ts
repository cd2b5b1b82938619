import { type Command, client, refuse } from './command.ts';

export const sendPrefix: Command = {
  name: 'send-prefix',
  needs: 'session.use',
  content: () => true,
  target: 'pane',
  args: { flags: '2', values: { t: 'target-pane' } },
  help: 'Sends the prefix key itself to the program, for a tmux or screen inside the pane; -2 the second one.',
  examples: ['send-prefix'],
  run({ state, args, pane }) {
    const key = state.client.options.session[args.has('2') ? 'prefix2' : 'prefix'];
    return key === 'None' ? refuse(state, 'There is no second prefix.') : client(state, { action: 'send-keys', pane: pane.id, keys: [key], literal: false });
  },
};
