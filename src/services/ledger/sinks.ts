/**
 * Events, and alerts (alert-sinks.ts), to the sinks of the policy. The ledger is the queue: each sink goes on behind the last event that it took, in order, whenever somebody runs it, so nothing is
 * lost by a collector that is down, a restart in the middle, or a crash here. What was on its way when the connection broke goes once more, but to a kind that can ask
 * what is there.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AnchorError, anchorError, anchorFailureCodes, type AnchorFailureCode } from '../../anchors/errors.ts';
import { whereOf, type ServerCertificate } from '../../anchors/tls.ts';
import { BACKOFF_MS } from '../../anchors/keeper.ts';
import { StorageFault } from '../../disk/fault.ts';
import { withFileLock } from '../../disk/lock.ts';
import { LedgerError } from '../../ledger/errors.ts';
import type { AuditEntry } from '../../ledger/events.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { LedgerView } from '../../ledger/view.ts';
import { leafHash } from '../../merkle/tree.ts';
import type { Policy } from '../../policy/index.ts';
import { placeIn, readCursor, writeCursor, type SinkCursor } from '../../sinks/cursor.ts';
import { kindOf, takesAlerts, type AlertSinkRow, type SinkRow } from '../../sinks/kinds.ts';
import type { SinkContext, SinkEvent, SinkKind } from '../../sinks/kind.ts';
import { openSigner } from '../../storage/index.ts';
import { appendEvent, type OpenInstallation } from '../installation/installation.ts';
import { alertSource, tellAlerts, waitingFor, type AlertSource } from './alert-sinks.ts';
import { tellEnds } from './sink-ends.ts';
import { sinkToken } from './sink-token.ts';
import { Refusal } from '../../types/refusal.ts';
import { sentenceOf } from '../../types/sentence.ts';
import { retryMs } from '../../time/retry.ts';
import { DAY_MS } from '../../types/units.ts';

/** What is entered of a sink. */
type SinkEntry = Extract<AuditEntry, { readonly action: 'sink.failed' | 'sink.resumed' | 'sink.certificate' }>;

/** Events that are read at once. */
const READ = 5000;
/** An attempt: a handshake and a batch over a bad line. */
const ATTEMPT_MS = 60_000;
/** A kind says what it knows of an attempt that has ended, and is left when it does not. */
const END_MS = 2000;
/** A blip is no event, and a night without a collector is not one an hour. */
const TELL_FAILURE_AFTER = 3;
const TELL_AGAIN_MS = DAY_MS;
/** A forwarder looks for certificates that end soon once a day. */
const LOOK_FOR_END_MS = DAY_MS;

/** The sinks of the policy, or the one of that name. @throws Refusal where it has none of that name */
export function sinksOf(policy: Pick<Policy, 'sinks'>, name?: string): readonly SinkRow[] {
  const all = policy.sinks ?? [];
  const found = name === undefined ? all : all.filter((row) => row.name === name);
  if (name !== undefined && found.length === 0)
    throw new Refusal(
      'no-sink',
      `The policy in force names no sink ${JSON.stringify(name.slice(0, 40))}. It has: ${all.map((row) => row.name).join(', ') || 'none'}.`,
    );
  return found;
}

/** How a sink stands, from what is on the disk. */
export interface SinkStatus {
  readonly name: string;
  readonly where: string;
  /** What goes there. */
  readonly of: 'events' | 'alerts';
  /** Events that have gone, or whose alerts have; 0 where none has, or where nothing on the disk is signed for it. */
  readonly sent: number;
  /** Events, or alerts, that wait. */
  readonly waiting: number;
  /** When the last ones went, ISO 8601 UTC. */
  readonly at: string | null;
}

const whatGoes = (row: SinkRow): SinkStatus['of'] => (takesAlerts(row) ? 'alerts' : 'events');

/** @param now milliseconds since the epoch: what has not happened by then raises alerts too */
export async function sinkStatus(site: OpenInstallation, rows: readonly SinkRow[], now = Date.now()): Promise<SinkStatus[]> {
  const view = await LedgerView.open(site.home.ledger, site.noteKey);
  const alerts = alertSource();
  try {
    const all: SinkStatus[] = [];
    for (const row of rows) {
      const { cursor, waiting } = view ? await waitsFor(row, view, { site, alerts, now }) : { cursor: undefined, waiting: 0 };
      all.push({ name: row.name, where: whereOf(row), of: whatGoes(row), sent: cursor?.size ?? 0, waiting, at: cursor?.at ?? null });
    }
    return all;
  } finally {
    view?.close();
  }
}

