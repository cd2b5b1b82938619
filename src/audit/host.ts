/**
 * Goes through the ledger for the app: which alerts are open, from its events alone, once from the beginning and then with each that is entered. Nothing is
 * kept, so what was told before a crash is found again after it, and no alert is there twice. To the sinks of the policy it sends each event as it is entered; the
 * place up to which one has them main signs and keeps. Whoever looks through events in the window is given pages of them, and what pictures are drawn from. Some time
 * after it began, and once a day, it looks whether the program's files are those that were signed for. It lives through locks, and no shell waits for it.
 */
import { openDoor } from '../access/index.ts';
import { moreUrgent, type Alert } from '../alerts/evaluate.ts';
import { defaultHours, type Severity } from '../alerts/rules.ts';
import { detailText } from '../report/event-report.ts';
import { Endpoint } from '../process/endpoint.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import type { Link } from '../process/link.ts';
import { openInstallation, type OpenInstallation } from '../services/installation/installation.ts';
import { findingsOf, lookAtIntegrity } from '../services/integrity/check.ts';
import { AlertReader } from '../services/ledger/alerts.ts';
import { withClasses } from '../services/ledger/contexts.ts';
import { followEvents, readEvents } from '../services/ledger/read.ts';
import { toTheSecond } from '../services/ledger/reviews.ts';
import { forward, lookAgain, type SendParts } from '../services/ledger/sinks.ts';
import { Refusal } from '../types/refusal.ts';
import { inTime } from '../time/in-time.ts';
import { sentenceOf } from '../types/sentence.ts';
import { DAY_MS, MINUTE_MS } from '../types/units.ts';
import { pageOf } from './pages.ts';
import { Tally, type Pictures } from './tally.ts';
import {
  auditParentService,
  auditService,
  MOST_TOLD,
  MOST_WORDS,
  type AuditInput,
  type AuditParentInput,
  type AuditParentService,
  type AuditService,
  type EventQueryInput,
  type OpenAlert,
  type OpenAlerts,
  type ShownPage,
  type ToldReviews,
} from './service.ts';

export interface AuditHostParts {
  readonly link: Pick<Link, 'post' | 'onMessage' | 'onClose'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Where the program lies. Default: the one that runs. */
  readonly program?: string | undefined;
  readonly exit: (code: number) => void;
}

/** It looks so often (ms) whether something was entered: each look wakes the processor. Whoever shows what is open asks for a look (`look`). */
const LOOK_MS = 3000;
/** A ledger that does not hold, or another key for it: it is opened anew after this (ms). */
const AGAIN_MS = 10_000;
/** Where nothing is entered, a sink is looked after in each so many looks. */
const SINK_LOOKS = 5;
/** What should have happened by now is asked so often (ms). */
const ABSENCES_MS = MINUTE_MS;
/** The program's files are looked at so long (ms) after the ledger was read for the first time, when nobody waits for a start any more; and where that fails, again. */
export const FILES_MS = 15_000;
const FILES_AGAIN_MS = 10 * MINUTE_MS;
/** Reviewers whose own deeds wait for somebody else: so many are told. */
const MOST_OWN = 1000;

/** Those that cannot wait first. */
export function openAlertsOf(alerts: readonly Alert[], events: number): OpenAlerts {
  const open = alerts.filter(({ closed }) => closed === null).toSorted(moreUrgent);
  const told = ({ rule, seq, severity, owner, raised, due, about, hosts, count, last }: Alert): OpenAlert => ({
    ...{ rule, seq, severity, owner, raised, due, about, hosts, count, last },
  });
  return { events, all: open.length, page: open.filter(({ severity }) => severity === 'page').length, alerts: open.slice(0, MOST_TOLD).map(told) };
}

export class AuditHost {
  readonly #parts: AuditHostParts;
  readonly #main: Endpoint<AuditService, AuditParentService>;
  #reader: AlertReader | undefined;
  #tally = new Tally();
  #events = 0;
  /** What was told last, without how far it was read; when, and how far that was. */
  #told: { readonly words: string; readonly at: number; readonly events: number } | undefined;
  /** Whoever asks for what is so now: those who asked since the last look began, and those whom the one that is under way answers. */
  #asking: PromiseWithResolvers<OpenAlerts>[] = [];
  #looking: PromiseWithResolvers<OpenAlerts>[] = [];
  #ended = false;
  #home = '';
  /** When the program's files are looked at next, and whether that is under way. */
  #filesAt = 0;
  #lookingAtFiles = false;
  /** Ends what is being sent. */
  #sending: AbortController | undefined;
  /** Resolves when what was being sent has ended. */
  #sent: Promise<void> = Promise.resolve();
  /** Ends a pause. */
  #wake: () => void = () => {};

