/** The audit centre, for the page’s requests: which alerts are open, with names, and how one of them is closed. */
import { ruleHelp } from '../src/alerts/absences.ts';
import type { OpenAlert } from '../src/audit/service.ts';
import type { Output } from '../src/bridge/schema.ts';
import { enterClosing, notCounted } from '../src/services/ledger/alerts.ts';
import { namesFor } from '../src/services/recordings/list.ts';
import type { Home } from '../src/storage/index.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { AuditKeeper } from './processes/audit-keeper.ts';
import type { VaultKeeper } from './processes/vault-keeper.ts';

export interface AuditParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'requireSession'>;
  readonly vaults: Pick<VaultKeeper, 'require'>;
  readonly installed: Pick<InstalledHolder, 'require'>;
  readonly keeper: Pick<AuditKeeper, 'look'>;
}

/** What the page's requests ask for. */
export interface Auditing {
  readonly alerts: () => Promise<Output<'audit.alerts'>>;
  /** The note has been sent as a sealed frame to the vault. @throws Refusal where it is not closed */
  readonly close: (rule: string, alert: number) => Promise<void>;
}

export const auditOf = (parts: AuditParts): Auditing => ({ alerts: () => openAlerts(parts), close: (rule, alert) => close(parts, rule, alert) });

async function openAlerts({ home, gate, installed, keeper }: AuditParts): Promise<Output<'audit.alerts'>> {
  const { all, alerts } = await keeper.look();
  const { person } = gate.requireSession();
  const nameOf = namesFor(home, installed.require().ledger.facts, person.id);
  const now = Date.now();
  return {
    all,
    alerts: alerts.map(({ about, ...alert }) => ({
      ...alert,
      help: ruleHelp(alert.rule),
      late: Date.parse(alert.due) < now,
      about: about.map((id) => nameOf(id) ?? id),
      aboutYou: about.includes(person.id),
    })),
  };
}

async function close({ home, gate, vaults, installed, keeper }: AuditParts, rule: string, seq: number): Promise<void> {
  const isIt = (alert: OpenAlert): boolean => alert.rule === rule && alert.seq === seq;
  const alert = (await keeper.look()).alerts.find(isIt);
  if (!alert) throw new Refusal('no-alert', `The alert ${rule} of event ${seq} is not open any more, so nothing was closed.`);
  const { person } = gate.requireSession();
  const { ledger } = installed.require();
  await ledger.refresh();
  await enterClosing(
    {
      home,
      ledger,
      person,
      now: Date.now(),
      sign: async ({ rule, seq, about, recipients }) => {
        const { file, ...certificate } = await vaults.require().ask('certifyAlert', { rule, alert: seq, about, recipients });
        return { file, certificate };
      },
    },
    alert,
  );
  // What counts is what whoever reads the ledger makes of it.
  if ((await keeper.look()).alerts.some(isIt)) throw notCounted(alert);
}