/** Where a sink is, and how many wait for it. */
async function waitsFor(
  row: SinkRow,
  view: LedgerView,
  { site, alerts, now }: { readonly site: OpenInstallation; readonly alerts: AlertSource; readonly now: number },
): Promise<{ readonly cursor: SinkCursor | undefined; readonly waiting: number }> {
  if (takesAlerts(row)) {
    const { cursor, waiting } = await waitingFor(row, view, { site, alerts, now });
    return { cursor, waiting: waiting.length };
  }
  const cursor = await placeIn(view, readCursor(site.home.sinks, row.name, site.noteKey));
  return { cursor, waiting: view.events - (cursor?.size ?? 0) };
}

const leafHex = ({ entry }: { readonly entry: Uint8Array }): string => leafHash(entry).toString('hex');

/** The leaf of an event, also of one that was entered since this view was opened: another sender may have had it first. Undefined where there is none of that number. */
async function leafAt(view: LedgerView, seq: number): Promise<string | undefined> {
  if (seq < view.events) return leafHex((await view.between(seq, seq + 1))[0]!);
  const now = await LedgerView.open(view.folder, view.key);
  try {
    return now && seq < now.events ? leafHex((await now.between(seq, seq + 1))[0]!) : undefined;
  } finally {
    now?.close();
  }
}

export interface SendParts {
  readonly site: OpenInstallation;
  /** Has the place in the queue signed and kept; left out: by the key of the installation, in this process. */
  readonly keep?: (sink: string, place: SinkCursor) => Promise<void>;
  /** Has it entered what became of a sink; left out: in this process. */
  readonly enter?: (entry: SinkEntry) => Promise<void>;
  readonly network: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** Shorter than in the product, where nothing depends on it. */
  readonly quietMs?: number;
  /** Events of an attempt; left out: as many as its kind takes. */
  readonly batch?: number;
  /** Which alerts there are, for sinks that take these; left out: by all events, read here. */
  readonly alerts?: AlertSource | undefined;
}

/** What a kind is given for one attempt. */
async function contextOf(row: SinkRow, { site, network, quietMs }: SendParts, signal: AbortSignal): Promise<SinkContext> {
  return {
    network,
    signal,
    host: hostname(),
    token: await sinkToken(site, row),
    ...(quietMs === undefined ? {} : { quietMs }),
  };
}

/**
 * One attempt. It ends with its time and with the signal of `parts`, also where its kind waits for what never comes: no kind holds up a sink for good.
 * @param did what the sink did not do, for a sentence. @throws AnchorError
 */
async function attempted<T>(row: SinkRow, parts: SendParts, did: string, work: (context: SinkContext) => Promise<T>): Promise<T> {
  const time = new AbortController();
  const signal = AbortSignal.any([parts.signal, time.signal]);
  const { promise: left, reject } = Promise.withResolvers<never>();
  // They hold the process, which a connection that is gone does not.
  const timers = [setTimeout(() => time.abort(), ATTEMPT_MS)];
  const leave = (): void => void timers.push(setTimeout(() => reject(new AnchorError('timeout', `${whereOf(row)} does not answer.`)), END_MS));
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([contextOf(row, parts, signal).then(work), left]);
  } catch (error) {
    throw anchorError(error, `${whereOf(row)} did not ${did}`);
  } finally {
    signal.removeEventListener('abort', leave);
    for (const timer of timers) clearTimeout(timer);
  }
}

/** What went, and what of it says how the sink stands. */
interface Sent {
  /** Events, or alerts; 0 where it has all of them. */
  readonly sent: number;
  /** The last event among them that says how this sink stands. */
  readonly last?: LedgerEvent | undefined;
  readonly certificate?: ServerCertificate | undefined;
}

/** Hands the next events, or alerts, to a sink. Where it took only the first of them, the place behind these is kept, and then it has failed. @throws AnchorError where it did not take them, LedgerError */
async function sendBatch(row: SinkRow, parts: SendParts & { readonly alerts: AlertSource }): Promise<Sent> {
  const { home, noteKey } = parts.site;
  const view = await LedgerView.open(home.ledger, noteKey);
  try {
    if (!view) return { sent: 0 };
    const kind = kindOf(row);
    if (!('tell' in kind)) return await sendEvents(row, kind, view, parts);
    const { keep = keepHere(parts.site) } = parts;
    const { sent, from, certificate } = await tellAlerts(row as AlertSinkRow, kind, view, {
      ...parts,
      attempt: (did, work) => attempted(row, parts, did, work),
      keep: (place) => keep(row.name, place),
    });
    return { sent, certificate, last: sent === 0 ? undefined : await lastOf(row, view, from) };
  } finally {
    view?.close();
  }
}

