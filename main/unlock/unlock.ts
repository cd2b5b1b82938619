/**
 * Attempts to get in: asks the vault host, has proven what it says, enters what came of it, and opens the workspace. To come in, to show that one is there, to
 * agree and to lift a stop begin and are refused alike (attempts.ts).
 */
import { enrolGrantOf, grantOf, type Grant } from '../../src/access/index.ts';
import { nameOf } from '../../src/services/people/people.ts';
import { meant } from '../../src/services/people/person.ts';
import type { Revocations } from '../../src/services/policy/revocations.ts';
import { believeFolder } from '../../src/services/people/unlock.ts';
import type { UnlockMethod } from '../../src/types/words.ts';
import type { Events } from '../../src/bridge/schema.ts';
import { Refusal } from '../../src/types/refusal.ts';
import type { UntoldFacts } from '../../src/ledger/facts.ts';
import type { KnownPerson } from '../../src/ledger/person-facts.ts';
import { Challenge } from '../../src/proof/proof.ts';
import type { Home } from '../../src/storage/index.ts';
import { attempt, authorityOf, type AttemptParts, type Opened } from '../../src/people/attempt.ts';
import { ONE_FACTOR, onlyEnrols, type FactorsAsked } from '../../src/people/factors.ts';
import type { Person } from '../../src/people/types.ts';
import { Ways } from '../../src/people/ways.ts';
import type { Glass } from '../../src/lock/glass.ts';
import type { Attempts } from './attempts.ts';
import { logoffNote } from './logoff.ts';
import type { Gate } from '../gate.ts';
import type { InstalledHolder } from '../installed.ts';
import type { Journal } from '../journal.ts';
import type { VaultClient } from '../processes/vault-client.ts';
import type { VaultKeeper } from '../processes/vault-keeper.ts';
import type { Welcomes } from './welcomes.ts';
import type { WindowKeeper } from '../window/keeper.ts';
import type { Looks } from '../workspace/look.ts';

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

/** The last event at which somebody was told what was changed of them, -1 where there was none, and when that was. */
interface Since {
  readonly seq: number;
  readonly time: string | null;
}

export interface UnlockParts {
  readonly home: Home;
  readonly gate: Gate;
  readonly windows: WindowKeeper;
  readonly vaults: VaultKeeper;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
  readonly revocations: Pick<Revocations, 'look'>;
  readonly attempts: Attempts;
  readonly welcomes: Welcomes;
  readonly looks: Pick<Looks, 'recall'>;
}

export class Unlock {
  readonly #parts: UnlockParts;

