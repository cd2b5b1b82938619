/** Events of a span of time as a report: a table of all of them, or what somebody looks at who reviews it; as a page, as CSV (RFC 4180) and for programs. Pure. */
import type { EventContext } from '../ledger/contexts.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import type { TreeHead } from '../types/head.ts';
import type { Page, Section } from './document.ts';

/** What a report of events is made from. */
export interface EventReport {
  readonly installation: string;
  /** ISO 8601 UTC; null where it is not limited. */
  readonly since: string | null;
  readonly until: string | null;
  /** Only these actions; null where all are in it. */
  readonly actions: readonly string[] | null;
  /** Only what this person did, or what is about them; null where everybody's is in it. */
  readonly person: string | null;
  /** When it was made, ISO 8601 UTC. */
  readonly made: string;
  /** Of Wardmux. */
  readonly software: string;
  /** How far the ledger was read. */
  readonly ledger: TreeHead;
  /** In the order that was asked for. */
  readonly events: readonly LedgerEvent[];
  /** What held when it was entered. */
  readonly contextOf: (event: LedgerEvent) => EventContext & { readonly workstationClass: string | null };
  /** What somebody is called; undefined where that is not known, or where no names are wanted. */
  readonly nameOf: (person: string) => string | undefined;
}

/** The columns that every event has. */
const columns = ['seq', 'time', 'action', 'person', 'outcome', 'aal', 'credential'] as const;
type Column = (typeof columns)[number];

type Cell = string | number | boolean | null | undefined;
const isColumn = (field: string): field is Column => (columns as readonly string[]).includes(field);

/** A field of an event by its name: a column, or one of its detail. */
function cellOf(event: LedgerEvent, field: string): Cell {
  if (isColumn(field)) return event[field];
  const value = event.detail?.[field];
  return Array.isArray(value) ? value.join(',') : (value as Cell);
}