async function sendEvents(row: SinkRow, kind: SinkKind<SinkRow>, view: LedgerView, parts: SendParts): Promise<Sent> {
  const { site, now, keep = keepHere(site), batch = kind.batch } = parts;
  const from = (await placeIn(view, readCursor(site.home.sinks, row.name, site.noteKey)))?.size ?? 0;
  const to = Math.min(view.events, from + batch);
  if (to === from) return { sent: 0 };
  const events = (await view.between(from, to)).map((found): SinkEvent => ({ event: found.event, leaf: leafHex(found) }));
  const {
    events: taken,
    certificate,
    refused,
  } = await attempted(row, parts, 'take the events', (context) => kind.send(row, events, { ...context, leafOf: (seq) => leafAt(view, seq) }));
  if (taken > 0) {
    const size = from + taken;
    await keep(row.name, { size, root: (await view.rootAt(size))!, at: new Date(now()).toISOString(), certificate: certificate.sha256 });
  }
  if (refused) throw refused;
  return { sent: taken, certificate, last: events.findLast(({ event }) => isOf(row, event))?.event };
}

/** The last event from there on that says how a sink stands, from the end of the ledger back. */
async function lastOf(row: SinkRow, view: LedgerView, from: number): Promise<LedgerEvent | undefined> {
  for (let to = view.events; to > from; to -= READ) {
    const found = (await view.between(Math.max(from, to - READ), to)).findLast(({ event }) => isOf(row, event));
    if (found) return found.event;
  }
  return undefined;
}

const keepHere =
  ({ home, installation }: OpenInstallation): NonNullable<SendParts['keep']> =>
  async (sink, place) => {
    const signer = await openSigner(home, installation);
    await writeCursor(home.sinks, sink, place, (bytes) => signer.sign(bytes));
  };
const withEnter = ({ site, now, enter = enterHere(site) }: SendParts) => ({ site, now, enter });
const enterHere =
  (site: OpenInstallation): NonNullable<SendParts['enter']> =>
  (entry) =>
    appendEvent(site, entry);

/** Hands over something that is no event. @returns the collector's certificate. @throws AnchorError where it did not take it */
export async function testSink(row: SinkRow, parts: SendParts): Promise<ServerCertificate> {
  const { site, now } = parts;
  const test = { installation: site.installation.id, time: new Date(now()).toISOString() };
  return attempted(row, parts, 'take the message', (context) => kindOf(row).test(row, test, context));
}

interface Drained {
  readonly sent: number;
  /** That the server showed; undefined where there was nothing to send. */
  readonly certificate: ServerCertificate | undefined;
}

/** Sends everything that waits, once. That it failed stands behind its place in the ledger, whoever entered it, so where that goes out it takes events again. @throws as sendBatch */
function drained(row: SinkRow, parts: SendParts): Promise<Drained> {
  // The app and a service of the account may both send: one of them at a time, or everything would go twice.
  return withFileLock(join(parts.site.home.sinks, `${row.name}.lock`), `The sending to ${row.name}`, () =>
    drainAlone(row, { ...parts, alerts: parts.alerts ?? alertSource() }),
  );
}

async function drainAlone(row: SinkRow, parts: SendParts & { readonly alerts: AlertSource }): Promise<Drained> {
  const { site, enter = enterHere(site) } = parts;
  let failed = false;
  let shown: ServerCertificate | undefined;
  try {
    for (let all = 0; ;) {
      const { sent, last, certificate } = await sendBatch(row, parts);
      if (last) failed = last.action === FAILED;
      shown = certificate ?? shown;
      all += sent;
      if (sent === 0) return { sent: all, certificate: shown };
    }
  } finally {
    if (failed) await enter({ action: 'sink.resumed', detail: { sink: row.name, kind: row.kind } });
  }
}

/** Sends everything that waits, for a timer: that it fails is entered, and that a certificate ends soon. @returns how many went. @throws as sendBatch, StorageFault where somebody else sends now */
export async function drainOnce(row: SinkRow, parts: SendParts): Promise<number> {
  try {
    const { sent, certificate } = await drained(row, parts);
    if (certificate) await tellEnds(row, withEnter(parts), certificate);
    return sent;
  } catch (error) {
    if (!isBusy(error) && !isOfLedger(error)) await tellFailing(row, parts, codeOf(error), 1);
    throw error;
  }
}

