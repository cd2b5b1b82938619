import '@preact/signals';
import { render } from 'preact';
import '../shared/ui.css';
import './lock.css';
import { Bridge } from '../shared/bridge.ts';
import { followDisplay } from '../shared/display.ts';
import { guardChords } from '../../src/bridge/browser-chords.ts';
import { loadFonts, Unconnected } from '../shared/start.tsx';
import { Lock } from './lock.tsx';

guardChords(window);
if (!window.wardmux) render(<Unconnected />, document.body);
else {
  const bridge = new Bridge();
  followDisplay(bridge);
  const [facts] = await Promise.all([
    bridge
      .hello()
      .then(() => bridge.request('lock.facts', {}))
      .catch(() => undefined),
    loadFonts(),
  ]);
  render(<Lock bridge={bridge} facts={facts} />, document.body);
}
