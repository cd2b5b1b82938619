import { type Direction, resize, resizeTo } from '../layout.ts';
import { changeLayout, toggleZoom } from '../state/panes.ts';
import { parseCount, parseSize } from './arguments.ts';
import { type Command, done, refuse } from './command.ts';

const moves: readonly (readonly [string, Direction, 1 | -1])[] = [
  ['L', 'left-right', -1],
  ['R', 'left-right', 1],
  ['U', 'top-bottom', -1],
  ['D', 'top-bottom', 1],
];

export const resizePane: Command = {
  name: 'resize-pane',
  alias: 'resizep',
  needs: 'session.use',
  target: 'pane',
  args: { flags: 'DLRUZ', values: { t: 'target-pane', x: 'width', y: 'height' }, words: ['[adjustment]'] },
  help: "Moves this pane's border up, down, left or right by cells (1 if no number is given), or sets its width and height in cells or a percentage of the window. -Z shows the pane alone, and again shows all.",
  examples: ['resize-pane -L 5', 'resize-pane -x 80', 'resize-pane -Z'],
  run({ state, args, window, pane }) {
    if (args.has('Z')) {
      if (window.panes.length < 2) return done(state, [], 'This is the only pane: it fills the window already.');
      const change = toggleZoom(state, pane.id);
      return done(change.state, change.effects);
    }
    if (!window.fits) return refuse(state, 'The window is too small for the panes that it has. Make it larger, or close a pane.');
    const adjustment = args.words[0] === undefined ? { ok: true as const, value: 1 } : parseCount(args.words[0], 'number of cells', 1);
    if (!adjustment.ok) return refuse(state, adjustment.sentence);
    let layout = window.layout;
    for (const [flag, direction, whole] of [['x', 'left-right', state.client.stage.cols] as const, ['y', 'top-bottom', state.client.stage.rows] as const]) {
      const wanted = args.value(flag);
      if (wanted === undefined) continue;
      const size = parseSize(wanted, whole);
      if (!size.ok) return refuse(state, size.sentence);
      layout = resizeTo(layout, pane.id, direction, size.value);
    }
    const move = moves.find(([flag]) => args.has(flag));
    if (move) layout = resize(layout, pane.id, move[1], move[2] * adjustment.value);
    const change = changeLayout(state, window.id, () => layout);
    return done(change.state, change.effects);
  },
};
