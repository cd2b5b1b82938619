import '@preact/signals';
import '../shared/ui.css';
import './setup.css';
import { tellActivity } from '../shared/activity.ts';
import { drawWithFacts, openBridge } from '../shared/start.tsx';
import { Setup } from './setup.tsx';

const bridge = openBridge();
if (bridge) {
  await drawWithFacts(
    bridge,
    () => bridge.request('setup.facts', {}),
    (facts) => <Setup bridge={bridge} facts={facts} />,
  );
  tellActivity(bridge);
}
