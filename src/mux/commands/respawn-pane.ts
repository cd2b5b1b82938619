import { respawnPane as respawn } from '../state/panes.ts';
import { type Command, refuse } from './command.ts';
import { crossInto } from './crossing.ts';
import { givesText, startOf } from './start.ts';

export const respawnPane: Command = {
  name: 'respawn-pane',
  alias: 'respawnp',
  needs: 'session.open',
  target: 'pane',
  args: { values: { c: 'start-directory', t: 'target-pane' }, words: ['[shell-command ...]'] },
  help: 'Starts a shell, or a command, in a pane whose program has ended. It gets a recording of its own; the old one is kept.',
  examples: ['respawn-pane', 'respawn-pane htop'],
  run({ state, args, context, window, pane }) {
    const change = respawn(state, pane.id, startOf(args, context, undefined));
    if (!change.ok) return refuse(state, change.sentence);
    return givesText(args) ? crossInto(state, context, window, change.value) : change.value;
  },
};
