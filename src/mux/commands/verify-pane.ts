import { type Command, done, refuse } from './command.ts';
import { resolvePane } from './targets.ts';

export const verifyPane: Command = {
  name: 'verify-pane',
  own: true,
  args: { values: { t: 'target-pane' } },
  help: 'Checks the recording of a pane and the ledger as they stand, and says what was found.',
  examples: ['verify-pane'],
  run(state, args, context) {
    const target = resolvePane(state, args.value('t'), context);
    return target.ok ? done(state, [{ kind: 'verify', pane: target.value.pane.id }]) : refuse(state, target.sentence);
  },
};
