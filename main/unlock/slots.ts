/** The key slots of who is in: shown, and changed by the vault's process, which certifies each change; the ledger then makes it count. */
import type { Input, Output } from '../../src/bridge/schema.ts';
import type { KnownPerson } from '../../src/ledger/person-facts.ts';
import { isForbidden } from '../../src/people/factors.ts';
import { checkPinned, enterStaged, readPinned, type StagedChange } from '../../src/people/pinned.ts';
import { changeSentences } from '../../src/services/people/changes.ts';
import { slotNotes, slotViews } from '../../src/services/people/slots.ts';
import { Refusal } from '../../src/types/refusal.ts';
import type { Home } from '../../src/storage/index.ts';
import type { Attempts } from './attempts.ts';
import type { Gate } from '../gate.ts';
import type { InstalledHolder } from '../installed.ts';
import { credentialMethod, type CredentialAnswer, type Unlock } from './unlock.ts';
import type { VaultClient } from '../processes/vault-client.ts';

export interface SlotsParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'session' | 'created'>;
  readonly installed: Pick<InstalledHolder, 'require'>;
  readonly vaults: { readonly require: () => Pick<VaultClient, 'ask'> };
  readonly unlock: Pick<Unlock, 'confirm'>;
  readonly attempts: Pick<Attempts, 'known' | 'refused'>;
}

export class Slots {
  readonly #parts: SlotsParts;

  constructor(parts: SlotsParts) {
    this.#parts = parts;
  }

  /** Who is in, or was made by the first run, as the ledger has them now. @throws Refusal */
  async #known(): Promise<{ readonly id: string; readonly known: KnownPerson }> {
    const { gate, installed } = this.#parts;
    const { ledger } = installed.require();
    await ledger.refresh();
    const id = gate.session?.person.id ?? gate.created;
    const known = id === undefined ? undefined : ledger.facts.person(id);
    if (id === undefined || !known) throw new Refusal('not-initialised', 'The first step is not done yet: give your name and a passphrase.');
    return { id, known };
  }

  async list(): Promise<Output<'slots.list'>> {
    const { home, installed } = this.#parts;
    const { id } = await this.#known();
    const { facts } = installed.require().ledger;
    const person = readPinned(home, facts, id);
    if (!person) throw new Refusal('not-initialised', 'The record of this person is not there.');
    return {
      slots: slotViews(person, facts).map(({ kdf: _, ...slot }) => slot),
      notes: slotNotes(home, person),
      changes: changeSentences(home, facts, id).toReversed(),
      stored: this.#takesStored,
    };
  }

  get #takesStored(): boolean {
    return !isForbidden({ type: 'passkey-store' }, this.#parts.installed.require().policy.policy.unlock);
  }

  /** For navigator.credentials.create. @throws Refusal where the policy forbids what is asked for */
  async enrolOptions(how: Input<'slots.enrolOptions'>): Promise<Record<string, unknown>> {
    if (how.stored && !this.#takesStored)
      throw new Refusal('forbidden', 'The policy of this workstation takes no passkey that holds no key itself (unlock.storedPasskeys). Nothing was added.');
    return (await this.#parts.vaults.require().ask('enrolOptions', how)).options;
  }

  /** Has the vault stage a change, and enters it. @returns the slot that it is about */
  async #change(stage: (vault: Pick<VaultClient, 'ask'>, known: KnownPerson) => Promise<StagedChange>): Promise<string> {
    const { home, installed, vaults, attempts } = this.#parts;
    const { id, known } = await this.#known();
    try {
      const staged = await stage(vaults.require(), known);
      this.#follow(id, known, staged);
      await enterStaged(home, installed.require().ledger, id, staged);
      return staged.slot;
    } catch (error) {
      throw attempts.refused(error);
    }
  }

  /** A change that the session makes itself does not end it: known before it is entered, so that nobody looks in between. */
  #follow(id: string, known: KnownPerson | undefined, staged: StagedChange): void {
    this.#parts.gate.session?.ways.follow(checkPinned(this.#parts.home, id, known)?.slots ?? [], staged);
  }

  get #workstation(): string {
    return this.#parts.installed.require().policy.policy.workstation.name;
  }

  /** @returns the id of its slot. @throws Refusal */
  addPasskey(answer: CredentialAnswer, label: string): Promise<string> {
    const workstation = this.#workstation;
    return this.#change((vault, known) => vault.ask('enrolProve', { ...answer, label, known, workstation }));
  }

  /** The new passphrase has gone to the vault as a sealed frame. @throws Refusal */
  changePassphrase(): Promise<string> {
    const workstation = this.#workstation;
    return this.#change((vault, known) => vault.ask('changePassphrase', { known, workstation }));
  }

  /** After an unlock whose passphrase costs too little. Nobody waits for it, and a lock ends it: the next unlock tries again. */
  async raiseCost(id: string): Promise<void> {
    const { home, gate, installed, vaults } = this.#parts;
    const { ledger } = installed.require();
    try {
      const known = ledger.facts.person(id);
      const staged = await vaults.require().ask('raiseCost', { known });
      // Whoever is not in by now would be put out by it.
      if (gate.session?.person.id !== id) return;
      this.#follow(id, known, staged);
      await enterStaged(home, ledger, id, staged);
    } catch {
      // It opens as it did.
    }
  }

  rename(slot: string, name: string): Promise<string> {
    return this.#change((vault, known) => vault.ask('changeSlot', { known, slot, name }));
  }

  remove(slot: string): Promise<string> {
    return this.#change((vault, known) => vault.ask('changeSlot', { known, slot }));
  }

  /** The passphrase has gone to the vault as a sealed frame. @throws Refusal */
  confirmPassphrase(): Promise<unknown> {
    const { unlock, vaults } = this.#parts;
    return unlock.confirm('passphrase', (known) => vaults.require().ask('confirmPassphrase', { known }));
  }

  /** @param slot tries this one. */
  async passkeyOptions(slot: string | undefined, withPassphrase: boolean | undefined): Promise<Record<string, unknown>> {
    const { id } = await this.#known();
    const known = this.#parts.attempts.known(id);
    return (await this.#parts.vaults.require().ask('confirmOptions', { known, withPassphrase, ...(slot === undefined ? {} : { slot }) })).options;
  }

  /** The PRF result has gone to the vault as a sealed frame. @returns the slot that it was. @throws Refusal */
  async confirmPasskey(answer: CredentialAnswer): Promise<{ readonly slot: string }> {
    const { unlock, vaults } = this.#parts;
    const { slot } = await unlock.confirm(credentialMethod(answer.withPassphrase), (known) => vaults.require().ask('confirmPasskey', { known, ...answer }));
    return { slot };
  }
}
