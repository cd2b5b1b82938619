/**
 * One attempt to unlock, as every surface makes it: the window, the terminal and the command line. It is charged and entered
 * before it is made, and what came of it is entered before anybody hears of it. What cannot be entered is not tried, and an
 * unlock that cannot be entered opens nothing, also on a full disk: the ledger has room of its own for it (src/ledger/room.ts).
 */
import type { AuditEntry, UnlockReason } from '../ledger/events.ts';
import { unlockFailures } from '../ledger/table/people.ts';
import { LedgerError } from '../ledger/errors.ts';
import type { Method } from '../ledger/facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Authority } from '../ledger/types.ts';
import type { Allowance, Backoff } from './backoff.ts';
import type { OpenIdentity } from './identity.ts';
import { assurance, hasOtherWay, ONE_FACTOR, requireFactors, requireTaken, type FactorsAsked } from './factors.ts';
import { normalisePassphrase } from './passphrase.ts';
import { NOTHING_MORE, unlockWithPassphrase, type Cost } from './person.ts';
import { withoutSlots } from './pinned.ts';
import { personStopped, UnlockError, wrongPassphrase } from './errors.ts';
import type { KeySlot, Person } from './types.ts';

/** What an unlock by a key slot has shown. */
export const authorityOf = (method: Method, slot: string): Authority => ({ aal: assurance[method], credential: slot });

/** What says from outside who is out, as a door asks it (src/services/policy/revocations.ts). */
export interface OutsideWord {
  /** Looks anew. Never rejects: what cannot be looked at bars. */
  look(): Promise<unknown>;
  /** Why nobody comes in but by break-glass, where the list that the policy demands does not stand: a sentence. As of the last look. */
  readonly barred: string | undefined;
  /** Whether it names this key slot, whatever the ledger has of it. */
  names(slot: KeySlot): boolean;
}

export interface AttemptParts {
  readonly backoff: Backoff;
  readonly ledger: Pick<Ledger, 'append' | 'authority' | 'enter' | 'facts' | 'refresh' | 'standsOn'>;
  /** Why it is let in while the station is stopped: break-glass, and whoever is about to lift it. */
  readonly whileStopped?: 'emergency' | 'lifts' | undefined;
  /** What the policy in force asks of this door, looked up when it is needed. Left out: one factor does, as in an emergency. */
  readonly factors?: (() => FactorsAsked) | undefined;
  readonly revocations: OutsideWord;
  /** The record of somebody as the ledger has them at that moment: what was read before somebody typed counts for nothing. @throws PersonRefused, StorageFault */
  readonly read: (id: string) => Person | undefined;
}

/** Who wants in: the id as it was given, empty where none was. */
export interface Asking {
  readonly id: string;
  /** They are in, and show once more that it is them. */
  readonly again?: true;
  /** They agree to what somebody else asks for who is in: nothing is opened, and the ledger stands on whom it stood on. */
  readonly agrees?: true;
  /** Where no id was given: on whom it is tried, as the ledger has it at this moment. Each is charged, and told of a failure, as by name. */
  readonly tried?: () => readonly string[];
}

/** What an attempt opened: by which key slot, and of whom, where no id was given. */
export interface Opened {
  readonly slot: string;
  /** Whether the authenticator has asked who holds it; undefined where none was used. */
  readonly uv?: boolean | undefined;
  readonly found?: string;
}

/** Somebody as ledger and revocation list have them at this moment. */
function personNow({ read, revocations }: Pick<AttemptParts, 'read' | 'revocations'>, id: string): Person | undefined {
  const person = read(id);
  return person && withoutSlots(person, (slot) => revocations.names(slot));
}

/** What an event says of an attempt beside who and how. */
const howOf = (
  { again, agrees }: Pick<Asking, 'again' | 'agrees'>,
  { whileStopped }: Pick<AttemptParts, 'whileStopped'>,
): Pick<Asking, 'again' | 'agrees'> & { readonly lifts?: true; readonly emergency?: true } => ({
  ...(again ? { again } : {}),
  ...(agrees ? { agrees } : {}),
  ...(whileStopped === 'lifts' ? { lifts: true } : {}),
  ...(whileStopped === 'emergency' ? { emergency: true } : {}),
});

