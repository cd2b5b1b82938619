import { respawnPane as respawn } from '../state.ts';
import { type Command, done, refuse } from './command.ts';
import { startOf } from './start.ts';
import { resolvePane } from './targets.ts';

export const respawnPane: Command = {
  name: 'respawn-pane',
  alias: 'respawnp',
  args: { values: { c: 'start-directory', t: 'target-pane' }, words: ['[shell-command ...]'] },
  help: 'Starts a shell, or a command, in a pane whose program has ended. It gets a recording of its own; the old one is kept.',
  examples: ['respawn-pane', 'respawn-pane htop'],
  run(state, args, context) {
    const target = resolvePane(state, args.value('t'), context);
    if (!target.ok) return refuse(state, target.sentence);
    const change = respawn(state, target.value.pane.id, startOf(args, context, undefined));
    return change.ok ? done(change.value.state, change.value.effects) : refuse(state, change.sentence);
  },
};