const FAILED = 'sink.failed';
const isOf = (row: SinkRow, { action, detail }: LedgerEvent): boolean => (action === FAILED || action === 'sink.resumed') && detail?.['sink'] === row.name;

/** Enters that a sink fails, once a day for as long as it does, whichever process says so. */
async function tellFailing(row: SinkRow, parts: SendParts, code: AnchorFailureCode, attempts: number): Promise<void> {
  const { site, now, enter = enterHere(site), alerts = alertSource() } = parts;
  const view = await LedgerView.open(site.home.ledger, site.noteKey);
  let last: LedgerEvent | undefined;
  let waits = 0;
  try {
    if (view) {
      const { cursor, waiting } = await waitsFor(row, view, { site, alerts, now: now() });
      waits = waiting;
      last = await lastOf(row, view, cursor?.size ?? 0);
    }
  } finally {
    view?.close();
  }
  if (last?.action === FAILED && now() - Date.parse(last.time) < TELL_AGAIN_MS) return;
  await enter({ action: FAILED, detail: { sink: row.name, kind: row.kind, code, attempts, waiting: waits } });
}

export interface ForwardParts extends SendParts {
  /** Resolves when it is time to look again. */
  readonly pause: () => Promise<void>;
  readonly over: () => boolean;
  /** Takes a sentence about what became of a sink. */
  readonly talk: (line: string) => void;
}

interface Failing {
  attempts: number;
  notBefore: number;
}

/**
 * Hands each sink what is entered, as it is entered, until `over`. One that fails, for whatever reason of its own, is asked again, later and later, and holds up no other.
 * @throws LedgerError where the ledger does not hold, when all of them have ended
 */
export async function forward(rows: readonly SinkRow[], parts: ForwardParts): Promise<void> {
  let ended = false;
  const over = (): boolean => ended || parts.over();
  // Read once for all of them.
  const alerts = parts.alerts ?? alertSource();
  const all = rows.map((row) =>
    forwardTo(row, { ...parts, alerts, over }).catch((error: unknown) => {
      ended = true;
      throw error;
    }),
  );
  const failed = (await Promise.allSettled(all)).find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

async function forwardTo(row: SinkRow, parts: ForwardParts): Promise<void> {
  const { now, pause, over, talk } = parts;
  const failing: Failing = { attempts: 0, notBefore: 0 };
  let lookForEnd = 0;
  while (!over()) {
    if (now() >= failing.notBefore) {
      try {
        const { sent, certificate } = await drained(row, parts);
        if (certificate && now() >= lookForEnd) {
          await tellEnds(row, withEnter(parts), certificate);
          lookForEnd = now() + LOOK_FOR_END_MS;
        }
        if (sent > 0) talk(`${row.name}: ${sent} ${whatGoes(row)} went to ${whereOf(row)}.`);
        Object.assign(failing, { attempts: 0, notBefore: 0 });
      } catch (error) {
        if (isBusy(error)) {
          await pause();
          continue;
        }
        if (isOfLedger(error) || parts.signal.aborted) throw error;
        failing.attempts++;
        failing.notBefore = now() + retryMs(BACKOFF_MS, failing.attempts);
        talk(`${row.name}: ${sentenceOf(error)}`);
        if (failing.attempts >= TELL_FAILURE_AFTER)
          await tellFailing(row, parts, codeOf(error), failing.attempts).catch((untold: unknown) => {
            if (isOfLedger(untold)) throw untold;
            // As on a full disk: it is asked again, and told then.
            talk(`${row.name}: ${sentenceOf(untold)}`);
          });
      }
    }
    if (!over()) await pause();
  }
}

/** Of a ledger that does not hold, or that another key signs for by now: no fault of a sink, and the same for all of them. */
const isOfLedger = (error: unknown): boolean =>
  error instanceof LedgerError && (error.code === 'corrupt' || error.code === 'unreadable' || error.code === 'diverged');

/** Why a sink failed, in the words of the event: also where it is a disk, a refusal of main, or the system. */
function codeOf(error: unknown): AnchorFailureCode {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return anchorFailureCodes.find((one) => one === code) ?? anchorError(error, '').code;
}

/** Somebody else sends to it now. */
const isBusy = (error: unknown): boolean => error instanceof StorageFault && error.code === 'busy';

/** The pause of a forwarder in a process of its own (ms). */
export const lookAgain = (signal: AbortSignal): Promise<void> => wait(1000, undefined, { signal }).catch(() => {});