/** An event names only whom the ledger knows: anything else somebody has typed, and only its crowd is said. */
function named({ ledger, backoff }: NamedBy, id: string): { readonly person?: string; readonly crowd?: { readonly crowd: number } } {
  if (ledger.facts.person(id)) return { person: id };
  const counted = backoff?.counted(id);
  return counted && 'crowd' in counted ? { crowd: { crowd: counted.crowd } } : {};
}

/** What somebody's attempt is allowed. That it is for lifting counts where the station is stopped, and nowhere else: it would only help whoever guesses. */
export const allowanceOf = (
  { ledger, whileStopped }: Pick<AttemptParts, 'whileStopped'> & { readonly ledger: Pick<Ledger, 'facts'> },
  person: Pick<Person, 'slots'> | undefined,
  method: Method,
): Allowance => ({
  other: hasOtherWay(person, method),
  lifts: whileStopped === 'lifts' && ledger.facts.stationStop !== undefined,
});

type NamedBy = Pick<AttemptParts, 'ledger' | 'whileStopped'> & { readonly backoff?: Backoff | undefined };

/**
 * Enters that an unlock was refused. Where the ledger does not take it now it does later, with its own time.
 * @param failures in a row before it, of this person and method; undefined where nothing was charged.
 * @throws LedgerError where it is not in the ledger yet.
 */
export async function enterRefusal(
  parts: NamedBy,
  { id, again, agrees }: Pick<Asking, 'id' | 'again' | 'agrees'>,
  method: Method,
  error: unknown,
  failures?: number,
): Promise<void> {
  const { crowd, ...who } = named(parts, id);
  const detail = { method, reason: reasonOf(error), ...(failures === undefined ? {} : { failures }), ...crowd, ...howOf({ again, agrees }, parts) };
  try {
    await parts.ledger.enter({ action: 'unlock', ...who, outcome: 'failure', detail } satisfies AuditEntry);
  } catch (second) {
    // The first says why, and is of the same ledger.
    if (!(error instanceof LedgerError)) throw second;
  }
}

/**
 * Asks whether an attempt may be made now, and charges nothing: before somebody is asked for a passphrase in vain.
 * @throws UnlockError `back-off`, which is an event; LedgerError; StorageFault
 */
export async function mayAttempt(parts: AttemptParts, { id }: Asking, method: Method): Promise<void> {
  await parts.ledger.refresh();
  try {
    requireNotStopped(parts);
    requireTaken(askedBy(parts), method);
    parts.backoff.check(id, method, allowanceOf(parts, personNow(parts, id), method));
  } catch (error) {
    await enterRefusal(parts, { id }, method, error);
    throw error;
  }
}

const askedBy = ({ factors }: Pick<AttemptParts, 'factors'>): FactorsAsked => factors?.() ?? ONE_FACTOR;

/** For people: the terminal and the command. */
const stoppedSentence =
  'Nobody unlocks here now: this workstation is stopped. Another security admin than who did that lifts it, at the lock page of its window or by: wardmux stop lift station';

/** @throws UnlockError `stopped`, `unlisted` */
function requireNotStopped({ ledger, whileStopped, revocations }: AttemptParts): void {
  if (ledger.facts.stationStop && !whileStopped) throw new UnlockError('stopped', stoppedSentence);
  const why = whileStopped === 'emergency' ? undefined : revocations.barred;
  if (why !== undefined) throw new UnlockError('unlisted', why);
}

/** What opened it went while it did. */
class SlotGone extends UnlockError {}

/**
 * Asked under the ledger's lock, before a success is entered: who was disabled or deleted while it was tried is not in, a slot that went opened nothing,
 * and what shows fewer factors than the policy asks for lets nobody in.
 * @throws UnlockError in the words of a wrong passphrase, or `two-factors`
 */
