import { applyLayoutString, isLayoutString } from '../layout-strings.ts';
import { spreadOut } from '../layout.ts';
import { presetNames } from '../layout-presets.ts';
import { changeLayout } from '../state/panes.ts';
import { type Command, done, refuse } from './command.ts';
import { stepPreset, usePreset } from './presets.ts';

export const selectLayout: Command = {
  name: 'select-layout',
  alias: 'selectl',
  needs: 'session.use',
  target: 'pane',
  args: { flags: 'Enp', values: { t: 'target-pane' }, words: ['[layout-name]'] },
  help: `Arranges the panes of the window: ${presetNames.join(', ')}. -E gives this pane and those beside it equal sizes; -n and -p take the next and the previous layout; without a name the last one is used again. A layout as display-message '#{window_layout}' and tmux write it (checksum,80x24,0,0{…}) does as well; its sizes are proportions here.`,
  examples: ['select-layout tiled', 'select-layout -E', "select-layout '5bda,80x24,0,0[80x12,0,0,0,80x11,0,13,1]'"],
  run({ state, args, window, pane }) {
    if (args.has('n') || args.has('p')) return stepPreset(state, window, args.has('n') ? 1 : -1);
    if (args.has('E')) {
      const change = changeLayout(state, window.id, (layout) => spreadOut(layout, pane.id));
      return done(change.state, change.effects);
    }
    const [wanted] = args.words;
    if (wanted === undefined) return window.preset === undefined ? done(state) : usePreset(state, window, window.preset);
    if (isLayoutString(wanted)) {
      const layout = applyLayoutString(window.layout, wanted);
      if (!layout.ok) return refuse(state, layout.sentence);
      if (!window.fits) return refuse(state, 'The window is too small for the panes that it has. Make it larger, or close a pane.');
      const change = changeLayout(state, window.id, () => layout.value);
      return done(change.state, change.effects);
    }
    const matches = presetNames.some((name) => name === wanted)
      ? presetNames.filter((name) => name === wanted)
      : presetNames.filter((name) => name.startsWith(wanted));
    const [preset] = matches;
    if (preset === undefined || matches.length > 1) return refuse(state, `"${wanted}" is not one layout. The layouts are ${presetNames.join(', ')}.`);
    return usePreset(state, window, preset);
  },
};
