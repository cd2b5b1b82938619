import { type Command, client } from './command.ts';

export const clockMode: Command = {
  name: 'clock-mode',
  needs: 'session.use',
  target: 'pane',
  args: { values: { t: 'target-pane' } },
  help: 'Shows the time in a pane until a key is pressed, which no program gets.',
  examples: ['clock-mode'],
  run: ({ state, pane }) => client(state, { action: 'clock', pane: pane.id }),
};
