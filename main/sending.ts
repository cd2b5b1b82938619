/**
 * What the process that goes through the ledger asks of main for the sinks: it has no key, so the place up to which a collector has the events is looked at,
 * signed and kept here, and what became of a sink is entered here. A place that is none of this ledger, or of no sink of the policy in force, is neither.
 */
import type { AuditEntry } from '../src/ledger/events.ts';
import { writeCursor } from '../src/sinks/cursor.ts';
import type { SinkRow } from '../src/sinks/kinds.ts';
import type { Home } from '../src/storage/index.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { Sending } from './processes/audit-keeper.ts';

export interface SendingParts {
  readonly home: Pick<Home, 'sinks'>;
  readonly installed: Pick<InstalledHolder, 'current' | 'require'>;
  readonly journal: Pick<Journal, 'enter'>;
}

export function sendingOf({ home, installed, journal }: SendingParts): Sending {
  const requireSink = (name: string): SinkRow => {
    const found = installed.require().policy.policy.sinks?.find((row) => row.name === name);
    if (!found) throw new Refusal('no-sink', 'The policy in force names no such sink any more.');
    return found;
  };
  const enter = async (entry: AuditEntry): Promise<void> => {
    if (!(await journal.enter(entry))) throw new Refusal('not-entered', 'The ledger does not take it now.');
  };
  return {
    sinks: () => {
      const { sinks = [], network } = installed.require().policy.policy;
      return { rows: [...sinks], network: [...network] };
    },
    keep: async ({ sink, ...place }) => {
      requireSink(sink);
      const { ledger, signer } = installed.require();
      // What others have entered may have gone already.
      await ledger.refresh();
      if ((await ledger.rootAt(place.size)) !== place.root) throw new Refusal('other-ledger', 'That is no place in this ledger.');
      await writeCursor(home.sinks, sink, place, (bytes) => signer.sign(bytes));
    },
    enter: async ({ sink, kind, failed }) => {
      requireSink(sink);
      await enter(failed ? { action: 'sink.failed', detail: { sink, kind, ...failed } } : { action: 'sink.resumed', detail: { sink, kind } });
    },
    enterEnd: async ({ sink, ...end }) => {
      const { kind } = requireSink(sink);
      await enter({ action: 'sink.certificate', detail: { sink, kind, ...end } });
    },
  };
}
