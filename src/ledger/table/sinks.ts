/** Events of sinks: where events of the ledger go as they are entered. */
import { sinkCertificates } from '../../types/words.ts';
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
  row(
    'sink.certificate',
    'A certificate that a sink hangs on ends within 30 days, or has ended: the server’s, this workstation’s own, or that of the authority. Said once a week.',
    { ecs: 'network:info', ocsf: '4001:99', dicom: '110113/~110128', act: 'E', safeguard: 'activity-review' },
    { sink: 'anchor', kind: 'code', which: sinkCertificates, until: 'moment' },
  ),
] as const;
