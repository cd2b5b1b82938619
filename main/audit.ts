/** The audit centre, for the page’s requests: events, pictures, and which alerts are open, with names; and how one of those is closed. */
import { alertSentence } from '../src/alerts/evaluate.ts';
import type { OpenAlert } from '../src/audit/service.ts';
import { reviewDueAt, reviewStateOf } from '../src/break-glass/index.ts';
import type { Input, Output } from '../src/bridge/schema.ts';
import { diskOf } from '../src/disk/room.ts';
import type { LedgerFacts } from '../src/ledger/facts.ts';
import { actionsOf } from '../src/report/events.ts';
import { emergencyReviewFault, reviewEmergency } from '../src/services/emergency/break-glass.ts';
import { enterClosing, notCounted } from '../src/services/ledger/alerts.ts';
import { enterReviewed } from '../src/services/ledger/reviews.ts';
import { namesFor } from '../src/services/recordings/list.ts';
import type { Home } from '../src/storage/index.ts';
import { daysAsked } from './days-asked.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { AuditKeeper } from './processes/audit-keeper.ts';
import type { VaultKeeper } from './processes/vault-keeper.ts';

export interface AuditParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'requireSession'>;
  readonly vaults: Pick<VaultKeeper, 'require'>;
  readonly installed: Pick<InstalledHolder, 'require'>;
  readonly journal: Pick<Journal, 'enter'>;
  readonly keeper: Pick<AuditKeeper, 'look' | 'events' | 'pictures' | 'reviews'>;
}

/** What the page's requests ask for. */
export interface Auditing {
  readonly alerts: () => Promise<Output<'audit.alerts'>>;
  /** @throws Refusal where what is asked for is nothing, or the look cannot be entered */
  readonly events: (query: Input<'audit.events'>) => Promise<Output<'audit.events'>>;
  readonly pictures: () => Promise<Output<'audit.pictures'>>;
  readonly reviews: () => Promise<Output<'audit.reviews'>>;
  /** The note has been sent as a sealed frame to the vault. @throws Refusal where nothing was signed */
  readonly sign: (span: Input<'audit.sign'>) => Promise<void>;
  readonly emergencies: () => Promise<Output<'audit.emergencies'>>;
  /** @throws Refusal where it is not reviewed */
  readonly reviewEmergency: (said: Input<'audit.reviewEmergency'>) => Promise<void>;
  /** The note has been sent as a sealed frame to the vault. @throws Refusal where it is not closed */
  readonly close: (rule: string, alert: number) => Promise<void>;
}

const MOST_PEOPLE = 1000;
const MEBIBYTE = 1024 * 1024;

export function auditOf(parts: AuditParts): Auditing {
  const events = new EventLooks(parts);
  return {
    alerts: () => openAlerts(parts),
    events: (query) => events.page(query),
    pictures: () => pictures(parts),
    reviews: () => reviews(parts),
    sign: (span) => sign(parts, span),
    emergencies: () => emergencies(parts),
    reviewEmergency: (said) => reviewOne(parts, said),
    close: (rule, alert) => close(parts, rule, alert),
  };
}

/** Events that somebody looks through: what goes on from the page before is the same look, everything else is another one, and an event. */
class EventLooks {
  readonly #parts: AuditParts;
  /** The page that may follow, as a text. */
  #next = '';

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  async page(query: Input<'audit.events'>): Promise<Output<'audit.events'>> {
    const { home, gate, installed, journal, keeper } = this.#parts;
    const { person } = gate.requireSession();
    const { facts } = installed.require().ledger;
    const nameOf = namesFor(home, facts, person.id);
    const { kind, count } = query;
    const asked = { kind, count, actions: actionsAsked(query.action), people: peopleAsked(query.person, facts, nameOf), ...daysAsked(query) };
    // Whoever goes on says from where: a page that was not offered to them is a look of its own.
    const look = (before: number | null): string => JSON.stringify([person.id, { ...query, before }]);
    if (query.before === null || look(query.before) !== this.#next) {
      const entered = await journal.enter({ action: 'ledger.read', person: person.id, detail: { how: 'list', window: true } });
      if (!entered) throw new Refusal('not-entered', 'The ledger does not take it that you look, so nothing is shown. Free its disk, and try again.');
    }
    const { events, ...page } = await keeper.events({ ...asked, before: query.before });
    this.#next = look(page.next);
    return { ...page, events: events.map((event) => ({ ...event, person: event.person === null ? null : (nameOf(event.person) ?? event.person) })) };
  }
}

