import { borderAt, dragBorder as drag } from '../layout.ts';
import { changeLayout } from '../state/panes.ts';
import { activeWindow } from '../state/query.ts';
import { parseCount } from './arguments.ts';
import { type Command, done, refuse } from './command.ts';

export const dragBorder: Command = {
  name: 'drag-border',
  needs: 'session.use',
  own: true,
  target: 'none',
  args: { words: ['from-x', 'from-y', 'to-x', 'to-y'] },
  help: 'Moves the border under one cell of the window to another cell, as far as the panes allow. Cells count from 0 at the top left. This is what dragging with the mouse sends.',
  examples: ['drag-border 40 5 52 5'],
  run({ state, args }) {
    const numbers = args.words.map((word) => parseCount(word, 'cell'));
    const bad = numbers.find((number) => !number.ok);
    if (bad && !bad.ok) return refuse(state, bad.sentence);
    const [fromX = 0, fromY = 0, toX = 0, toY = 0] = numbers.map((number) => (number.ok ? number.value : 0));
    const window = activeWindow(state);
    const border = window && !window.zoomed && window.fits ? borderAt(window.layout, fromX, fromY) : undefined;
    if (!window || !border) return refuse(state, 'There is no border in that place.');
    const change = changeLayout(state, window.id, (layout) => drag(layout, border, border.direction === 'left-right' ? toX - fromX : toY - fromY));
    return done(change.state, change.effects);
  },
};
