import { moveWindow as move, renumberWindows } from '../state/move-windows.ts';
import { sessionOf } from '../state/query.ts';
import { parseCount } from './arguments.ts';
import { type Command, done, refuse } from './command.ts';
import { resolveWindow } from './targets.ts';

export const moveWindow: Command = {
  name: 'move-window',
  alias: 'movew',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'abdkr', values: { s: 'src-window', t: 'dst-window' } },
  help: 'Gives a window another number: -t, or the next free one; -a after the window that -t names, -b before it; -k closes a window that has the number. -r numbers all windows anew, without holes. -d leaves the present window in front.',
  examples: ['move-window -t 5', 'move-window -a -t :0', 'move-window -r'],
  run({ state, args, context }) {
    if (args.has('r')) return done(renumberWindows(state));
    const source = resolveWindow(state, args.value('s'), context);
    if (!source.ok) return refuse(state, source.sentence);
    const how = { detached: args.has('d'), kill: args.has('k') };
    const wanted = args.value('t')?.replace(/^[^:]*:=?/, '');
    if (args.has('a') || args.has('b')) {
      const beside = resolveWindow(state, args.value('t'), context);
      if (!beside.ok) return refuse(state, beside.sentence);
      const change = move(state, source.value.id, { beside: beside.value.id, before: args.has('b') }, how);
      return change.ok ? done(change.value.state, change.value.effects) : refuse(state, change.sentence);
    }
    const index = wanted === undefined || wanted === '' ? undefined : parseCount(wanted, 'window number');
    if (index && !index.ok) return refuse(state, index.sentence);
    if (!sessionOf(state).windows.includes(source.value)) return refuse(state, 'This window is of another session. Go there first: switch-client');
    const change = move(state, source.value.id, index?.value, how);
    return change.ok ? done(change.value.state, change.value.effects) : refuse(state, change.sentence);
  },
};
