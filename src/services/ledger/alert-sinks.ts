/**
 * Alerts to the sinks of the policy that take them, and no events. The ledger is the queue here too: an alert follows from it, so what was raised behind the place of a
 * sink, and what by that time had not happened, has not gone. One that somebody has closed before it went is told to nobody.
 */
import { hostname } from 'node:os';
import type { ServerCertificate } from '../../anchors/tls.ts';
import { absences } from '../../alerts/absences.ts';
import type { Alert } from '../../alerts/evaluate.ts';
import type { LedgerView } from '../../ledger/view.ts';
import { readCursor, placeIn, type SinkCursor } from '../../sinks/cursor.ts';
import type { AlertKind, SinkContext, Taken } from '../../sinks/kind.ts';
import type { AlertSinkRow } from '../../sinks/kinds.ts';
import { toldAlert } from '../../sinks/told.ts';
import type { OpenInstallation } from '../installation/installation.ts';
import { AlertReader } from './alerts.ts';

/** Events that are read at once. */
const READ = 5000;
/** Alerts of one attempt: a mail takes a relay a second. */
const BATCH = 20;

/** All alerts by the first `events` events of a ledger, and by what has not happened. */
export interface KnownAlerts {
  readonly events: number;
  readonly all: readonly Alert[];
}

/** Says which alerts there are. @param now milliseconds since the epoch */
export type AlertSource = (view: LedgerView, now: number) => Promise<KnownAlerts>;

/** Reads each event once, however often it is asked, as long as the ledger goes on from what was read. */
export function alertSource(): AlertSource {
  let reader = new AlertReader();
  let read: { readonly events: number; readonly root: string } | undefined;
  return async (view, now) => {
    if (read && (await view.rootAt(read.events)) !== read.root) {
      reader = new AlertReader();
      read = undefined;
    }
    for (let from = read?.events ?? 0; from < view.events; from += READ)
      for (const { event } of await view.between(from, Math.min(view.events, from + READ))) reader.take(event);
    read = { events: view.events, root: (await view.rootAt(view.events))! };
    return { events: read.events, all: reader.at(now) };
  };
}

/** Up to where a sink has them: by number, and of those that follow from the time alone by that. */
type Place = Pick<SinkCursor, 'size' | 'at'>;
const BEGINNING: Place = { size: 0, at: new Date(0).toISOString() };

const isAbsence = ({ rule }: Alert): boolean => Object.hasOwn(absences, rule);

/** Open alerts behind a place, in the order in which they go: what events raised, then what has not happened. Pure. */
export function waitingAlerts({ events, all }: KnownAlerts, { only }: Pick<AlertSinkRow, 'only'>, { size, at }: Place): Alert[] {
  const open = all.filter(({ closed, severity }) => closed === null && (only === undefined || severity === only));
  return [
    ...open.filter((alert) => !isAbsence(alert) && alert.seq >= size && alert.seq < events).toSorted((a, b) => a.seq - b.seq),
    ...open.filter((alert) => isAbsence(alert) && Date.parse(alert.raised) > Date.parse(at)).toSorted((a, b) => Date.parse(a.raised) - Date.parse(b.raised)),
  ];
}

/** The place behind the first `taken` of those that waited; never past one that was not. Pure. */
export function placeBehind(waiting: readonly Alert[], taken: number, before: Place, { events }: KnownAlerts, now: number): Place {
  if (taken === waiting.length) return { size: events, at: new Date(now).toISOString() };
  const next = waiting[taken]!;
  // An event can raise several.
  if (!isAbsence(next)) return { size: next.seq, at: before.at };
  const last = waiting[taken - 1];
  const [reached, missed] = [last && isAbsence(last) ? Date.parse(last.raised) : Date.parse(before.at), Date.parse(next.raised)];
  return { size: events, at: new Date(Math.min(reached, missed - 1)).toISOString() };
}

export interface TellParts {
  readonly site: OpenInstallation;
  readonly alerts: AlertSource;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly attempt: <T>(did: string, work: (context: SinkContext) => Promise<T>) => Promise<T>;
  readonly keep: (place: SinkCursor) => Promise<void>;
}

/** Where a sink is, and what waits for it. */
export async function waitingFor(row: AlertSinkRow, view: LedgerView, { site, alerts, now }: Pick<TellParts, 'site' | 'alerts'> & { readonly now: number }) {
  const cursor = await placeIn(view, readCursor(site.home.sinks, row.name, site.noteKey));
  const { events, all } = await alerts(view, now);
  // Whoever says which alerts there are may be ahead of this view, or behind what the sink has.
  const known = { events: Math.max(Math.min(events, view.events), cursor?.size ?? 0), all };
  return { cursor, known, waiting: waitingAlerts(known, row, cursor ?? BEGINNING) };
}

/**
 * Hands the next alerts to a sink.
 * @returns how many went, 0 where it has all of them, and from which event on it is to be looked whether it had failed. @throws as sendBatch
 */
export async function tellAlerts(
  row: AlertSinkRow,
  kind: Pick<AlertKind<AlertSinkRow>, 'tell'>,
  view: LedgerView,
  parts: TellParts,
): Promise<{ readonly sent: number; readonly from: number; readonly certificate?: ServerCertificate }> {
  const { site, attempt, keep } = parts;
  const now = parts.now();
  const { cursor, known, waiting: all } = await waitingFor(row, view, { ...parts, now });
  const from = cursor?.size ?? 0;
  // A clock that was set back: what does not happen from here on is behind its time, and told.
  if (cursor && Date.parse(cursor.at) > now) await keep({ ...cursor, at: new Date(now).toISOString() });
  if (all.length === 0) return { sent: 0, from };
  const batch = all.slice(0, BATCH);
  const who = { installation: site.installation.id, host: hostname() };
  const { events, certificate, refused }: Taken = await attempt('take the alerts', (context) =>
    kind.tell(
      row,
      batch.map((alert) => toldAlert(alert, row, who)),
      context,
    ),
  );
  if (events > 0) {
    const { size, at } = placeBehind(all, events, cursor ?? BEGINNING, known, now);
    await keep({ size, root: (await view.rootAt(size))!, at, certificate: certificate.sha256 });
  }
  if (refused) throw refused;
  return { sent: events, from, certificate };
}