  constructor(parts: UnlockParts) {
    this.#parts = parts;
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
    const { gate, home, installed, attempts, welcomes } = this.#parts;
    const { ledger } = installed.require();
    // Somebody may have been enrolled, or disabled, by a command meanwhile, or revoked from outside. A ledger that cannot be read is told of where the
    // attempt is entered.
    await ledger.refresh().catch(() => undefined);
    await this.#parts.revocations.look();
    const id = meant(home, ledger.facts, typed);
    const { record, vault, backoff } = await attempts.prepare(id, method);
    // An emergency takes one factor: it is for the night on which a key is lost.
    const factors = (): FactorsAsked => (admit ? ONE_FACTOR : attempts.factors());
    const parts: AttemptParts = { ...attempts.partsOf(backoff), whileStopped: admit && 'emergency', factors };
    const begun = await attempts.begin(id, method, parts, record);
    try {
      const others = welcomes.failuresOfOthers(id, method);
      let seen: Awaited<ReturnType<Welcomes['lastSeen']>> = { unlock: null, told: null };
      let note: string | undefined;
      let untold: UntoldFacts = { since: -1, failures: 0 };
      const asked = factors();
      const make = async (): Promise<Opened & { readonly record: Person }> => {
        // The attempt is entered, so this is what the ledger has now; afterwards this unlock would be the last.
        seen = await welcomes.lastSeen(id);
        note = logoffNote(ledger.facts, id, (who) => nameOf(home, ledger.facts, who) ?? who);
        untold = ledger.facts.untold(id);
        const { slot, uv } = await open(id, attempts.known(id), record !== undefined && onlyEnrols(asked, method, record));
        if (!record) throw new Refusal('not-proven', notProven);
        await this.#prove(vault, record);
        if (!gate.stands(begun)) throw new Refusal('locked', 'Wardmux was locked in the meantime. Try again.');
        return { record, slot, uv };
      };
      const { opened, failures } = await attempt(parts, { id }, method, make, () => void this.#letGo(vault));
      await believeFolder(this.#parts.home, installed.require().installation, id, (entry) => this.#parts.journal.log(entry));
      const person = attempts.pinned(id) ?? opened.record;
      // What the vault was told: whoever has enrolled another factor meanwhile comes in anew.
      const enrols = onlyEnrols(asked, method, opened.record);
      if (!enrols && onlyEnrols(asked, method, person)) {
        await this.#letGo(vault);
        throw new Refusal('locked', 'Your second factor was revoked in the meantime. Unlock once more, to enrol another one.');
      }
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
      const welcome = { lastUnlock: seen.unlock, failures: failures + others + untold.failures };
      this.#opensNext(begun, person, admitted, opened.slot, welcome, { seq: untold.since, time: seen.told });
      welcomes.note([note ?? [], enrols ? enrolNote : []].flat());
      return true;
    } catch (error) {
      gate.abandon(begun);
      throw attempts.refusalOf(error);
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
    const { gate, home, installed, attempts } = this.#parts;
    const { ledger } = installed.require();
    await ledger.refresh().catch(() => undefined);
    const id = meant(home, ledger.facts, typed);
    const { record, backoff } = await attempts.prepare(id, method);
    const parts: AttemptParts = { ...attempts.partsOf(backoff), whileStopped: 'lifts' };
    const begun = await attempts.begin(id, method, parts, record);
    try {
      const { opened } = await attempt(parts, { id }, method, () => open(id, attempts.known(id)));
      if (!gate.stands(begun)) throw new Refusal('locked', 'Wardmux was locked in the meantime. Try again.');
      await enter(id, opened);
    } catch (error) {
      throw attempts.refusalOf(error);
    } finally {
      // Of a lock in between nobody stands behind anything any more, and whoever has come in since stands behind their own.
      if (gate.stands(begun)) ledger.standsOn(null);
      gate.abandon(begun);
    }
  }

  /** The end of the first run: only the vault host that has made this person holds the identity open. @throws Refusal */
  async finishFirstRun(): Promise<void> {
    const { gate, installed, vaults, attempts } = this.#parts;
    const id = gate.created;
    const person = id === undefined ? undefined : attempts.pinned(id);
    if (!person) throw new Refusal('not-initialised', 'The first step is not done yet: give your name and a passphrase.');
    const begun = gate.begin({ person: person.id });
    try {
      await this.#prove(vaults.require(), person);
      installed.require().ledger.standsOn(authorityOf('passphrase', person.slots[0]!.id));
      // Nobody has failed yet, and nothing was tried: the identity was made here.
      await installed.require().ledger.append({ action: 'unlock', person: person.id, outcome: 'success', detail: { method: 'passphrase', failures: 0 } });
    } catch (error) {
      gate.abandon(begun);
      throw attempts.refusalOf(error);
    }
    const grant = (onlyEnrols(attempts.factors(), 'passphrase', person) ? enrolGrantOf : grantOf)(person, 'passphrase');
    this.#opensNext(begun, person, { grant }, person.slots[0]!.id, { lastUnlock: null, failures: 0 });
  }

  /** Who is in shows once more that it is them: charged and entered as an attempt to get in is. @throws Refusal */
  async confirm(method: UnlockMethod, open: (known: KnownPerson | undefined) => Promise<Opened>): Promise<{ readonly slot: string }> {
    const { gate, attempts } = this.#parts;
    const { id } = gate.requireSession().person;
    const { backoff } = await attempts.prepare(id, method);
    try {
      const { opened } = await attempt(attempts.partsOf(backoff), { id, again: true }, method, () => open(attempts.known(id)));
      gate.session?.ways.show(opened.slot);
      return opened;
    } catch (error) {
      throw attempts.refusalOf(error);
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
    const { home, installed, attempts } = this.#parts;
    const { ledger } = installed.require();
    await ledger.refresh().catch(() => undefined);
    await this.#parts.revocations.look();
    const id = meant(home, ledger.facts, typed);
    const { backoff } = await attempts.prepare(id, method);
    try {
      const { opened } = await attempt(attempts.partsOf(backoff), { id, agrees: true }, method, () => open(id, attempts.known(id)));
      return { id, opened };
    } catch (error) {
      throw attempts.refusalOf(error);
    }
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

  /** The page that asked is replaced by the workspace, and needs no answer. */
  #opensNext(begun: number, person: Person, admitted: Admitted, slot: string, welcome: Events['welcome'], since?: Since): void {
    queueMicrotask(() => void this.#parts.windows.change(() => this.#open(begun, person, admitted, slot, welcome, since)));
  }

  /** Opens the workspace for an identity that the vault host has opened, if nobody has locked since the attempt began. */
  async #open(begun: number, person: Person, { grant, glass }: Admitted, slot: string, welcome: Events['welcome'], since?: Since): Promise<void> {
    const { gate, windows, vaults, installed, welcomes, looks } = this.#parts;
    const session = { person, grant, ways: new Ways(slot) };
    if (!gate.stands(begun) || !vaults.current || !gate.open(begun, session, glass)) {
      installed.current?.ledger.standsOn(null);
      return;
    }
    welcomes.opens(person.id, welcome, since?.time ?? null);
    // Before the first picture: it has their colours.
    await looks.recall();
    if (gate.session !== session) return;
    await windows.show('workspace');
    if (since) welcomes.tellChanges(person.id, since.seq);
  }
}
