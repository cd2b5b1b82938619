import { cleanName } from '../names.ts';
import { breakPane as takeOut } from '../state/panes.ts';
import { type Command, done, refuse } from './command.ts';

export const breakPane: Command = {
  name: 'break-pane',
  alias: 'breakp',
  needs: 'session.use',
  target: 'pane',
  targetFlag: 's',
  args: { flags: 'd', values: { n: 'window-name', s: 'src-pane' } },
  help: 'Moves this pane into a window of its own. Its program and its recording go on. -d leaves the present window in front.',
  examples: ['break-pane', 'break-pane -n logs'],
  run({ state, args, pane }) {
    const wanted = args.value('n');
    const name = wanted === undefined ? undefined : cleanName(wanted, 'window');
    if (name && !name.ok) return refuse(state, name.sentence);
    const change = takeOut(state, pane.id, { detached: args.has('d'), ...(name ? { name: name.value } : {}) });
    return change.ok ? done(change.value.state, change.value.effects) : refuse(state, change.sentence);
  },
};
