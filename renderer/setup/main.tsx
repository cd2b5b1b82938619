import '@preact/signals';
import '../shared/ui.css';
import './setup.css';
import { drawWithFacts, openBridge } from '../shared/start.tsx';
import { Setup } from './setup.tsx';

/** The core wants to know at most once a second that somebody is there. */
const ACTIVITY_MS = 1_000;

const bridge = openBridge();
if (bridge) {
  await drawWithFacts(
    bridge,
    () => bridge.request('setup.facts', {}),
    (facts) => <Setup bridge={bridge} facts={facts} />,
  );
  let last = -Infinity;
  const active = (kind: 'key' | 'pointer') => (): void => {
    if (performance.now() - last < ACTIVITY_MS) return;
    last = performance.now();
    void bridge.request('activity', { kind }).catch(() => {});
  };
  window.addEventListener('keydown', active('key'), { capture: true });
  window.addEventListener('pointerdown', active('pointer'), { capture: true });
}