function requireStill(parts: AttemptParts, id: string, slot: string, method: Method, deed: boolean): void {
  requireNotStopped(parts);
  const now = personNow(parts, id);
  if (now?.stopped) throw personStopped();
  if (!now?.active) throw new UnlockError('disabled', wrongPassphrase().message);
  if (!now.slots.some((one) => one.id === slot)) throw new SlotGone('wrong-passphrase', wrongPassphrase().message);
  requireFactors(askedBy(parts), method, now, deed);
}

/**
 * @param open tries it, and has it proven, with what is read then; its `slot` is the id of the key slot that opened. What it throws is why the attempt failed.
 * @param close takes back what `open` gave, where that could not be entered.
 * @returns what `open` gave, and the failures in a row before it, of this person and method, as the ledger has them.
 * @throws UnlockError, LedgerError, StorageFault, and what `open` throws. Nothing is open then.
 */
export async function attempt<T extends Opened>(
  parts: AttemptParts,
  asking: Asking,
  method: Method,
  open: () => Promise<T>,
  close: (opened: T) => void = () => {},
): Promise<{ opened: T; failures: number }> {
  const { backoff, ledger, revocations } = parts;
  const { id } = asking;
  // Nobody comes in by it.
  const deed = asking.agrees === true || parts.whileStopped === 'lifts';
  const { crowd, ...who } = named(parts, id);
  let failures: number | undefined;
  /** Failures in a row of each on whom it is tried, before it. */
  const before = new Map<string, number>();
  const charge = (): void => {
    requireNotStopped(parts);
    requireTaken(askedBy(parts), method);
    const tried = asking.tried?.() ?? [];
    failures = backoff.begin(id, method, allowanceOf(parts, personNow(parts, id), method));
    for (const each of tried) before.set(each, backoff.charge(each, method));
  };
  const settle = (): void => {
    try {
      backoff.succeeded(...[opened!.value.found ?? [], id].flat(), ...before.keys());
    } catch {
      // The ledger has the success, and the file follows at the next look.
    }
  };
  let opened: { readonly value: T } | undefined;
  const standing = ledger.authority;
  const takeBack = (): void => {
    if (!opened) return;
    // Whoever was in before is in still, by what they came in with.
    ledger.standsOn(asking.again || asking.agrees ? standing : null);
    close(opened.value);
    opened = undefined;
  };
  const openAndEnter = async (): Promise<T> => {
    const value = await open();
    opened = { value };
    const { slot, found, uv } = value;
    // Before anything stands on it: a list that came while it was opened is nobody's word here.
    await revocations.look();
    ledger.standsOn(authorityOf(method, slot));
    if (found !== undefined) failures = before.get(found) ?? failures;
    const shown = { method, failures: failures!, ...(uv === undefined ? {} : { uv }), ...crowd, ...howOf(asking, parts) };
    const success = { action: 'unlock', ...who, ...(found === undefined ? {} : { person: found }), outcome: 'success', detail: shown } as const;
    // What an entry stands on it takes along at once.
    const entering = ledger.append(success, { before: () => requireStill(parts, found ?? id, slot, method, deed), after: settle });
    if (asking.agrees) ledger.standsOn(standing);
    await entering;
    return value;
  };
  // However long somebody took to answer, who is out by now is out.
  await revocations.look();
  try {
    // Asked, charged and entered in one, under the ledger's lock: however many try at once, each counts what the one before has entered.
    await ledger.append({ action: 'unlock.attempt', ...who, detail: { method, ...crowd } }, { before: charge });
    const value = await openAndEnter().catch((error: unknown) => {
      if (!(error instanceof SlotGone)) throw error;
      // The same passphrase may have another slot by now, at another cost: what is there now decides.
      takeBack();
      return openAndEnter();
    });
    return { opened: value, failures: failures! };
  } catch (error) {
    takeBack();
    // Until here only the files of the counters had it. Where one cannot be entered now it is entered later.
    await Promise.allSettled([...before.keys()].map((person) => ledger.enter({ action: 'unlock.attempt', person, detail: { method } })));
    await enterRefusal(parts, asking, method, error, failures);
    throw reasonOf(error) === 'person-stopped' ? stoppedBy(parts, asking.id) : error;
  }
}

