import { type Command } from './command.ts';
import { stepPreset } from './presets.ts';

export const previousLayout: Command = {
  name: 'previous-layout',
  alias: 'prevl',
  needs: 'session.use',
  target: 'window',
  args: { values: { t: 'target-window' } },
  help: 'Arranges the panes in the previous of the preset layouts that fits.',
  examples: ['previous-layout'],
  run: ({ state, window }) => stepPreset(state, window, -1),
};
