import { type Command, done, refuse } from './command.ts';
import { resolvePane } from './targets.ts';

export const exportPane: Command = {
  name: 'export-pane',
  own: true,
  args: { values: { t: 'target-pane' } },
  help: 'Writes the signed session log of a pane into a folder that an auditor can check without Wardmux.',
  examples: ['export-pane'],
  run(state, args, context) {
    const target = resolvePane(state, args.value('t'), context);
    return target.ok ? done(state, [{ kind: 'export', pane: target.value.pane.id }]) : refuse(state, target.sentence);
  },
};
