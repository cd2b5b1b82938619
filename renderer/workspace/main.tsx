import './frame-budget.ts';
import './style-attribute.ts';
import './cell-metrics.ts';
import { effect } from '@preact/signals';
import { render } from 'preact';
import '../shared/ui.css';
import './panes.css';
import './notices.css';
import './bands/bands.css';
import './review/review.css';
import './audit/audit.css';
import { cellSize, LARGE_DISPLAY } from '../shared/cell.ts';
import { display, setDisplay, stepCell } from '../shared/display.ts';
import { loadFonts, openBridge, Silent } from '../shared/start.tsx';
import { App } from './app.tsx';
import { onCopy } from './clipboard.ts';
import { Controller } from './controller.ts';
import { installKeys } from './keys.ts';
import { watchLease } from './lease.ts';
import * as model from './model.ts';
import { limitHistory } from './scrollback.ts';
import { refreshTerminals, TerminalView } from './terminal-view.ts';

const bridge = openBridge();
if (bridge) {
  const controller = new Controller(bridge, (pane, port) => new TerminalView(pane, port));
  onCopy((text) => controller.copying.tellCore(text));
  controller.onDisplay(({ text, theme }) => setDisplay(bridge, { ...(text ? { cell: stepCell(text, cellSize().c) } : {}), ...(theme ? { theme } : {}) }));
  // While the core opens the view. What the panes are fed waits for them: the emulator measures its cell with the font.
  const greeted = bridge.hello();
  await loadFonts();
  render(<App controller={controller} />, document.body);
  controller.drawn();
  installKeys(controller);
  effect(() => limitHistory(model.options.value['history-limit']));
  const redraw = (): void => {
    refreshTerminals();
    controller.measure();
  };
  display.subscribe(redraw);
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)', LARGE_DISPLAY])
    matchMedia(query).addEventListener('change', redraw);
  await greeted;
  watchLease(bridge, () => {
    bridge.end();
    render(<Silent />, document.body);
    controller.end();
  });
}
