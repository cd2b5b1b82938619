/** What was refused at a door, for the ledger: a few a second of each kind from each source, and one that says that there were more. */
import type { Denial, DoorName } from '../src/access/index.ts';
import { Limiters } from '../src/bridge/limiter.ts';
import type { SocketRefusal } from '../src/control/listen.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import { deniedEntry } from '../src/services/deeds/admit.ts';
import type { Surface } from '../src/types/words.ts';
import type { RefusedByHost } from './host.ts';
import type { Lowered } from '../src/native/process-limits.ts';

/**
 * Refusals of one kind from one source in this time (ms). Each is an event on the disk, synced: our own pages and processes cause none,
 * and a hostile one must not fill the disk. Each kind has its own, or whoever floods a door with what is harmless would have the ledger
 * hear nothing of what is not.
 */
const REFUSALS = { most: 4, within: 1000 };

/** Our own processes and the private socket. */
export type BadSender = 'pty-host' | 'vault-host' | 'audit-host' | 'socket';

/** Who stood at a door. At `cli` it is whoever types at the terminal of a terminal-only job. */
const peerOf = { page: 'page', command: 'page', vault: 'vault-host', pty: 'pty-host', socket: 'socket', cli: 'terminal' } as const satisfies Record<
  DoorName,
  string
>;

export class Refusals {
  readonly #enter: (entry: AuditEntry) => void;
  readonly #now: () => number;
  readonly #limits = new Limiters(REFUSALS.most, REFUSALS.within);

  /** @param now milliseconds. */
  constructor(enter: (entry: AuditEntry) => void, now: () => number) {
    this.#enter = enter;
    this.#now = now;
  }

  /** The host refused what a page tried: a navigation, a window, a message out of shape. */
  byHost(surface: Surface, what: RefusedByHost): void {
    const taken = this.#take(`host ${what}`);
    if (taken === 'yes') this.#enter({ action: 'host.refused', detail: { surface, what } });
    else if (taken === 'flood') this.#enter({ action: 'host.refused', detail: { surface, what: 'too-many' } });
  }

  /** A process of ours, or whoever reached the private socket, said something that is not in the protocol, or is not of this account; or the socket's file was taken away. */
  badMessage(peer: BadSender, code: SocketRefusal = 'bad-message'): void {
    const taken = this.#take(`${peer} ${code}`);
    if (taken !== 'no') this.#enter({ action: 'bridge.refused', detail: { peer, code: taken === 'yes' ? code : 'too-many' } });
  }

  /** Somebody asked for something that they may not do. */
  denied(door: DoorName, denial: Omit<Denial, 'sentence'>): void {
    const taken = this.#take(`${door} ${denial.needs} ${denial.why}`);
    if (taken === 'yes') this.#enter(deniedEntry(door, denial));
    else if (taken === 'flood') this.#enter({ action: 'bridge.refused', detail: { peer: peerOf[door], code: 'too-many' } });
  }

  /** Another program has lowered a limit of a process of ours. It can do so in steps of one. */
  limited(detail: Lowered): void {
    if (this.#take(`${detail.process} ${detail.limit}`) === 'yes') this.#enter({ action: 'process.limited', detail: { ...detail } });
  }

  #take(kind: string): ReturnType<Limiters['take']> {
    return this.#limits.take(kind, this.#now());
  }
}
