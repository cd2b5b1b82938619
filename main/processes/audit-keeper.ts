/**
 * Main's end of the process that goes through the ledger, and who keeps that: it begins behind the first page, lives through locks, and begins anew,
 * later and later, where it ends unasked. Nothing waits for it, and nothing is locked or opened by what it says.
 */
import { openDoor } from '../../src/access/index.ts';
import { auditParentService, auditService, type AuditParentService, type AuditService, type OpenAlerts } from '../../src/audit/service.ts';
import { Endpoint } from '../../src/process/endpoint.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { MINUTE_MS } from '../../src/types/units.ts';
import type { Child, Host } from '../host.ts';
import { exitDetail } from './exit-detail.ts';
import type { Journal } from '../journal.ts';

export interface AuditKeeperParts {
  readonly host: Pick<Host, 'fork'>;
  /** The data folder. */
  readonly home: string;
  readonly journal: Pick<Journal, 'log' | 'refusals'>;
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
    if (this.#child || this.#ended || this.#parts.now() < this.#notBefore) return;
    const { host, home, journal } = this.#parts;
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
    child.onMessage((message) => line.receive(message));
    child.onExit((code, signal) => {
      line.end(gone());
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#line = undefined;
      if (this.#ended) return;
      this.#notBefore = this.#parts.now() + Math.min(AGAIN_MS.most, AGAIN_MS.first * 2 ** Math.min(this.#ends++, 20));
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
