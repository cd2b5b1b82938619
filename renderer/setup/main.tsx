import '@preact/signals';
import { render } from 'preact';
import '../shared/ui.css';
import './setup.css';
import { Bridge } from '../shared/bridge.ts';
import { followDisplay } from '../shared/display.ts';
import { guardChords } from '../../src/bridge/browser-chords.ts';
import { loadFonts, Unconnected } from '../shared/start.tsx';
import { Setup } from './setup.tsx';

/** The core wants to know at most once a second that somebody is there. */
const ACTIVITY_MS = 1_000;

guardChords(window);
if (!window.wardmux) render(<Unconnected />, document.body);
else {
  const bridge = new Bridge();
  followDisplay(bridge);
  const [facts] = await Promise.all([
    bridge
      .hello()
      .then(() => bridge.request('setup.facts', {}))
      .catch(() => undefined),
    loadFonts(),
  ]);
  render(<Setup bridge={bridge} facts={facts} />, document.body);
  let last = -Infinity;
  const active = (kind: 'key' | 'pointer') => (): void => {
    if (performance.now() - last < ACTIVITY_MS) return;
    last = performance.now();
    void bridge.request('activity', { kind }).catch(() => {});
  };
  window.addEventListener('keydown', active('key'), { capture: true });
  window.addEventListener('pointerdown', active('pointer'), { capture: true });
}
