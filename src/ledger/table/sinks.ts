/** Events of sinks: where events of the ledger go as they are entered. */
import { row } from './row.ts';

export const sinkRows = [
  row(
    'sink.failed',
    'A sink of the policy has not taken events in several attempts, or in a run of a timer; they go on, and nothing is lost. waiting: events that it does not have.',
    { ecs: 'network:info', ocsf: '4001:4', dicom: '110113/~110128', act: 'E', outcome: 'failure', safeguard: 'activity-review' },
    {
      sink: 'anchor',
      kind: 'code',
      code: 'code',
      attempts: 'count',
      waiting: 'count',
    },
  ),
  row(
    'sink.resumed',
    'A sink that had failed takes events again.',
    { ecs: 'network:info', ocsf: '4001:1', dicom: '110113/~110128', act: 'E', safeguard: 'activity-review' },
    { sink: 'anchor', kind: 'code' },
  ),
] as const;
