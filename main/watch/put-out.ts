/**
 * Whether whoever is in, or is away with shells that run on, is still somebody here, and whether the station is stopped: a command in another process can have
 * disabled, deleted or stopped them, given them new keys, or stopped it, and a revocation list from outside can name them. What of whoever is in is another thing than when they
 * came, person.ts sees.
 */
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { LogoffCause, StopCause } from '../../src/lock/machine.ts';
import type { Revocations } from '../../src/services/policy/revocations.ts';

/** Seconds between two looks at the ledger and at the revocation list, which cost a small read each; at the ledger sooner where its head is another one. */
const EVERY_SECONDS = 5;

export interface PutOutWatchParts {
  /** Looks for the list by itself: a share that hangs holds up nobody. */
  readonly revocations: Pick<Revocations, 'tick' | 'lastLook'>;
  /** Undefined before there is one. */
  readonly ledger: () => Pick<Ledger, 'facts' | 'events' | 'refresh'> | undefined;
  /** Whether the ledger's head is another one than at the question before; where it is left out, it is looked at every so often alone. */
  readonly changed?: () => boolean;
  /** Who is in or away, or has shells that run on. */
  readonly here: () => readonly string[];
  /** The station is stopped, or nobody knows who is revoked, or (undefined) neither. */
  readonly stop: (cause: StopCause | undefined) => void;
  /** @returns false where they were neither in nor away. */
  readonly logOff: (person: string, cause: LogoffCause) => boolean;
  /** Ends what of somebody runs on who is logged off already. */
  readonly end: (person: string, cause: LogoffCause) => void;
  /** The ledger has more events than at the look before, or can be read again, or no more: who can come in, and how, may be others by now. */
  readonly news?: () => void;
  /** Whether the lock page was told by a ledger that could be read; left out where there is none. */
  readonly toldByLedger?: () => boolean;
}

export class PutOutWatch {
  readonly #parts: PutOutWatchParts;
  #ticks = 0;
  #looking = false;
  /** Events at the last look. */
  #events: number | undefined;
  /** Whose shells were told to end, by what says so: they may have been in again since, and be stopped once more. */
  readonly #out = new Map<string, string>();
  /** Of each who is here, what their recordings were sealed to when they were seen first: what runs is sealed to that, and new keys open nothing of it. */
  readonly #keys = new Map<string, string>();

  constructor(parts: PutOutWatchParts) {
    this.#parts = parts;
  }

  /** Once a second. */
  async tick(): Promise<void> {
    const ledger = this.#parts.ledger();
    if (!ledger) return;
    const due = ++this.#ticks % EVERY_SECONDS === 0;
    if (due) this.#parts.revocations.tick();
    // While a look is under way the next second asks again.
    if (this.#looking || !(this.#parts.changed?.() || due)) return;
    this.#looking = true;
    // Where it cannot be read, whoever is in is locked (person.ts), and whoever wants to come in hears why.
    const read = await ledger.refresh().then(
      () => true,
      () => false,
    );
    this.#looking = false;
    const { news, toldByLedger = () => read } = this.#parts;
    const other = toldByLedger() !== read;
    if (read) this.#sync(ledger.facts);
    const before = this.#events ?? ledger.events;
    if (read) this.#events = ledger.events;
    if (other || (read && before !== ledger.events)) news?.();
  }

  #sync(facts: Ledger['facts']): void {
    const { stop, here, logOff, end, revocations } = this.#parts;
    const list = revocations.lastLook;
    stop(facts.stationStop ? 'stopped' : list.barred ? 'unlisted' : undefined);
    const people = new Set(here());
    for (const person of this.#keys.keys()) if (!people.has(person)) this.#keys.delete(person);
    for (const person of people) {
      const known = facts.person(person);
      // An emergency's shells are nobody's by this name: main/unlock/break-glass.ts ends them.
      if (!known) continue;
      const { stateSeq, encryptionKey } = known;
      const had = this.#keys.get(person) ?? encryptionKey;
      this.#keys.set(person, encryptionKey);
      if (had !== encryptionKey && !logOff(person, 'new-keys')) end(person, 'new-keys');
      const state = known.state === 'active' && list.people.includes(person) ? 'revoked' : known.state;
      const by = `${state} ${state === 'revoked' ? facts.revocations.list?.seq : stateSeq}`;
      if (state !== 'active' && this.#out.get(person) !== by) {
        this.#out.set(person, by);
        const cause = state === 'stopped' || state === 'revoked' ? state : 'person';
        if (!logOff(person, cause)) end(person, cause);
      }
    }
  }
}
