import { panesOf, rotate } from '../layout.ts';
import { findWindow } from '../state/query.ts';
import { changeLayout, selectPane } from '../state/panes.ts';
import { type Command, done } from './command.ts';

export const rotateWindow: Command = {
  name: 'rotate-window',
  alias: 'rotatew',
  needs: 'session.use',
  target: 'window',
  args: { flags: 'DU', values: { t: 'target-window' } },
  help: 'Moves every pane of the window one place up (-U, the default) or down (-D). The keyboard stays in its place.',
  examples: ['rotate-window', 'rotate-window -D'],
  run({ state, args, window }) {
    const place = panesOf(window.layout).indexOf(window.active);
    const change = changeLayout(state, window.id, (layout) => rotate(layout, args.has('D') ? 'down' : 'up'));
    const moved = findWindow(change.state, window.id) ?? window;
    const selected = selectPane(change.state, panesOf(moved.layout)[place] ?? window.active);
    return done(selected.state, [...change.effects, ...selected.effects]);
  },
};
