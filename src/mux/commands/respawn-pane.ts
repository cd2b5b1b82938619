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
    // In the place of a host only what is named: a key that starts again must not end in a shell of this machine under that name.
    const isNamed = givesText(args) || pane.opened === undefined;
    const change = respawn(state, pane.id, isNamed ? startOf(args, context, undefined) : undefined);
    if (!change.ok) return refuse(state, change.sentence);
    return givesText(args) ? crossInto(state, context, window, change.value) : change.value;
  },
};
