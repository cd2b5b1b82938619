/** Display settings on the line of the lock and of the first run: what a person needs before they can read anything else. */
import type { JSX } from 'preact';
import type { Bridge } from './bridge.ts';
import { display, isDark, largerCell, setDisplay } from './display.ts';
import { keepFocus } from './focus.ts';
import { messages } from './messages.ts';

const text = messages.display;

export function DisplaySettings({ bridge }: { readonly bridge: Bridge }): JSX.Element {
  const { cell, contrast, motion } = display.value;
  const next = largerCell(cell);
  const dark = isDark();
  return (
    <div class="line__state" role="group" aria-label={text.group} onMouseDown={keepFocus}>
      <button type="button" class="st" onClick={() => setDisplay(bridge, { cell: next })}>
        {next === 'auto' ? text.standard : text.larger}
      </button>
      <button type="button" class="st" aria-pressed={contrast} onClick={() => setDisplay(bridge, { contrast: !contrast })}>
        {text.contrast}
      </button>
      <button type="button" class="st" onClick={() => setDisplay(bridge, { theme: dark ? 'light' : 'dark' })}>
        {dark ? text.light : text.dark}
      </button>
      <button type="button" class="st" aria-pressed={!motion} onClick={() => setDisplay(bridge, { motion: !motion })}>
        {text.motion}
      </button>
    </div>
  );
}
