import { type Command, client, refuse } from './command.ts';
import { resolvePane } from './targets.ts';

export const search: Command = {
  name: 'search',
  own: true,
  args: { values: { t: 'target-pane' } },
  help: 'Searches the scrollback of a pane.',
  examples: ['search'],
  run(state, args, context) {
    const target = resolvePane(state, args.value('t'), context);
    return target.ok ? client(state, { action: 'search', pane: target.value.pane.id }) : refuse(state, target.sentence);
  },
};
