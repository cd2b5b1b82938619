import { sessionOf } from '../state/query.ts';
import { newWindow as open } from '../state/windows.ts';
import { cleanName } from '../names.ts';
import { parseCount } from './arguments.ts';
import { type Command, refuse } from './command.ts';
import { crossInto, folderSource } from './crossing.ts';
import { givesText, startOf } from './start.ts';

export const newWindow: Command = {
  name: 'new-window',
  alias: 'neww',
  needs: 'session.open',
  target: 'none',
  args: { flags: 'd', values: { c: 'start-directory', n: 'window-name', t: 'target-window' }, words: ['[shell-command ...]'] },
  help: 'Opens a new window with one pane, in the folder of this pane. -d leaves the present window in front; -t gives its number.',
  examples: ['new-window', 'new-window -n logs', 'new-window -t :5 htop'],
  run({ state, args, context }) {
    const wanted = args.value('n');
    const name = wanted === undefined ? undefined : cleanName(wanted, 'window');
    if (name && !name.ok) return refuse(state, name.sentence);
    const target = args
      .value('t')
      ?.replace(/^[^:]*:/, '')
      .replace(/^=/, '');
    const index = target === undefined || target === '' ? undefined : parseCount(target, 'window number');
    if (index && !index.ok) return refuse(state, index.sentence);
    if (index && sessionOf(state).windows.some((window) => window.index === index.value)) return refuse(state, `There is a window ${index.value} already.`);
    const from = folderSource(state, context, sessionOf(state));
    const how = { detached: args.has('d'), ...(name ? { name: name.value } : {}), ...(index ? { index: index.value } : {}) };
    const change = open(state, startOf(args, context, from), how);
    return givesText(args) ? crossInto(state, context, sessionOf(state), change) : change;
  },
};