/** Numbers by size, everything else as text; what lacks the field comes last. */
function compare(a: Cell, b: Cell): number {
  const [noA, noB] = [a === undefined || a === null, b === undefined || b === null];
  if (noA || noB) return Number(noA) - Number(noB);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [one, other] = [String(a), String(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Events by a field of theirs; those that are equal in it keep the order of the ledger. */
export function sortedBy(events: readonly LedgerEvent[], field: string): LedgerEvent[] {
  return events
    .map((event) => ({ event, cell: cellOf(event, field) }))
    .toSorted((a, b) => compare(a.cell, b.cell))
    .map(({ event }) => event);
}

/** Where the field's own name reads like something else: it counts what had failed before the attempt. */
const plainNames: Readonly<Record<string, string>> = { failures: 'failed-before' };

/** The detail in words: `name=value`, a space apart. Of heads the digests are for verifiers: people read what they are of. */
export function detailText({ detail, opened }: Pick<LedgerEvent, 'detail' | 'opened'>): string {
  const shown = opened ? { heads: opened.heads.map(([recording, size]) => `${recording}:${size}`) } : detail;
  return Object.entries(shown ?? {})
    .map(([name, value]) => `${plainNames[name] ?? name}=${Array.isArray(value) ? value.join(',') : String(value)}`)
    .join(' ');
}

/** A cell of CSV. What a spreadsheet would take for a formula (an identifier may begin with a dash) is made text. */
function csvCell(value: Cell): string {
  const text = value === undefined || value === null ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180: a head, a row an event; the detail is JSON in its last column. */
export function csvOf({ events, contextOf }: EventReport): string {
  const rows = events.map((event) => {
    const { roles, workstationClass, policySha256, clockMs, clockState } = contextOf(event);
    const cells = [
      ...columns.map((column) => event[column]),
      roles.join(' '),
      workstationClass,
      policySha256,
      clockMs,
      clockState,
      event.detail && JSON.stringify(event.detail),
    ];
    return cells.map(csvCell).join(',');
  });
  return [[...columns, 'roles', 'workstationClass', 'policySha256', 'clockMs', 'clockState', 'detail'].join(','), ...rows, ''].join('\r\n');
}

/** The same for programs. */
export const jsonOf = ({ installation, since, until, actions, person, made, software, ledger, events, contextOf }: EventReport) => ({
  kind: 'events',
  installation,
  since,
  until,
  actions,
  person,
  made,
  software,
  ledger,
  events: events.map(({ opened: _, ...event }) => ({ ...event, context: contextOf(event) })),
});

const called = ({ nameOf }: EventReport, person: string | undefined): string => {
  if (person === undefined) return '-';
  const name = nameOf(person);
  return name === undefined ? person : `${name} (${person})`;
};

function factsOf(report: EventReport): (readonly [string, string])[] {
  const { installation, since, until, actions, person, made, software, ledger, events } = report;
  return [
    ['Workstation', installation],
    ['From', since ?? 'the first event'],
    ['To', until ?? 'the last event'],
    ['Actions', actions?.join(', ') ?? 'all actions'],
    ['Of or about', person === null ? 'everybody' : called(report, person)],
    ['Events', `${events.length} of the ledger's ${ledger.size} (root ${ledger.root})`],
    ['Made', `${made}, Wardmux ${software}`],
  ];
}

/** A row an event. */
export function eventsPage(report: EventReport): Page {
  return {
    title: 'Events',
    facts: factsOf(report),
    sections: [
      report.events.length === 0
        ? { heading: 'Events', paragraphs: ['There is none in this time.'] }
        : {
            heading: 'Events',
            table: {
              head: ['No.', 'Time', 'Action', 'Person', 'Outcome', 'Detail'],
              rows: report.events.map((event) => [
                String(event.seq),
                event.time,
                event.action,
                called(report, event.person),
                event.outcome ?? '-',
                detailText(event) || '-',
              ]),
            },
          },
    ],
    sign: [],
  };
}

/** What a reviewer looks at, each with the actions that belong to it. Every other action is counted at the end, so that nothing is out of sight. */
const topics = [
  {
    heading: 'Refused',
    actions: [
      'access.denied',
      'bridge.refused',
      'host.refused',
      'host.unpinned',
      'view.refused',
      'person.refused',
      'policy.refused',
      'recovery.refused',
      'pane.refused',
    ],
  },
  { heading: 'Exports', actions: ['export'] },
  { heading: 'Recordings that were opened', actions: ['play', 'view'] },
  {
    heading: 'What was changed, and by whom',
    actions: [
      'policy.change',
      'person.keys',
      'person.roles',
      'person.state',
      'person.stop',
      'station.stop',
      'installation.key',
      'installation.pin',
      'revocation.list',
    ],
  },
  { heading: 'Emergencies', actions: ['breakglass.start', 'breakglass.extend', 'breakglass.end', 'breakglass.alert', 'breakglass.review', 'breakglass.drill'] },
  {
    heading: 'Holds and deletions',
    actions: ['hold.set', 'hold.frozen', 'hold.clear', 'recording.deleted', 'recording.erased', 'backup.erased', 'erasure.certified'],
  },
  { heading: 'Backups', actions: ['backup.begun', 'backup.made', 'backup.restored'] },
  {
    heading: 'Recordings and the ledger: what was wrong',
    actions: [
      'recording.failed',
      'recording.damaged',
      'recording.recovered',
      'ledger.unvouched',
      'ledger.disturbed',
      'ledger.kept',
      'ledger.refused',
      'anchor.failed',
      'anchor.diverged',
      'backoff.tampered',
      'workspace.tampered',
      'input.jiggled',
      'clock.state',
      'process.limited',
      'pty-host.exit',
      'vault-host.exit',
      'audit-host.exit',
      'renderer.exit',
      'revocation.look',
    ],
  },
  { heading: 'Who read the ledger', actions: ['ledger.read'] },
] as const;

/** Of one person: how often they came in, how often a try in their name failed and why, and when they were here last. */
interface Comings {
  unlocks: number;
  failures: number;
  readonly why: Map<string, number>;
  last: string;
}

function comingsOf(events: readonly LedgerEvent[]): Map<string | undefined, Comings> {
  const people = new Map<string | undefined, Comings>();
  for (const { action, person, outcome, time, detail } of events) {
    if (action !== 'unlock') continue;
    const one = people.get(person) ?? { unlocks: 0, failures: 0, why: new Map<string, number>(), last: '' };
    people.set(person, one);
    if (outcome === 'success') one.unlocks++;
    else {
      one.failures++;
      const reason = typeof detail?.['reason'] === 'string' ? detail['reason'] : 'not said';
      one.why.set(reason, (one.why.get(reason) ?? 0) + 1);
    }
    if (time > one.last) one.last = time;
  }
  return people;
}

/** What somebody looks at who reviews a span of time. */
export function reviewPage(report: EventReport): Page {
  const { events } = report;
  const byAction = new Map<string, LedgerEvent[]>();
  for (const event of events) {
    const list = byAction.get(event.action);
    if (list) list.push(event);
    else byAction.set(event.action, [event]);
  }
  const comings = [...comingsOf(events)].map(([person, { unlocks, failures, why, last }]) => [
    person === undefined ? 'nobody who is known' : called(report, person),
    String(unlocks),
    String(failures),
    [...why].map(([reason, count]) => `${reason} ${count}`).join(', ') || '-',
    last,
  ]);
  const section = (heading: string, actions: readonly string[]): Section => {
    const found = actions.flatMap((action) => byAction.get(action) ?? []).toSorted((a, b) => a.seq - b.seq);
    if (found.length === 0) return { heading, paragraphs: ['None.'] };
    const rows = found.map((event) => [
      String(event.seq),
      event.time,
      event.action,
      called(report, event.person),
      event.outcome ?? '-',
      detailText(event) || '-',
    ]);
    return { heading, table: { head: ['No.', 'Time', 'Action', 'Person', 'Outcome', 'Detail'], rows } };
  };
  const listed = new Set<string>(['unlock', ...topics.flatMap(({ actions }) => actions)]);
  const others = [...byAction].filter(([action]) => !listed.has(action)).map(([action, found]) => [action, String(found.length)]);
  return {
    title: 'Review of activity',
    facts: factsOf(report),
    sections: [
      comings.length === 0
        ? { heading: 'Who came in', paragraphs: ['Nobody, and nobody tried.'] }
        : { heading: 'Who came in', table: { head: ['Person', 'Unlocks', 'Failed', 'Why', 'Last'], rows: comings } },
      ...topics.map(({ heading, actions }) => section(heading, actions)),
      others.length === 0
        ? { heading: 'Everything else', paragraphs: ['None.'] }
        : { heading: 'Everything else', table: { head: ['Action', 'Events'], rows: others } },
    ],
    sign: ['Reviewed by (name, office)', 'Date', 'Findings', 'Signature'],
  };
}

/** The same for programs: counts, and the numbers of the events to look at. */
export const reviewJsonOf = (report: EventReport) => {
  const { events, installation, since, until, actions, person, made, software, ledger } = report;
  const counts = new Map<string, number>();
  for (const { action } of events) counts.set(action, (counts.get(action) ?? 0) + 1);
  return {
    kind: 'review',
    installation,
    since,
    until,
    actions,
    person,
    made,
    software,
    ledger,
    people: [...comingsOf(events)].map(([person, { unlocks, failures, why, last }]) => ({
      person: person ?? null,
      unlocks,
      failures,
      reasons: Object.fromEntries(why),
      last,
    })),
    topics: topics.map(({ heading, actions }) => ({
      topic: heading,
      events: events.filter(({ action }) => (actions as readonly string[]).includes(action)).map(({ seq }) => seq),
    })),
    counts: Object.fromEntries([...counts].toSorted()),
  };
};
