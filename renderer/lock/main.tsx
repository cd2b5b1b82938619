import '@preact/signals';
import '../shared/ui.css';
import './lock.css';
import { drawWithFacts, openBridge } from '../shared/start.tsx';
import { Lock } from './lock.tsx';

const bridge = openBridge();
if (bridge)
  await drawWithFacts(
    bridge,
    () => bridge.request('lock.facts', {}),
    (facts) => <Lock bridge={bridge} facts={facts} />,
  );
