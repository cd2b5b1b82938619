import { swapWindows } from '../state/move-windows.ts';
import { type Command, done, refuse } from './command.ts';
import { markedOr, resolveWindow } from './targets.ts';

export const swapWindow: Command = {
  name: 'swap-window',
  alias: 'swapw',
  needs: 'session.use',
  target: 'window',
  args: { flags: 'd', values: { s: 'src-window', t: 'dst-window' } },
  help: 'Exchanges the numbers of two windows: this one, or that of the marked pane, or -s; and -t. In front is then the window that has the number of the one before; with -d it is the one that was exchanged.',
  examples: ['swap-window -t :+', 'swap-window -d -t -1'],
  run({ state, args, context, window }) {
    const named = args.value('s');
    const source = named === undefined ? markedOr(state, undefined, context) : resolveWindow(state, named, context);
    if (!source.ok) return refuse(state, source.sentence);
    const from = 'pane' in source.value ? source.value.window : source.value;
    const swapped = swapWindows(state, from.id, window.id, args.has('d'));
    return swapped.ok ? done(swapped.value) : refuse(state, swapped.sentence);
  },
};
