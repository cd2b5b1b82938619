/**
 * Attempts to get in: asks the vault host, enters what came of it, and opens the workspace. Over 400 lines: to come in, to show that one is there, to
 * agree and to lift a stop are charged, read and refused by the same few private steps.
 */
import { enrolGrantOf, grantOf, type Grant } from '../src/access/index.ts';
import { changeSentences } from '../src/services/changes.ts';
import { changedRecords, meant, refusedEntry } from '../src/services/person.ts';
import type { Revocations } from '../src/services/revocations.ts';
import { believeFolder } from '../src/services/unlock.ts';
import { unlockMethods, type UnlockMethod } from '../src/types/words.ts';
import { Limiter } from '../src/bridge/limiter.ts';
import type { Events } from '../src/bridge/schema.ts';
import { Refusal } from '../src/types/refusal.ts';
import { LedgerError } from '../src/ledger/errors.ts';
import type { UntoldFacts } from '../src/ledger/facts.ts';
import type { KnownPerson } from '../src/ledger/person-facts.ts';
import { Challenge } from '../src/proof/proof.ts';
import { type Home } from '../src/storage/index.ts';
import { StorageFault } from '../src/disk/fault.ts';
import { allowanceOf, attempt, authorityOf, enterRefusal, type AttemptParts, type Opened } from '../src/people/attempt.ts';
import type { Backoff } from '../src/people/backoff.ts';
import { openBackoff } from '../src/people/backoff-key.ts';
import { UnlockError } from '../src/people/errors.ts';
import { ONE_FACTOR, onlyEnrols, type FactorsAsked } from '../src/people/factors.ts';
import { readPerson } from '../src/people/person.ts';
import { asKnown, PersonRefused, readPinned } from '../src/people/pinned.ts';
import { decoyOptions, passkeySlots } from '../src/people/passkey.ts';
import type { Person } from '../src/people/types.ts';
import { Ways } from '../src/people/ways.ts';
import type { Glass } from '../src/lock/machine.ts';
import type { Clock } from '../src/time/clock.ts';
import { rpId } from './host.ts';
import { logoffNote } from './logoff.ts';
import type { Gate } from './gate.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { VaultClient } from './vault-client.ts';
import type { VaultKeeper } from './vault-keeper.ts';
import type { WindowKeeper } from './window-keeper.ts';

/** Passkeys that opened nothing, in this time (ms): each is an event on the disk, so a page does not get to enter more of them. */
const UNUSED_PASSKEYS = { most: 5, within: 60_000 };

/** What the page sends of a passkey, or of a key that was touched: the passphrase has come as a sealed frame then. */
export interface CredentialAnswer {
  readonly response: Record<string, unknown>;
  readonly withPassphrase?: boolean | undefined;
}
export const credentialMethod = (withPassphrase: boolean | undefined): 'passkey' | 'passphrase-key' => (withPassphrase ? 'passphrase-key' : 'passkey');

const enrolNote =
  'This workstation asks for two factors, and you came in with one. Nothing is open to you but your key slots: enrol a passkey, or a passphrase with a key. Then lock, and unlock with it.';

const notProven = 'The part of Wardmux that holds your keys could not show that they are open, so nothing was opened. Try again.';

/** What whoever has proven who they are may do and, in an emergency, until when. */
export interface Admitted {
  readonly grant: Grant;
  readonly glass?: Glass | undefined;
}

export interface UnlockParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly windows: WindowKeeper;
  readonly vaults: VaultKeeper;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
  readonly revocations: Pick<Revocations, 'look' | 'barred'>;
}

export class Unlock {
  readonly #parts: UnlockParts;
  readonly #unused = new Limiter(UNUSED_PASSKEYS.most, UNUSED_PASSKEYS.within);
  #backoff: Promise<Backoff> | undefined;
  /** What the workspace that was opened last has yet to be told. */
  #welcome: { readonly person: string; readonly told: Events['welcome'] } | undefined;
  /** The ledger's counts at the last unlock of this run. At the first one nobody knows what was told of the other methods: all of it is. */
  readonly #told = new Map<string, number>();
  /** Whose record could not be read, in this run: the page asks again and again, and one event says it. */
  readonly #unread = new Set<string>();
  /** The lock page has been given options for a passkey, and has not said yet how that went. */
  #passkeyAsked: 'passkey' | 'passphrase-key' | undefined;
  /** What whoever came in last has yet to be told besides. */
  #notes: string[] = [];

