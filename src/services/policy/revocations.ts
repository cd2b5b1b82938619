/**
 * The revocation list that the policy demands, for every door: read where the policy says, judged (src/revocation), kept, and entered. What it names the
 * ledger has from then on, so that nobody has to ask here who is revoked; whether anybody comes in at all, this says. Which key slots it names it says too: the
 * ledger has those that stood in people/ when it was looked at, and who may write there decides when that is.
 */
import { largestSmallFile, readSmall, writeAtomic } from '../../disk/atomic.ts';
import { NotPlainError, openPlainHandle } from '../../disk/plain.ts';
import { MAX_NAMED } from '../../ledger/events.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readPerson } from '../../people/person.ts';
import { policyInForce } from '../../policy/index.ts';
import type { Policy } from '../../policy/types.ts';
import {
  judge,
  namedHere,
  slotsNamedBy,
  type FoundFile,
  type Judged,
  type KnownHere,
  type NamedHere,
  type NamedSlot,
  type RevocationPolicy,
  type SignedList,
} from '../../revocation/index.ts';
import type { Home } from '../../storage/home.ts';
import type { RevocationState } from '../../types/words.ts';
import { bootClock, type Clock } from '../../time/clock.ts';
import { inTime } from '../../time/in-time.ts';
import { Refusal } from '../../types/refusal.ts';

/** A share that does not answer by then is away (ms): an unlock waits for it. */
const READ_MS = 3000;
/** Between two events of looks (ms): whoever takes the share away and gives it back again and again must not fill the disk. */
const EVENT_MS = 60_000;

type Facts = Pick<LedgerFacts, 'people' | 'person' | 'revocations'>;

/** What a look came to, for whoever stands at a door. */
export interface ListLook extends NamedHere {
  /** Null where the policy demands no list. */
  readonly state: RevocationState | null;
  readonly barred: boolean;
  /** For people; undefined where there is nothing to say. */
  readonly sentence: string | undefined;
}
/** Where no list is demanded. */
const NO_SLOT = (): boolean => false;
const NOTHING: ListLook = { state: null, barred: false, sentence: undefined, people: [], slots: [] };

export interface RevocationParts {
  readonly home: Home;
  /** Undefined before the first run. */
  readonly ledger: () => Pick<Ledger, 'append' | 'facts'> | undefined;
  /** In force. @throws StorageFault where it cannot be read: whether it demands a list nobody knows then */
  readonly policy: () => Policy | undefined;
  /** Takes what whoever is in has to know: that a list is due, or away. Once for each list. */
  readonly tell?: (sentence: string) => void;
  /** Takes what could not be entered or kept. */
  readonly failed?: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Counts whatever the machine's clock is set to. */
  readonly clock?: Pick<Clock, 'now'>;
}

export class Revocations {
  readonly #parts: RevocationParts;
  #lastLook: ListLook = NOTHING;
  /** Of the newest list that is signed, also where another one lies there by now. */
  #isNamed: (slot: NamedSlot) => boolean = NO_SLOT;
  /** The look that is under way. */
  #looking: Promise<ListLook> | undefined;
  /** A file that is being written on a share is none for a moment: only what two looks have seen puts out who is in. */
  #seenBarred = false;
  #watched: ListLook = NOTHING;
  #told = '';
  /** The two clocks at the beginning: setting one back makes no list younger as long as this runs. */
  readonly #begun: { readonly wall: number; readonly clock: number };
  #enteredAt = -Infinity;

  constructor(parts: RevocationParts) {
    this.#parts = parts;
    const { now = Date.now, clock = bootClock } = parts;
    this.#begun = { wall: now(), clock: clock.now() };
  }

  /** Milliseconds since the epoch, and never less than have passed since the beginning. */
  get #now(): number {
    const { now = Date.now, clock = bootClock } = this.#parts;
    return Math.max(now(), this.#begun.wall + clock.now() - this.#begun.clock);
  }

