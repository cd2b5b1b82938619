/**
 * Main's end of the process that goes through the ledger, and who keeps that: it begins behind the first page, lives through locks, and begins anew,
 * later and later, where it ends unasked. Nothing waits for it, and nothing is locked or opened by what it says.
 */
import { openDoor } from '../../src/access/index.ts';
import {
  auditParentService,
  auditService,
  type AuditInput,
  type AuditParentInput,
  type AuditParentService,
  type AuditService,
  type OpenAlerts,
  type ShownPage,
  type ToldReviews,
} from '../../src/audit/service.ts';
import type { Pictures } from '../../src/audit/tally.ts';
import { Endpoint } from '../../src/process/endpoint.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { MINUTE_MS } from '../../src/types/units.ts';
import type { Child, Host } from '../host.ts';
import { exitDetail } from './exit-detail.ts';
import type { Journal } from '../journal.ts';
import { retryMs } from '../../src/time/retry.ts';

/** What it asks of main for the sinks of the policy (main/sending.ts). */
export interface Sending {
  /** Those of the policy in force, and the hosts that it lets be reached. */
  readonly sinks: () => AuditInput<'sinks'>;
  /** @throws Refusal, StorageFault */
  readonly keep: (place: AuditParentInput<'sent'>) => Promise<void>;
  /** @throws Refusal */
  readonly enter: (told: AuditParentInput<'sink'>) => Promise<void>;
  /** @throws Refusal */
  readonly enterEnd: (told: AuditParentInput<'sinkEnds'>) => Promise<void>;
}

export interface AuditKeeperParts {
  /** It has looked at the program's files (main/integrity.ts). @throws Refusal */
  readonly files: (found: AuditParentInput<'files'>) => Promise<void>;
  readonly host: Pick<Host, 'fork'>;
  /** The data folder. */
  readonly home: string;
  readonly journal: Pick<Journal, 'log' | 'refusals'>;
  /** What it asks for the sinks. */
  readonly sending: Sending;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Other alerts are open than before, or nobody knows any more. */
  readonly changed: () => void;
}

/** After its first end, and at most (ms). */
const AGAIN_MS = { first: 2000, most: 5 * MINUTE_MS };

export class AuditKeeper {
  readonly #parts: AuditKeeperParts;
  #child: Child | undefined;
  #line: Endpoint<AuditParentService, AuditService> | undefined;
  #ends = 0;
  #notBefore = 0;
  #ended = false;
  #open: OpenAlerts | undefined;
  #blind: string | undefined;
  /** Sinks that it was told of. */
  #sinks = '';

  constructor(parts: AuditKeeperParts) {
    this.#parts = parts;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Which alerts are open; undefined until the ledger was read, and while that cannot be. */
  get open(): OpenAlerts | undefined {
    return this.#open;
  }

  /** Why nothing can be said of alerts, as a sentence; undefined while all is well. */
  get blind(): string | undefined {
    return this.#blind;
  }

  /** Once a second, where there is an installation. */
  tick(): void {
    this.#start();
    const sinks = this.#parts.sending.sinks();
    const told = JSON.stringify(sinks);
    if (told === this.#sinks || !this.#line) return;
    this.#sinks = told;
    this.#line.tell('sinks', sinks);
  }

  #start(): void {
    if (this.#child || this.#ended || this.#parts.now() < this.#notBefore) return;
    const { host, home, journal, sending, files } = this.#parts;
    const child = host.fork('audit-host');
    const bad = (): void => journal.refusals.badMessage('audit-host');
    const line = new Endpoint<AuditParentService, AuditService>({
      table: auditParentService,
      handlers: {
        ready: () => {},
        alerts: (open) => {
          this.#ends = 0;
          this.#take(open, undefined);
        },
        blind: ({ sentence }) => this.#take(undefined, sentence),
        sent: async (place) => {
          await sending.keep(place);
          return {};
        },
        sink: async (told) => {
          await sending.enter(told);
          return {};
        },
        sinkEnds: async (told) => {
          await sending.enterEnd(told);
          return {};
        },
        files: async (found) => {
          await files(found);
          return {};
        },
      },
      theirs: auditService,
      door: openDoor({ standing: () => ({ phase: 'locked' }), denied: bad }),
      post: (message) => child.post(message),
      frame: bad,
      trouble: bad,
      bad,
    });
    this.#child = child;
    this.#line = line;
    this.#sinks = '';
    child.onMessage((message) => line.receive(message));
    child.onExit((code, signal) => {
      line.end(gone());
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#line = undefined;
      if (this.#ended) return;
      this.#notBefore = this.#parts.now() + retryMs(AGAIN_MS, ++this.#ends);
      journal.log({ action: 'audit-host.exit', detail: exitDetail(code, signal) });
      this.#take(undefined, gone().message);
    });
    line.tell('configure', { home });
  }

  /** Which are open by everything that is in the ledger now. @throws Refusal where nobody knows */
  async look(): Promise<OpenAlerts> {
    if (!this.#line) throw gone();
    const open = await this.#line.ask('look', {});
    this.#take(open, undefined);
    return open;
  }

  /** @throws Refusal where nobody knows */
  events(query: AuditInput<'events'>): Promise<ShownPage> {
    if (!this.#line) throw gone();
    return this.#line.ask('events', query);
  }

  /** @throws Refusal where nobody knows */
  pictures(): Promise<Pictures> {
    if (!this.#line) throw gone();
    return this.#line.ask('pictures', {});
  }

  /** @throws Refusal where nobody knows */
  reviews(): Promise<ToldReviews> {
    if (!this.#line) throw gone();
    return this.#line.ask('reviews', {});
  }

  async kill(): Promise<void> {
    this.#ended = true;
    await this.#child?.kill();
  }

  #take(open: OpenAlerts | undefined, blind: string | undefined): void {
    this.#open = open;
    this.#blind = blind;
    this.#parts.changed();
  }
}

const gone = (): Refusal => new Refusal('audit-ended', 'The part of Wardmux that looks through the ledger has ended. It is started again: try it in a moment.');
