import { type Command } from './command.ts';
import { stepPreset } from './presets.ts';

export const nextLayout: Command = {
  name: 'next-layout',
  alias: 'nextl',
  needs: 'session.use',
  target: 'window',
  args: { values: { t: 'target-window' } },
  help: 'Arranges the panes in the next of the preset layouts that fits.',
  examples: ['next-layout'],
  run: ({ state, window }) => stepPreset(state, window, 1),
};
