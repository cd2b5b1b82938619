import { panesOf, rotate } from '../layout.ts';
import { changeLayout, selectPane } from '../state.ts';
import { type Command, done, refuse } from './command.ts';
import { resolveWindow } from './targets.ts';

export const rotateWindow: Command = {
  name: 'rotate-window',
  alias: 'rotatew',
  args: { flags: 'DU', values: { t: 'target-window' } },
  help: 'Moves every pane of the window one place up (-U, the default) or down (-D). The keyboard stays in its place.',
  examples: ['rotate-window', 'rotate-window -D'],
  run(state, args, context) {
    const target = resolveWindow(state, args.value('t'), context);
    if (!target.ok) return refuse(state, target.sentence);
    const window = target.value;
    const place = panesOf(window.layout).indexOf(window.active);
    const change = changeLayout(state, window.id, (layout) => rotate(layout, args.has('D') ? 'down' : 'up'));
    const moved = change.state.sessions.flatMap((session) => session.windows).find((other) => other.id === window.id) ?? window;
    const selected = selectPane(change.state, panesOf(moved.layout)[place] ?? window.active);
    return done(selected.state, [...change.effects, ...selected.effects]);
  },
};