  constructor(parts: AuditHostParts) {
    this.#parts = parts;
    parts.link.onClose(() => {
      this.#ended = true;
      this.#sending?.abort();
      this.#wake();
      parts.exit(0);
    });
    this.#main = new Endpoint<AuditService, AuditParentService>({
      table: auditService,
      handlers: {
        configure: ({ home }) => {
          this.#home = home;
          void this.#run(home);
        },
        sinks: (sinks) => {
          this.#sending?.abort();
          const { signal } = (this.#sending = new AbortController());
          this.#sent = this.#sent.then(() => this.#send(sinks, signal));
        },
        look: () => this.#look(),
        events: (query) => this.#page(query),
        pictures: () => this.#pictures(),
        reviews: () => this.#reviews(),
      },
      theirs: auditParentService,
      // Main alone is at the other end, and has asked at its own doors.
      door: openDoor({ standing: () => ({ phase: 'locked' }), denied: () => {} }),
      post: (message) => parts.link.post(message),
      frame: () => {},
      trouble: () => {},
      bad: () => {},
    });
    parts.link.onMessage((message) => this.#main.receive(message));
    this.#main.tell('ready', {});
  }

  #look(): Promise<OpenAlerts> {
    const asking = Promise.withResolvers<OpenAlerts>();
    this.#asking.push(asking);
    this.#wake();
    return asking.promise;
  }

  /** Also while the ledger is read for the first time: only which events raised an alert is not known then. */
  async #page({ actions, people, since, until, ...query }: EventQueryInput): Promise<ShownPage> {
    const reader = this.#reader;
    const raised = new Map<number, Severity>();
    for (const { seq, severity } of reader?.at(this.#parts.now()) ?? []) if (raised.get(seq) !== 'page') raised.set(seq, severity);
    const asked = {
      ...query,
      ...(actions && { actions: new Set(actions) }),
      ...(people && { people: new Set(people) }),
      ...(since !== null && { since }),
      ...(until !== null && { until }),
    };
    try {
      const { home, noteKey } = await openInstallation({ env: { WARDMUX_HOME: this.#home } });
      const shown = withClasses(home);
      const { events, ...page } = await pageOf(home.ledger, noteKey, asked, (seq) => raised.get(seq));
      return {
        ...page,
        events: events.map(({ event, raised }) => {
          const { seq, time, entered = null, action, person = null, outcome = null, aal, credential } = event;
          const context = reader && seq < this.#events ? shown(reader.contextOf(event)) : null;
          return { seq, time, entered, action, person, outcome, aal, credential, detail: detailText(event).slice(0, MOST_WORDS), raised, context };
        }),
      };
    } catch (error) {
      throw new Refusal('blind', sentenceOf(error));
    }
  }

  async #pictures(): Promise<Pictures> {
    await this.#look();
    return this.#tally.at(this.#parts.now(), defaultHours());
  }

  async #reviews(): Promise<ToldReviews> {
    await this.#look();
    const { reviews } = this.#reader!;
    const due = await toTheSecond(await openInstallation({ env: { WARDMUX_HOME: this.#home } }), reviews.due());
    return { ...due, own: due.own.slice(0, MOST_OWN), last: reviews.all.at(-1) ?? null };
  }

  /** Until it is to end. What a sink fails by is told there; a ledger that does not hold is what `#run` tells, and it is opened anew. */
  async #send({ rows, network }: AuditInput<'sinks'>, signal: AbortSignal): Promise<void> {
    if (rows.length === 0) return;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    const keep: SendParts['keep'] = async (sink, place) => void (await this.#main.ask('sent', { sink, ...place }));
    const enter: SendParts['enter'] = async ({ action, detail: { sink, kind, ...more } }) =>
      void (await (action === 'sink.certificate'
        ? this.#main.ask('sinkEnds', { sink, ...more } as AuditParentInput<'sinkEnds'>)
        : this.#main.ask('sink', { sink, kind, failed: action === 'sink.failed' ? more : null } as AuditParentInput<'sink'>)));
    while (!signal.aborted) {
      try {
        const site = await openInstallation({ env: { WARDMUX_HOME: this.#home } });
        const alerts: SendParts['alerts'] = async (_, now) => ({ events: this.#events, all: this.#reader?.at(now) ?? [] });
        const parts = { site, network, now: this.#parts.now, signal, keep, enter, alerts, talk: () => {} };
        await forward(rows, { ...parts, pause: () => this.#news(signal), over: () => signal.aborted });
      } catch {
        await inTime(aborted, AGAIN_MS);
      }
    }
  }

  /** Resolves when something was entered, or a sink that failed may be asked again. */
  async #news(signal: AbortSignal): Promise<void> {
    const from = this.#events;
    for (let looks = 0; looks < SINK_LOOKS && this.#events === from && !signal.aborted; looks++) await lookAgain(signal);
  }

  async #run(home: string): Promise<void> {
    while (!this.#ended) {
      try {
        await this.#follow(home);
      } catch (error) {
        this.#reader = undefined;
        this.#told = undefined;
        const sentence = sentenceOf(error);
        this.#main.tell('blind', { sentence: sentence.slice(0, MOST_WORDS) });
        for (const one of this.#looking.splice(0)) one.reject(new Refusal('blind', sentence));
        await this.#pause(AGAIN_MS);
      }
    }
  }

  /** Until the ledger does not go on from what was read. @throws LedgerError, StorageFault */
  async #follow(home: string): Promise<void> {
    this.#looking.push(...this.#asking.splice(0));
    const site = await openInstallation({ env: { WARDMUX_HOME: home } });
    const reader = new AlertReader();
    const tally = new Tally();
    const take = (event: LedgerEvent): void => {
      reader.take(event);
      tally.take(event, this.#parts.now());
    };
    const head = await readEvents(site, take);
    this.#reader = reader;
    this.#tally = tally;
    this.#events = head.size;
    this.#filesAt = this.#parts.now() + FILES_MS;
    await followEvents(site, head, {
      take: async (event) => {
        take(event);
        this.#events = event.seq + 1;
      },
      pause: async () => {
        this.#tell();
        void this.#lookAtFiles(site, reader);
        await this.#pause(LOOK_MS);
      },
      over: () => this.#ended,
    });
  }

  /** Where it is time, and where somebody has signed for any. A clock that was set back is no reason to wait a day more. */
  async #lookAtFiles({ home }: OpenInstallation, { facts }: AlertReader): Promise<void> {
    const now = this.#parts.now();
    if (this.#lookingAtFiles || !facts.integrity.baseline || (now < this.#filesAt && this.#filesAt - now <= DAY_MS)) return;
    this.#lookingAtFiles = true;
    try {
      const look = await lookAtIntegrity({ home, facts, folder: this.#parts.program });
      const found = findingsOf(look, facts.integrity, this.#parts.now());
      if (found) await this.#main.ask('files', found);
      this.#filesAt = this.#parts.now() + DAY_MS;
    } catch {
      // The ledger does not take it now, or a file went between two looks.
      this.#filesAt = this.#parts.now() + FILES_AGAIN_MS;
    } finally {
      this.#lookingAtFiles = false;
    }
  }

  /** For so long, or until somebody asks. Who has asked by its end is answered by the look that follows. */
  async #pause(ms: number): Promise<void> {
    if (this.#asking.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await inTime(promise, ms);
    }
    this.#looking.push(...this.#asking.splice(0));
  }

  #tell(): void {
    const now = this.#parts.now();
    const told = this.#told;
    const isStill = told?.events === this.#events && Math.abs(now - told.at) < ABSENCES_MS;
    if (!this.#reader || (isStill && this.#looking.length === 0)) return;
    const open = openAlertsOf(this.#reader.at(now), this.#events);
    const { events, ...rest } = open;
    const words = JSON.stringify(rest);
    this.#told = { words, at: now, events };
    if (words !== told?.words) this.#main.tell('alerts', open);
    for (const one of this.#looking.splice(0)) one.resolve(open);
  }
}
