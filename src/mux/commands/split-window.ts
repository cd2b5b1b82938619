import { type Direction, panesOf } from '../layout.ts';
import { splitPane } from '../state/panes.ts';
import { paneSize } from '../state/sizes.ts';
import { parseSize } from './arguments.ts';
import { type Command, refuse } from './command.ts';
import { crossInto } from './crossing.ts';
import { givesText, startOf } from './start.ts';

export const splitWindow: Command = {
  name: 'split-window',
  alias: 'splitw',
  needs: 'session.open',
  target: 'pane',
  args: { flags: 'bdfhv', values: { c: 'start-directory', l: 'size', p: 'percentage', t: 'target-pane' }, words: ['[shell-command ...]'] },
  help: 'Opens a new pane beside this one. -h puts it on the right, -v (the default) below; -b on the other side; -f along the whole window; -d leaves the keyboard where it is. The size is in cells or a percentage.',
  examples: ['split-window -h', 'split-window -v -l 30%', "split-window -h 'tail -f /var/log/syslog'"],
  run({ state, args, context, window, pane }) {
    const direction: Direction = args.has('h') ? 'left-right' : 'top-bottom';
    const whole = args.has('f') ? window.layout.root : paneSize(window, pane.id, state.client.stage);
    const percentage = args.value('p');
    const wanted = args.value('l') ?? (percentage === undefined ? undefined : `${percentage}%`);
    const size = wanted === undefined ? undefined : parseSize(wanted, direction === 'left-right' ? whole.cols : whole.rows);
    if (size && !size.ok) return refuse(state, size.sentence);
    const how = { before: args.has('b'), full: args.has('f'), detached: args.has('d'), ...(size ? { size: size.value } : {}) };
    // With -f any pane of the window will do; the folder is the target's all the same.
    const beside = panesOf(window.layout).includes(pane.id) ? pane.id : window.active;
    const change = splitPane(state, beside, direction, startOf(args, context, pane.id), how);
    if (!change.ok) return refuse(state, change.sentence);
    return givesText(args) ? crossInto(state, context, window, change.value) : change.value;
  },
};
