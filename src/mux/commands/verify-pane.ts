import { type Command, client } from './command.ts';

export const verifyPane: Command = {
  name: 'verify-pane',
  needs: 'ledger.verify',
  own: true,
  target: 'pane',
  args: { values: { t: 'target-pane' } },
  help: 'Checks the recording of a pane and the ledger as they stand, and says what was found.',
  examples: ['verify-pane'],
  run: ({ state, pane }) => client(state, { action: 'verify', pane: pane.id }),
};
