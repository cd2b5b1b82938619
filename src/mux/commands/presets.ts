/** Putting a preset layout on a window, for select-layout and next-layout. */
import { type LayoutPreset, applyPreset, presetNames } from '../layout-presets.ts';
import type { State, Window } from '../state/model.ts';
import { changeLayout } from '../state/panes.ts';
import { changeWindow } from '../state/windows.ts';
import { type CommandOutcome, done, refuse } from './command.ts';

export function usePreset(state: State, window: Window, preset: LayoutPreset): CommandOutcome {
  if (!window.fits) return refuse(state, 'The window is too small for the panes that it has. Make it larger, or close a pane.');
  const main = { cols: state.client.options.window['main-pane-width'], rows: state.client.options.window['main-pane-height'] };
  const layout = applyPreset(window.layout, preset, main);
  if (!layout.ok) return refuse(state, layout.sentence);
  const change = changeLayout(state, window.id, () => layout.value);
  return done(
    changeWindow(change.state, window.id, (changed) => ({ ...changed, preset })),
    change.effects,
  );
}

/** The next preset, or the one before, that fits. */
export function stepPreset(state: State, window: Window, by: 1 | -1): CommandOutcome {
  const count = presetNames.length;
  const at = window.preset === undefined ? (by === 1 ? -1 : count) : presetNames.indexOf(window.preset);
  let first: CommandOutcome | undefined;
  for (let i = 1; i <= count; i += 1) {
    const preset = presetNames[(((at + by * i) % count) + count) % count] ?? 'tiled';
    const outcome = usePreset(state, window, preset);
    if (!outcome.failed) return outcome;
    first ??= outcome;
  }
  return first ?? done(state);
}
