/** What was refused at a door, for the ledger: a few a second from each source, and one that says that there were more. */
import type { Denial, DoorName } from '../src/access/index.ts';
import { Limiter } from '../src/bridge/limiter.ts';
import type { SocketRefusal } from '../src/control/listen.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import { deniedEntry } from '../src/services/admit.ts';
import type { Surface } from '../src/types/words.ts';
import { refusedByHost, type RefusedByHost } from './host.ts';

/**
 * Refusals from one source in this time (ms). Each is an event on the disk, synced: our own pages and processes cause none,
 * and a hostile one must not fill the disk.
 */
const REFUSALS = { most: refusedByHost.length, within: 1000 };

/** Our own processes and the private socket. */
export type BadSender = 'pty-host' | 'vault-host' | 'socket';

/** Who stood at a door. At `cli` it is whoever types at the terminal of a terminal-only job. */
const peerOf = { page: 'page', command: 'page', vault: 'vault-host', pty: 'pty-host', socket: 'socket', cli: 'terminal' } as const satisfies Record<
  DoorName,
  string
>;

export class Refusals {
  readonly #enter: (entry: AuditEntry) => void;
  readonly #now: () => number;
  readonly #limits = new Map<string, Limiter>();

  /** @param now milliseconds. */
  constructor(enter: (entry: AuditEntry) => void, now: () => number) {
    this.#enter = enter;
    this.#now = now;
  }

  /** The host refused what a page tried: a navigation, a window, a message out of shape. */
  byHost(surface: Surface, what: RefusedByHost): void {
    const taken = this.#take('host');
    if (taken === 'yes') this.#enter({ action: 'host.refused', detail: { surface, what } });
    else if (taken === 'flood') this.#enter({ action: 'host.refused', detail: { surface, what: 'too-many' } });
  }

  /** A process of ours, or whoever reached the private socket, said something that is not in the protocol, or is not of this account; or the socket's file was taken away. */
  badMessage(peer: BadSender, code: SocketRefusal = 'bad-message'): void {
    const taken = this.#take(peer);
    if (taken !== 'no') this.#enter({ action: 'bridge.refused', detail: { peer, code: taken === 'yes' ? code : 'too-many' } });
  }

  /** Somebody asked for something that they may not do. */
  denied(door: DoorName, denial: Omit<Denial, 'sentence'>): void {
    const taken = this.#take(door);
    if (taken === 'yes') this.#enter(deniedEntry(door, denial));
    else if (taken === 'flood') this.#enter({ action: 'bridge.refused', detail: { peer: peerOf[door], code: 'too-many' } });
  }

  #take(source: string): ReturnType<Limiter['take']> {
    let limit = this.#limits.get(source);
    if (!limit) this.#limits.set(source, (limit = new Limiter(REFUSALS.most, REFUSALS.within)));
    return limit.take(this.#now());
  }
}
