import { cleanName } from '../names.ts';
import { breakPane as takeOut } from '../state/panes.ts';
import { type Command, refuse } from './command.ts';
import { crossInto } from './crossing.ts';

export const breakPane: Command = {
  name: 'break-pane',
  alias: 'breakp',
  needs: 'session.use',
  target: 'pane',
  targetFlag: 's',
  args: { flags: 'd', values: { n: 'window-name', s: 'src-pane' } },
  help: 'Moves this pane into a window of its own. Its program and its recording go on. -d leaves the present window in front.',
  examples: ['break-pane', 'break-pane -n logs'],
  run({ state, args, context, window, pane }) {
    const wanted = args.value('n');
    const name = wanted === undefined ? undefined : cleanName(wanted, 'window');
    if (name && !name.ok) return refuse(state, name.sentence);
    const change = takeOut(state, pane.id, { detached: args.has('d'), ...(name ? { name: name.value } : {}) });
    if (!change.ok) return refuse(state, change.sentence);
    return name ? crossInto(state, context, window, change.value) : change.value;
  },
};
