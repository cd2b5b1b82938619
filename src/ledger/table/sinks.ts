/** Events of sinks: where events of the ledger go as they are entered. */
import { row } from './row.ts';

export const sinkRows = [
  row(
    'sink.failed',
    'A sink of the policy has not taken events in several attempts, or in a run of a timer; they go on, and nothing is lost. waiting: events that it does not have.',
    {
      sink: 'anchor',
      kind: 'code',
      code: 'code',
      attempts: 'count',
      waiting: 'count',
    },
  ),
  row('sink.resumed', 'A sink that had failed takes events again.', { sink: 'anchor', kind: 'code' }),
] as const;
