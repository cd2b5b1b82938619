import '@preact/signals';
import '../shared/ui.css';
import './guest.css';
import { tellActivity } from '../shared/activity.ts';
import { drawWithFacts, openBridge } from '../shared/start.tsx';
import { Guest } from './guest.tsx';

const bridge = openBridge();
if (bridge) {
  await drawWithFacts(
    bridge,
    () => bridge.request('people.asked', {}),
    (asked) => <Guest bridge={bridge} asked={asked} />,
  );
  tellActivity(bridge);
}