/**
 * The same, where the passphrase opens the identity in this process.
 * @param id empty where none was given. Whose record it is, is read when the attempt is entered, however long somebody was asked before.
 * @param among whom it may be of then, where no id was given: the first one whose slot it opens, of those who may try now.
 * @param whole what a wrong passphrase is to cost (`dearest`).
 * @param typed UTF-8 as it was typed; wiped here.
 * @returns the open identity, which the caller destroys, and the failures in a row before it.
 */
export async function attemptPassphrase(
  parts: AttemptParts,
  id: string,
  typed: Uint8Array,
  whole: Cost,
  among: () => readonly string[] = () => [],
): Promise<{ readonly identity: OpenIdentity; readonly failures: number }> {
  const normal = Buffer.from(normalisePassphrase(Buffer.from(typed.buffer, typed.byteOffset, typed.byteLength).toString('utf8')), 'utf8');
  typed.fill(0);
  const { backoff } = parts;
  let fit: readonly string[] = [];
  // Who waits, or whose passphrase is off, is not tried without their id either.
  const tried = (): readonly string[] =>
    (fit = present(parts, among())
      .filter((each) => backoff.mayTry(each.id, 'passphrase', allowanceOf(parts, each, 'passphrase')))
      .map((each) => each.id));
  const open = async (): Promise<Opened & { readonly identity: OpenIdentity }> => {
    const identity = id === '' ? await firstThatFits(present(parts, fit), normal, whole) : await unlockWithPassphrase(personNow(parts, id), normal, whole);
    return { slot: identity.slot, identity, ...(id === '' ? { found: identity.person.id } : {}) };
  };
  try {
    const { opened, failures } = await attempt(parts, id === '' ? { id, tried } : { id }, 'passphrase', open, ({ identity }) => identity.destroy());
    return { identity: opened.identity, failures };
  } finally {
    normal.fill(0);
  }
}

/** For who was stopped and has shown that it is them: who can lift it. */
function stoppedBy({ ledger: { facts }, read }: AttemptParts, id: string): UnlockError {
  const now = new Date().toISOString();
  const { stoppedBy: by, stateSeq } = facts.person(id) ?? {};
  const error = personStopped();
  if (by === undefined) return error;
  const named = (who: string): string => {
    try {
      const name = read(who)?.name;
      return name === undefined ? who : `${name} (${who})`;
    } catch {
      return who;
    }
  };
  const lifters = facts.deciders(id).filter((who) => facts.hand(who, now) !== facts.hand(by, now));
  const when = facts
    .changes(id)
    .find(({ seq }) => seq === stateSeq)
    ?.time.slice(0, 16)
    .replace('T', ' ');
  const whom = lifters.length === 0 ? 'Nobody here can lift that now' : `Who can lift that: ${lifters.map(named).join(', ')}`;
  return new UnlockError(error.code, `${error.message} It was ${named(by)}${when === undefined ? '' : `, ${when} UTC`}. ${whom}.`);
}

/** The records of those who can come in now. Whose record is not the ledger's cannot, and everybody else can. */
function present(parts: AttemptParts, ids: readonly string[]): Person[] {
  return ids.flatMap((id) => {
    try {
      const person = personNow(parts, id);
      return person?.active ? [person] : [];
    } catch {
      return [];
    }
  });
}

async function firstThatFits(candidates: readonly Person[], normal: Uint8Array, whole: Cost): Promise<OpenIdentity> {
  for (const person of candidates) {
    try {
      return await unlockWithPassphrase(person, normal, NOTHING_MORE);
    } catch (error) {
      if (!(error instanceof UnlockError) || error.code !== 'wrong-passphrase') throw error;
    }
  }
  return unlockWithPassphrase(undefined, normal, candidates.length > 0 ? NOTHING_MORE : whole);
}

/** The ledger's word for why an unlock failed; everything that its row does not know is an `error`. */
function reasonOf(error: unknown): UnlockReason {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'vault-ended') return 'vault-gone';
  return unlockFailures.find((reason) => reason === code) ?? 'error';
}