function actionsAsked(typed: string): string[] | null {
  const word = typed.trim();
  if (word === '') return null;
  const actions = [...actionsOf(word)];
  if (actions.length > 0) return actions;
  throw new Refusal(
    'no-action',
    `No event is called ${JSON.stringify(word)}. Names are as unlock, or the first words of several as recording.*: docs/events.md has all of them.`,
  );
}

/** Whom somebody means by an id or a part of a name. */
function peopleAsked(typed: string, facts: Pick<LedgerFacts, 'people'>, nameOf: (person: string) => string | null): string[] | null {
  const words = typed.trim().toLowerCase();
  if (words === '') return null;
  const found = facts.people().filter((id) => id === words || nameOf(id)?.toLowerCase().includes(words));
  if (found.length === 0) throw new Refusal('nobody', `Nobody here has the id ${JSON.stringify(typed.trim())}, or a name with it.`);
  if (found.length > MOST_PEOPLE) throw new Refusal('too-many', `${found.length} people have that in their name: type more of it.`);
  return found;
}

async function reviews({ home, gate, installed, keeper }: AuditParts): Promise<Output<'audit.reviews'>> {
  const { own, last, ...due } = await keeper.reviews();
  const { person } = gate.requireSession();
  const nameOf = namesFor(home, installed.require().ledger.facts, person.id);
  return {
    ...due,
    own: own.map((one) => ({ ...one, person: nameOf(one.person) ?? one.person, you: one.person === person.id })),
    last: last && { by: nameOf(last.by) ?? last.by, time: last.time, from: last.from, to: last.to, finding: last.finding },
  };
}

async function sign({ home, gate, vaults, installed }: AuditParts, span: Input<'audit.sign'>): Promise<void> {
  const { person } = gate.requireSession();
  const { ledger } = installed.require();
  await ledger.refresh();
  await enterReviewed(
    {
      home,
      ledger,
      person,
      sign: async (signing) => {
        const { file, ...certificate } = await vaults.require().ask('certifyReviewed', signing);
        return { file, certificate };
      },
    },
    span,
  );
}

async function emergencies({ home, gate, installed }: AuditParts): Promise<Output<'audit.emergencies'>> {
  const { person } = gate.requireSession();
  const { ledger } = installed.require();
  // A review can have been signed by a command meanwhile. Where it cannot be read now, what it had is told.
  await ledger.refresh().catch(() => undefined);
  const { facts } = ledger;
  const nameOf = namesFor(home, facts, person.id);
  const called = (id: string): string => nameOf(id) ?? id;
  const now = Date.now();
  return {
    emergencies: facts.emergencies.all
      .filter(({ review }) => review === null)
      .map((one) => {
        const due = reviewDueAt(one);
        return {
          id: one.id,
          person: called(one.person),
          personId: one.person,
          second: one.second === null ? null : called(one.second),
          reason: one.reason,
          time: one.time,
          end: one.end?.time ?? null,
          due: due === undefined ? null : new Date(due).toISOString(),
          late: reviewStateOf(one, now) === 'overdue',
          words: one.text !== null,
          not: emergencyReviewFault(facts, one, person.id) ?? null,
        };
      }),
  };
}

async function reviewOne({ gate, vaults, installed }: AuditParts, { id, finding }: Input<'audit.reviewEmergency'>): Promise<void> {
  const { person } = gate.requireSession();
  const { ledger } = installed.require();
  await ledger.refresh();
  await reviewEmergency({ ledger, by: person.id, certify: (said) => vaults.require().ask('certifyEmergencyReview', said) }, id, finding);
}

async function pictures({ home, installed, keeper }: AuditParts): Promise<Output<'audit.pictures'>> {
  const { size, free } = diskOf(home.folder);
  const { reserveMebibytes } = installed.require().policy.policy.recording;
  return { ...(await keeper.pictures()), disk: { size, free, reserve: reserveMebibytes * MEBIBYTE } };
}

async function openAlerts({ home, gate, installed, keeper }: AuditParts): Promise<Output<'audit.alerts'>> {
  const { all, alerts } = await keeper.look();
  const { person } = gate.requireSession();
  const nameOf = namesFor(home, installed.require().ledger.facts, person.id);
  const now = Date.now();
  return {
    all,
    alerts: alerts.map(({ about, hosts, ...alert }) => ({
      ...alert,
      help: alertSentence({ rule: alert.rule, hosts }),
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
