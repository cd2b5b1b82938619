import { type Command, refuse } from './command.ts';
import { stepPreset } from './presets.ts';
import { resolveWindow } from './targets.ts';

export const nextLayout: Command = {
  name: 'next-layout',
  alias: 'nextl',
  args: { values: { t: 'target-window' } },
  help: 'Arranges the panes in the next of the preset layouts that fits.',
  examples: ['next-layout'],
  run(state, args, context) {
    const window = resolveWindow(state, args.value('t'), context);
    return window.ok ? stepPreset(state, window.value, 1) : refuse(state, window.sentence);
  },
};