  constructor(parts: UnlockParts) {
    this.#parts = parts;
  }

  /** The most failures in a row that the only person has with a method: the ledger's count, for the lock page. Of several nobody is told of another's. */
  get failures(): number {
    const facts = this.#parts.installed.current?.ledger.facts;
    const only = this.#only;
    if (!facts || only === undefined) return 0;
    return Math.max(0, ...unlockMethods.map((method) => facts.attempts(only, method).failures));
  }

  /** How many can come in. The ledger's word: a file that is gone makes nobody the only one. */
  get active(): number {
    return this.#parts.installed.current?.ledger.facts.active().length ?? 0;
  }

  /** Who alone can come in. */
  get #only(): string | undefined {
    return this.active === 1 ? this.#parts.installed.require().ledger.facts.active()[0] : undefined;
  }

  /** People who can come in, as their files have them: for the lock page, which decides nothing. Without those whose file is gone or damaged. */
  people(): Person[] {
    const { home, installed, journal } = this.#parts;
    const facts = installed.current?.ledger.facts;
    return (facts?.active() ?? []).flatMap((id) => {
      try {
        const record = readPerson(home, id);
        return record ? asKnown(record, facts!.person(id)!) : [];
      } catch (error) {
        const entry = refusedEntry(error, id);
        if (entry && !this.#unread.has(id)) journal.log(entry);
        this.#unread.add(id);
        return [];
      }
    });
  }

  /**
   * Asks the vault host to open an identity, has it proven, and opens the workspace. Refusals are events and keep their sentence, which is
   * the same for somebody who does not exist.
   * @param typed an id or a name. @param open takes the id that is meant, what the ledger has of it, and whether they only enrol a second factor.
   * @param admit of break-glass: what whoever has proven it may do then, and until when; undefined where they are not let in, and the lock page stands on.
   * @returns whether the workspace opens next.
   */
  async attempt(
    typed: string,
    method: UnlockMethod,
    open: (id: string, known: KnownPerson | undefined, enrols: boolean) => Promise<Opened>,
    admit?: (person: Person, method: UnlockMethod) => Promise<Admitted | undefined>,
  ): Promise<boolean> {
    const { gate, home, installed } = this.#parts;
    const { ledger } = installed.require();
    // Somebody may have been enrolled, or disabled, by a command meanwhile, or revoked from outside. A ledger that cannot be read is told of where the
    // attempt is entered.
    await ledger.refresh().catch(() => undefined);
    await this.#parts.revocations.look();
    const id = meant(home, ledger.facts, typed);
    const { record, vault, backoff } = await this.#prepare(id, method);
    // An emergency takes one factor: it is for the night on which a key is lost.
    const factors = (): FactorsAsked => (admit ? ONE_FACTOR : this.#factors());
    const parts: AttemptParts = { ...this.#attemptParts(backoff), whileStopped: admit && 'emergency', factors };
    const begun = await this.#begin(id, method, parts, record);
    try {
      const others = this.#failuresOfOthers(id, method);
      let last: string | null = null;
      let note: string | undefined;
      let untold: UntoldFacts = { since: -1, failures: 0 };
      const asked = factors();
      const make = async (): Promise<Opened & { readonly record: Person }> => {
        // The attempt is entered, so this is what the ledger has now; afterwards this unlock would be the last.
        last = await this.#lastUnlock(id);
        note = logoffNote(ledger.facts, id);
        untold = ledger.facts.untold(id);
        const { slot, uv } = await open(id, ledger.facts.person(id), record !== undefined && onlyEnrols(asked, method, record));
        if (!record) throw new Refusal('not-proven', notProven);
        await this.#prove(vault, record);
        if (!gate.stands(begun)) throw new Refusal('locked', 'Wardmux was locked in the meantime. Try again.');
        return { record, slot, uv };
      };
      const { opened, failures } = await attempt(parts, { id }, method, make, () => void this.#letGo(vault));
      await believeFolder(this.#parts.home, installed.require().installation, id, (entry) => this.#parts.journal.log(entry));
      const person = this.#pinned(id) ?? opened.record;
      // What the vault was told: whoever has enrolled another factor meanwhile comes in anew.
      const enrols = onlyEnrols(asked, method, opened.record);
      const grant = (enrols ? enrolGrantOf : grantOf)(person, method);
      const admitted = await (admit ? admit(person, method) : Promise.resolve({ grant })).catch(async (error: unknown) => {
        await this.#letGo(vault);
        throw error;
      });
      if (!admitted) {
        await this.#letGo(vault);
        gate.abandon(begun);
        return false;
      }
      const welcome = { lastUnlock: last, failures: failures + others + untold.failures };
      this.#opensNext(begun, person, admitted, opened.slot, welcome, untold.since);
      this.#notes = [note ?? [], enrols ? enrolNote : []].flat();
      return true;
    } catch (error) {
      gate.abandon(begun);
      throw this.#refusalOf(error);
    }
  }

  /** Whoever was let in is out again. A vault that does not say so is ended, and the page that it stood behind is shown anew. */
  async #letGo(vault: VaultClient): Promise<void> {
    const { vaults, windows } = this.#parts;
    this.#parts.installed.current?.ledger.standsOn(null);
    await vault.ask('letGo', {}).catch(async () => {
      await vaults.kill();
      windows.again('lock', 'The part of Wardmux that holds the keys did not let go of them.');
    });
  }

  /** @returns the attempt's number. @throws Refusal where the lock does not take it; that is an event, unless somebody else is at it. */
  async #begin(id: string, method: UnlockMethod, { backoff, ledger, whileStopped }: AttemptParts, record: Person | undefined): Promise<number> {
    const { gate, installed } = this.#parts;
    const allowance = allowanceOf({ ledger, whileStopped }, record, method);
    let waits: unknown;
    try {
      backoff.check(id, method, allowance);
    } catch (error) {
      waits = error;
    }
    try {
      const waitMs = waits === undefined ? 0 : 1000 * backoff.status(id, method, allowance).waitSeconds || Infinity;
      return gate.begin({ person: id, glass: whileStopped === 'emergency', lifts: whileStopped === 'lifts', waitMs });
    } catch (error) {
      const code = error instanceof Refusal ? error.code : undefined;
      // The counters say for how long.
      const refused = code === 'back-off' ? waits : error;
      if (code !== 'busy') await enterRefusal({ ledger: installed.require().ledger, backoff, whileStopped }, { id }, method, refused);
      throw this.#refusalOf(refused);
    }
  }

  /**
   * Somebody shows at the lock page that it is them, to lift the stop of the station: charged and entered as an attempt to get in is. Nothing stays open, and
   * what they would be told who come in they are told when they do.
   * @param typed an id or a name @param open has the vault sign the lift @param enter does it; the events stand on what was shown.
   * @throws Refusal, in the same words for somebody who does not exist
   */
  async lift<T extends Opened>(
    typed: string,
    method: UnlockMethod,
    open: (id: string, known: KnownPerson | undefined) => Promise<T>,
    enter: (id: string, opened: T) => Promise<void>,
  ): Promise<void> {
    const { gate, home, installed } = this.#parts;
    const { ledger } = installed.require();
    await ledger.refresh().catch(() => undefined);
    const id = meant(home, ledger.facts, typed);
    const { record, backoff } = await this.#prepare(id, method);
    const parts: AttemptParts = { ...this.#attemptParts(backoff), whileStopped: 'lifts' };
    const begun = await this.#begin(id, method, parts, record);
    try {
      const { opened } = await attempt(parts, { id }, method, () => open(id, ledger.facts.person(id)));
      if (!gate.stands(begun)) throw new Refusal('locked', 'Wardmux was locked in the meantime. Try again.');
      await enter(id, opened);
    } catch (error) {
      throw this.#refusalOf(error);
    } finally {
      // Of a lock in between nobody stands behind anything any more, and whoever has come in since stands behind their own.
      if (gate.stands(begun)) ledger.standsOn(null);
      gate.abandon(begun);
    }
  }

  /** Once for each unlock, and only for who listens. */
  takeNotes(): string[] {
    return this.#notes.splice(0);
  }

  /** What was read before somebody typed counts for nothing: an attempt reads their record when it is entered. */
  #attemptParts(backoff: Backoff): AttemptParts {
    const { installed, revocations } = this.#parts;
    return { backoff, ledger: installed.require().ledger, barred: () => revocations.barred, factors: () => this.#factors(), read: (id) => this.#pinned(id) };
  }

  /** What the policy in force asks of whoever comes in by the window. */
  #factors(): FactorsAsked {
    return { least: this.#parts.installed.require().policy.policy.unlock?.factors ?? 1, enrols: true };
  }

  /** What an attempt needs. Where that is not there nobody has tried, so nothing is charged; it is an event all the same. */
  async #prepare(id: string, method: UnlockMethod): Promise<{ record: Person | undefined; vault: VaultClient; backoff: Backoff }> {
    try {
      return { record: this.#pinned(id), vault: this.#parts.vaults.require(), backoff: await this.#counters() };
    } catch (error) {
      const refusal = this.#refusalOf(error);
      await enterRefusal(this.#parts.installed.require(), { id }, method, refusal);
      throw refusal;
    }
  }

  /** The end of the first run: only the vault host that has made this person holds the identity open. @throws Refusal */
  async finishFirstRun(): Promise<void> {
    const { gate, installed, vaults } = this.#parts;
    const id = gate.created;
    const person = id === undefined ? undefined : this.#pinned(id);
    if (!person) throw new Refusal('not-initialised', 'The first step is not done yet: give your name and a passphrase.');
    const begun = gate.begin({ person: person.id });
    try {
      await this.#prove(vaults.require(), person);
      installed.require().ledger.standsOn(authorityOf('passphrase', person.slots[0]!.id));
      // Nobody has failed yet, and nothing was tried: the identity was made here.
      await installed.require().ledger.append({ action: 'unlock', person: person.id, outcome: 'success', detail: { method: 'passphrase', failures: 0 } });
    } catch (error) {
      gate.abandon(begun);
      throw this.#refusalOf(error);
    }
    const grant = (onlyEnrols(this.#factors(), 'passphrase', person) ? enrolGrantOf : grantOf)(person, 'passphrase');
    this.#opensNext(begun, person, { grant }, person.slots[0]!.id, { lastUnlock: null, failures: 0 });
  }

  /** Who is in shows once more that it is them: charged and entered as an attempt to get in is. @throws Refusal */
  async confirm(method: UnlockMethod, open: (known: KnownPerson | undefined) => Promise<Opened>): Promise<{ readonly slot: string }> {
    const { gate, installed } = this.#parts;
    const { ledger } = installed.require();
    const { id } = gate.requireSession().person;
    const { backoff } = await this.#prepare(id, method);
    try {
      const { opened } = await attempt(this.#attemptParts(backoff), { id, again: true }, method, () => open(ledger.facts.person(id)));
      gate.session?.ways.show(opened.slot);
      return opened;
    } catch (error) {
      throw this.#refusalOf(error);
    }
  }

  /**
   * Somebody else shows that it is them, to agree to what who is in asks for: charged and entered as an attempt to get in is. Nothing is opened.
   * @param typed an id or a name @returns their id, and what `open` gave. @throws Refusal, in the same words for somebody who does not exist
   */
  async agree<T extends Opened>(
    typed: string,
    method: UnlockMethod,
    open: (id: string, known: KnownPerson | undefined) => Promise<T>,
  ): Promise<{ readonly id: string; readonly opened: T }> {
    const { home, installed } = this.#parts;
    const { ledger } = installed.require();
    await ledger.refresh().catch(() => undefined);
    await this.#parts.revocations.look();
    const id = meant(home, ledger.facts, typed);
    const { backoff } = await this.#prepare(id, method);
    try {
      const { opened } = await attempt(this.#attemptParts(backoff), { id, agrees: true }, method, () => open(id, ledger.facts.person(id)));
      return { id, opened };
    } catch (error) {
      throw this.#refusalOf(error);
    }
  }

  /** Seconds that the only person still waits before a passphrase: for the lock page. Of several each is told their own. */
  async waitSeconds(): Promise<number> {
    const only = this.#only;
    return only === undefined ? 0 : (await this.wait(only)).seconds;
  }

  /** How long somebody still waits before a passphrase, and how often it has failed: the same for an id that nobody has. */
  async wait(typed: string): Promise<{ readonly seconds: number; readonly failures: number }> {
    const { home, installed } = this.#parts;
    try {
      await installed.require().ledger.refresh();
      const { failures, waitSeconds } = (await this.#counters()).status(meant(home, installed.require().ledger.facts, typed), 'passphrase');
      return { seconds: waitSeconds, failures };
    } catch {
      // Who asks to come in hears why.
      return { seconds: 0, failures: 0 };
    }
  }

  /** What the page is told of an error. */
  #refusalOf(error: unknown): unknown {
    // Somebody who may not come in hears what somebody hears who does not exist; the ledger has the reason.
    if ((error instanceof Refusal || error instanceof UnlockError) && error.code === 'disabled') return new Refusal('wrong-passphrase', error.message);
    if (error instanceof UnlockError) return new Refusal(error.code, error.message);
    if (error instanceof StorageFault) return new Refusal(error.code === 'corrupt' ? 'corrupt-vault' : 'error', error.message);
    if (!(error instanceof LedgerError)) return error;
    this.#parts.journal.notEntered(error);
    return new Refusal('not-entered', `Nothing was opened, because it could not be entered in the ledger. ${error.message}`);
  }

  #counters(): Promise<Backoff> {
    const { home, installed, journal } = this.#parts;
    this.#backoff ??= openBackoff(home, {
      isKnown: (person) => installed.require().ledger.facts.person(person) !== undefined,
      tally: (who, method) => installed.require().ledger.facts.attempts(who, method),
      onTampered: (person, how) => journal.log({ action: 'backoff.tampered', ...(person === undefined ? {} : { person }), detail: { how } }),
    }).catch((error: unknown) => {
      this.#backoff = undefined;
      throw error;
    });
    return this.#backoff;
  }

  /** The record, if it is the one that the ledger knows. @throws Refusal where it is another one; that is an event. */
  #pinned(person: string): Person | undefined {
    const { home, installed } = this.#parts;
    try {
      return readPinned(home, installed.require().ledger.facts, person);
    } catch (error) {
      throw this.refused(error, person);
    }
  }

  /** The same error for the page, and an event where a record is not the ledger's. @param person whose record was read, where it was one that was */
  refused(error: unknown, person?: string): unknown {
    const entry = refusedEntry(error, person);
    if (entry) this.#parts.journal.log(entry);
    if (error instanceof PersonRefused || error instanceof StorageFault)
      return new Refusal(error.code === 'corrupt' ? 'corrupt-vault' : error.code, error.message);
    return error;
  }

  /** What is wrong with records of people here, as sentences: for who decides about people. Each is an event. */
  changedRecords(): string[] {
    const { home, installed } = this.#parts;
    return changedRecords(home, installed.require().ledger.facts).map(({ id, error }) => {
      this.refused(error, id);
      return error.message;
    });
  }

  /** The vault host's word that an identity is open counts for nothing: only its private key answers this. @throws Refusal */
  async #prove(vault: VaultClient, { id, encryptionKey }: Person): Promise<void> {
    const challenge = await Challenge.to(encryptionKey);
    try {
      const { proof } = await vault.ask('proveUnlock', { sealed: challenge.sealed });
      const { page } = vault;
      if (page && challenge.accepts(proof, { purpose: 'unlock', person: id, page, peer: new Uint8Array() })) return;
    } catch (error) {
      // A vault host that has ended is that; whatever else it says in place of a proof is none.
      if (error instanceof Refusal && error.code === 'vault-ended') throw error;
    } finally {
      challenge.drop();
    }
    throw new Refusal('not-proven', notProven);
  }

  async passkeyOptions(typed: string, method: 'passkey' | 'passphrase-key'): Promise<Record<string, unknown>> {
    const { home, vaults, installed } = this.#parts;
    const { ledger } = installed.require();
    await ledger.refresh().catch(() => undefined);
    const { facts } = ledger;
    const person = meant(home, facts, typed);
    const record = this.#pinned(person);
    let counters: Backoff;
    // Nobody touches a key for an answer that would be refused; nothing is charged for asking.
    try {
      counters = await this.#counters();
      counters.check(person, method, allowanceOf({ ledger }, record, method));
    } catch (error) {
      throw this.#refusalOf(error);
    }
    this.#passkeyAsked = method;
    const withPassphrase = method === 'passphrase-key';
    const kind = withPassphrase ? 'passphrase-key' : 'passkey-prf';
    const has = record?.active && passkeySlots(record, kind).length > 0;
    // Where an id is typed, one that nobody has asks for passkeys that nobody has.
    if (!has && this.active > 1) {
      const like = this.people().map((each) => passkeySlots(each, kind));
      return decoyOptions(rpId, like, (label) => counters.decoy(person, `${method} ${label}`), kind);
    }
    return (await vaults.require().ask('passkeyOptions', { person, known: facts.person(person), withPassphrase })).options;
  }

  /** Only the page can tell of this, so it counts for nothing: neither for the delays nor for the failures that are shown. */
  passkeyUnused(reason: 'passkey-not-used' | 'passkey-no-secret'): void {
    const method = this.#passkeyAsked;
    if (!method) throw new Refusal('not-asked', 'No passkey was asked for.');
    this.#passkeyAsked = undefined;
    const { journal, clock } = this.#parts;
    const taken = this.#unused.take(clock.now());
    if (taken === 'yes') journal.log({ action: 'unlock', outcome: 'failure', detail: { method, reason } });
    else if (taken === 'flood')
      journal.log({ action: 'bridge.refused', detail: { surface: 'lock', peer: 'page', code: 'too-many', needs: 'identity.unlock' } });
  }

  /** The page that asked is replaced by the workspace, and needs no answer. */
  #opensNext(begun: number, person: Person, admitted: Admitted, slot: string, welcome: Events['welcome'], since?: number): void {
    queueMicrotask(() => void this.#parts.windows.change(() => this.#open(begun, person, admitted, slot, welcome, since)));
  }

  /** Opens the workspace for an identity that the vault host has opened, if nobody has locked since the attempt began. */
  async #open(
    begun: number,
    person: Person,
    { grant, glass }: Admitted,
    slot: string,
    { lastUnlock, failures }: Events['welcome'],
    since?: number,
  ): Promise<void> {
    const { gate, windows, vaults, installed } = this.#parts;
    const session = { person, grant, ways: new Ways(slot) };
    if (!gate.stands(begun) || !vaults.current || !gate.open(begun, session, glass)) {
      installed.current?.ledger.standsOn(null);
      return;
    }
    // A workspace that never said hello has told its person nothing.
    const untold = this.#welcome?.person === person.id ? this.#welcome.told.failures : 0;
    this.#welcome = { person: person.id, told: { lastUnlock, failures: failures + untold } };
    for (const other of unlockMethods) this.#told.set(`${person.id} ${other}`, this.#counted(person.id, other));
    await windows.show('workspace');
    if (since !== undefined) this.#tellChanges(person.id, since);
  }

  /** What was changed of them since they were in last, by whoever: said once, and kept in the log. Their enrolment they were there for. */
  #tellChanges(person: string, since: number): void {
    const { home, installed, gate } = this.#parts;
    const changed = changeSentences(home, installed.require().ledger.facts, person, Math.max(0, since));
    if (since < 0 || changed.length === 0) return;
    gate.notice('warn', 'What opens your keys, or what you may do here, was changed since you were in last.', undefined, changed);
  }

  /** Once for each unlock, and only for who listens: a page that stands may not have said hello yet. */
  takeWelcome(): Events['welcome'] | undefined {
    const welcome = this.#welcome;
    this.#welcome = undefined;
    return welcome?.told;
  }

  /** When this person was let in last, by whatever door, in this run or an earlier one: the ledger's word. Null: never, or it cannot say. */
  async #lastUnlock(person: string): Promise<string | null> {
    const { ledger } = this.#parts.installed.require();
    const found = await ledger.event(ledger.facts.untold(person).since).catch(() => undefined);
    // New keys, and a passphrase by a code, end the failures too, and nobody came in by them.
    return found?.event.action === 'unlock' ? found.event.time : null;
  }

  #counted(person: string, method: UnlockMethod): number {
    return this.#parts.installed.require().ledger.facts.attempts(person, method).failures;
  }

  /** Failed tries since the last unlock by the ways that are not `method`: a success takes only its own away from the ledger's count. */
  #failuresOfOthers(person: string, method: UnlockMethod): number {
    return unlockMethods
      .filter((other) => other !== method)
      .map((other) => Math.max(0, this.#counted(person, other) - (this.#told.get(`${person} ${other}`) ?? 0)))
      .reduce((sum, failures) => sum + failures, 0);
  }
}