  /** Begins a look, where none is under way. What it came to stands in `standing`. */
  tick(): void {
    if (this.#looking) return;
    void this.look().then((found) => {
      const sure = !found.barred || this.#seenBarred;
      this.#seenBarred = found.barred;
      this.#watched = sure ? found : { ...found, barred: this.#watched.barred };
      this.#tell(found);
    });
  }

  /** Looks at the start, where nobody is in who could be put out for nothing. */
  async settle(): Promise<void> {
    this.#watched = await this.look();
    this.#seenBarred = this.#watched.barred;
  }

  #tell({ state, barred, sentence }: ListLook): void {
    const what = sentence === undefined || barred ? '' : `${state} ${this.#parts.ledger()?.facts.revocations.list?.number}`;
    if (what !== '' && what !== this.#told) this.#parts.tell?.(sentence!);
    this.#told = what;
  }

  /** What the looks of `tick` and `settle` came to. */
  get lastLook(): ListLook {
    return this.#watched;
  }

  /** Why nobody comes in but by break-glass, as of the last look; undefined where people do. */
  get barred(): string | undefined {
    return this.#lastLook.barred ? this.#lastLook.sentence : undefined;
  }

  /** Whether the list names this key slot by its own word, whatever stood in people/ when it was taken. */
  names(slot: NamedSlot): boolean {
    return this.#isNamed(slot);
  }

  /** Looks now. Never rejects: what cannot be looked at bars. */
  look(): Promise<ListLook> {
    this.#looking ??= this.#look()
      .catch((error: unknown): ListLook => {
        this.#parts.failed?.(error);
        return {
          ...this.#lastLook,
          barred: true,
          sentence: 'The revocation list of this workstation could not be looked at. Nobody comes in but by break-glass.',
        };
      })
      .then((found) => {
        this.#looking = undefined;
        return (this.#lastLook = found);
      });
    return this.#looking;
  }

  async #look(): Promise<ListLook> {
    const { home, ledger: ledgerOf, failed } = this.#parts;
    const ledger = ledgerOf();
    if (!ledger) return NOTHING;
    const demanded = this.#demanded(ledger.facts);
    if (!demanded) {
      this.#isNamed = NO_SLOT;
      return NOTHING;
    }
    const judged = await judgeList(home, ledger.facts, demanded, this.#now);
    if (judged.list) this.#isNamed = slotsNamedBy(judged.list);
    const { state, barred, sentence, named } = judged;
    if (named.people.length > MAX_NAMED.people || named.slots.length > MAX_NAMED.slots)
      return {
        state,
        barred: true,
        sentence: `The revocation list ${demanded.file} names more of this workstation than can be entered (${MAX_NAMED.people} people, ${MAX_NAMED.slots} key slots). Nobody comes in but by break-glass. Delete those who are gone: wardmux person delete ID`,
        ...named,
      };
    await this.#take(ledger, judged).catch((error: unknown) => failed?.(error));
    return { state, barred, sentence, ...named };
  }

  /** @throws StorageFault where a list was demanded before, and nobody can read the policy that says so */
  #demanded({ revocations }: Pick<Facts, 'revocations'>): Policy['revocation'] {
    try {
      return this.#parts.policy()?.revocation;
    } catch (error) {
      if (revocations.look !== null || revocations.list !== null) throw error;
      // Whoever is let in by a policy that cannot be read hears of it where it is needed.
      return undefined;
    }
  }

  /** Keeps and enters what is news. */
  async #take(ledger: Pick<Ledger, 'append' | 'facts'>, { list, keep, state, barred, named }: JudgedHere): Promise<void> {
    const { home, failed, clock = bootClock } = this.#parts;
    try {
      // The bytes first: an event whose list nobody has keeps everybody out as soon as the share is away.
      if (keep) writeAtomic(home.revocations, keep);
    } catch (error) {
      failed?.(error);
    }
    if (list && isNews(ledger.facts, list, named)) await this.#enterList(ledger, list, named);
    const before = ledger.facts.revocations.look;
    if (before ? before.state === state && before.open === !barred : state === 'good') return;
    if (clock.now() - this.#enteredAt < EVENT_MS) return;
    this.#enteredAt = clock.now();
    await ledger.append({ action: 'revocation.look', detail: { state, open: !barred } });
  }

  async #enterList(ledger: Pick<Ledger, 'append' | 'facts'>, list: SignedList, { people, slots }: NamedHere): Promise<void> {
    const { number, sha256, issued, signer } = list;
    const before = (): void => {
      if (!isNews(ledger.facts, list, { people, slots })) throw new Refusal('no-change', 'Another process has entered this revocation list.');
    };
    try {
      await ledger.append({ action: 'revocation.list', detail: { number, sha256, issued, signer, people, slots } }, { before });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
}

/** For one command, over its ledger. */
export const revocationsOver = (home: Home, ledger: Pick<Ledger, 'append' | 'facts'>): Revocations =>
  new Revocations({ home, ledger: () => ledger, policy: () => policyInForce(home, ledger.facts).policy });

/**
 * Before a policy comes into force that demands a list: one that does not stand would keep everybody out who could take that back.
 * @throws Refusal; nothing has changed then
 */
export async function requireList(home: Home, facts: Facts, { revocation: demanded }: Policy): Promise<void> {
  if (!demanded) return;
  const { barred, state } = await judgeList(home, facts, demanded, Date.now());
  if (!barred) return;
  throw new Refusal(
    'no-list',
    `This policy demands a revocation list, and ${demanded.file} is none that stands (${state}): nobody would come in any more but by break-glass. Put it there first, and look at it with: wardmux revocation check ${demanded.file} --policy FILE. Nothing was changed.`,
  );
}

/** Whether the ledger does not have that yet. */
function isNews({ revocations: { list: known } }: Pick<Facts, 'revocations'>, { number, sha256 }: SignedList, { people, slots }: NamedHere): boolean {
  if (!known || number > known.number) return true;
  if (number < known.number || sha256 !== known.sha256) return false;
  return people.some((id) => !known.people.includes(id)) || slots.some((id) => !known.slots.includes(id));
}

type JudgedHere = Judged & { readonly named: NamedHere };

/** Reads the list and judges it beside the copy that is kept and what the ledger has. @param now milliseconds since the epoch */
export async function judgeList(home: Home, facts: Facts, demanded: RevocationPolicy, now: number): Promise<JudgedHere> {
  const file = await readListFile(demanded.file);
  const judged = judge({ demanded, file, kept: keptList(home), known: facts.revocations.list, now });
  return { ...judged, named: judged.list ? namedIn(judged.list, home, facts) : { people: [], slots: [] } };
}

/** Lists on a share that has not answered yet: each question more would hold one more thread of this process, and of those there are four. */
const unanswered = new Set<string>();
const noAnswer: FoundFile = { state: 'unreadable', why: `did not answer within ${READ_MS / 1000} seconds` };

/** What lies there: no link, no FIFO, nothing larger than a file of ours, and not for longer than an unlock waits. */
async function readListFile(path: string): Promise<FoundFile> {
  if (unanswered.has(path)) return noAnswer;
  const read = async (): Promise<FoundFile> => {
    try {
      const handle = await openPlainHandle(path);
      if (!handle) return { state: 'missing', why: 'is not there' };
      try {
        const { size } = await handle.stat();
        if (size > largestSmallFile) return { state: 'unreadable', why: 'is larger than 1 MiB' };
        const bytes = Buffer.alloc(size);
        const { bytesRead } = await handle.read(bytes, 0, size, 0);
        return { bytes: bytes.subarray(0, bytesRead) };
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (error instanceof NotPlainError) return { state: 'unreadable', why: 'is not a plain file' };
      return { state: 'unreadable', why: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})` };
    }
  };
  return inTime(
    read().finally(() => unanswered.delete(path)),
    READ_MS,
    () => (unanswered.add(path), noAnswer),
  );
}

/** The last one that was taken. One that cannot be read is none: its signature would count, and nothing else of it. */
function keptList(home: Pick<Home, 'revocations'>): Buffer | undefined {
  try {
    return readSmall(home.revocations);
  } catch {
    return undefined;
  }
}

/** Whom and what of this installation a list names; what it named once it names for ever, whatever has become of that since. */
function namedIn(list: SignedList, home: Home, facts: Facts): NamedHere {
  const known = facts.people().map((id): KnownHere => {
    const { encryptionKey, signingKey } = facts.person(id)!;
    return { id, encryptionKey, signingKey, slots: slotsOf(home, id) };
  });
  const { people, slots } = namedHere(list, known);
  const before = facts.revocations.list?.sha256 === list.sha256 ? facts.revocations.list : { people: [], slots: [] };
  return { people: [...new Set([...before.people, ...people])], slots: [...new Set([...before.slots, ...slots])] };
}

/** As they stand in the file, those that were revoked before among them. A record that is not the ledger’s opens nothing anyway. */
function slotsOf(home: Home, id: string): KnownHere['slots'] {
  try {
    return readPerson(home, id)?.slots ?? [];
  } catch {
    return [];
  }
}
