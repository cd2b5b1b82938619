import './frame-budget.ts';
import './style-attribute.ts';
import './cell-metrics.ts';
import '@preact/signals';
import { render } from 'preact';
import '../shared/tokens.css';
import '../shared/ui.css';
import { Bridge } from '../shared/bridge.ts';
import { display, followDisplay } from '../shared/display.ts';
import { guardChords } from '../../src/bridge/browser-chords.ts';
import { loadFonts, Silent, Unconnected } from '../shared/start.tsx';
import { App } from './app.tsx';
import { Controller } from './controller.ts';
import { installKeys } from './keys.ts';
import { watchLease } from './lease.ts';
import { refreshTerminals } from './terminal-view.ts';

guardChords(window);
if (!window.wardmux) render(<Unconnected />, document.body);
else {
  const bridge = new Bridge();
  followDisplay(bridge);
  const controller = new Controller(bridge);
  // The emulator measures its cell with the font: it has to be there first.
  await loadFonts();
  render(<App controller={controller} />, document.body);
  installKeys(controller);
  const redraw = (): void => {
    refreshTerminals();
    controller.measure();
  };
  display.subscribe(redraw);
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)'])
    matchMedia(query).addEventListener('change', redraw);
  await bridge.hello();
  watchLease(bridge, () => {
    bridge.end();
    render(<Silent />, document.body);
    controller.end();
  });
}
