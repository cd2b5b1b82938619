/**
 * The vault host: the one process that ever holds a person's private keys and what opens them. The lock kills it. What a
 * person types, and what a passkey gives, comes as sealed frames that main cannot read; what is replayed goes the same way. Over 400
 * lines: one method a row of its table, all around the one open identity, which leaves this class for nobody.
 */
import { RECORDING_ID } from '../types/ids.ts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PeerChannel } from '../bridge/channel/node.ts';
import { decodeFrame } from '../bridge/frames.ts';
import { p256SshKey, requireTrust, verifyBundle, writeBundle, type BundleStatement } from '../export/index.ts';
import { MAX_WORDS, sealWords } from '../break-glass/words.ts';
import { certify, emergencyText } from '../ledger/certificate.ts';
import { installationNoteKey } from '../ledger/index.ts';
import {
  denialOf,
  denials,
  EMERGENCY,
  emergencyGrantOf,
  enrolGrantOf,
  grantOf,
  type Denial,
  type Grant,
  type Permission,
  type Standing,
} from '../access/index.ts';
import { Endpoint } from '../process/endpoint.ts';
import type { Link } from '../process/link.ts';
import type { Failure, Handlers, OutputOf } from '../process/service.ts';
import { measuredScryptParameters, newScryptParameters, type dearerCost } from '../crypto/kdf.ts';
import { prove } from '../proof/proof.ts';
import { StorageFault } from '../disk/fault.ts';
import { homePaths, type Home } from '../storage/home.ts';
import { requireInstallation } from '../storage/installation.ts';
import type { UnlockMethod } from '../types/words.ts';
import { CodedError } from '../types/coded-error.ts';
import { Refusal } from '../types/refusal.ts';
import { changeCost, changePassphrase, nameSlot, removeSlot } from '../people/change.ts';
import { firstRun, type FirstRunInput } from '../services/first-run.ts';
import { deciderOf } from '../services/decide.ts';
import { checkNewPassphrase } from '../services/new-passphrase.ts';
import { prepareEnrolment } from '../services/people.ts';
import type { OpenIdentity } from '../people/identity.ts';
import { openOwn, sealOwn } from '../people/own.ts';
import { normalisePassphrase } from '../people/passphrase.ts';
import { Passkeys, type CredentialKind } from '../people/passkey.ts';
import { dearest, unlockWithPassphrase } from '../people/person.ts';
import { checkPinned, saveUse, stageChange, type SlotChange, type StagedChange } from '../people/pinned.ts';
import type { Person } from '../people/types.ts';
import { vaultParentService, vaultService, type VaultInput, type VaultParentService, type VaultService } from './service.ts';
import { sendReplay } from './replay.ts';
import { tryKeyless } from './self-test.ts';

/** A passphrase has at most 512 characters of at most 4 bytes. */
const maxPassphraseBytes = 2048;
/** Characters of at most 4 bytes. */
const maxWordsBytes = MAX_WORDS * 4;
const prfBytes = 32;
/** Results that may wait for the request that uses them: an enrolment needs two. */
const maxPrfResults = 2;

/** What opens somebody's keys: why it failed the ledger says in words of its own. */
const opening: readonly unknown[] = ['unlockPassphrase', 'unlockPasskey', 'agreePassphrase', 'agreePasskey', 'liftPassphrase', 'liftPasskey'];

/** A proof that it is still the same person is good for so long: some changes in one go, and not for who comes after. */
const CONFIRMED_MS = 5 * 60_000;
/** And this long for a decision about somebody else: what main does between both takes a moment, and on a slow disk seconds. */
const DECIDE_MS = 30_000;
/** In the first run the audit key is put away in between. */
const FIRST_RUN_MS = 30 * 60_000;

type VaultOutput<N extends keyof VaultService> = OutputOf<VaultService, N>;

export interface VaultHostParts {
  readonly link: Pick<Link, 'send' | 'onMessage' | 'onClose'>;
  /** Ends this process: what it holds is gone then. */
  readonly exit: (code: number) => void;
  readonly now?: () => Date;
  /** Monotonic milliseconds. */
  readonly nowMs?: () => number;
  readonly chooseStore?: FirstRunInput['chooseStore'];
  readonly kdf?: FirstRunInput['kdf'];
  readonly dearer?: typeof dearerCost;
}

export class VaultHost {
  readonly #parts: VaultHostParts;
  readonly #main: Endpoint<VaultService, VaultParentService>;
  #configuration: VaultInput<'configure'> | undefined;
  #home: Home | undefined;
  #passkeys: Passkeys | undefined;
  #channel: PeerChannel | undefined;
  /** The key of the page at the other end of the channel. */
  #page: Uint8Array | undefined;
  #passphrase: Buffer | undefined;
  #prf: Buffer[] = [];
  /** What somebody wrote who breaks the glass, until it is sealed. */
  #words: Buffer | undefined;
  #identity: OpenIdentity | undefined;
  /** The passphrase that opened it, where that shall have another cost: until that is asked for. */
  #dearer: Buffer | undefined;
  /** Until when (monotonic milliseconds) its slots may be changed. */
  #confirmedUntil = 0;
  /** What it lets its person do. */
  #grant: Grant | undefined;
  /** Requests that change what is open run one after the other. */
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: VaultHostParts) {
    this.#parts = parts;
    parts.link.onClose(() => {
      this.#wipe();
      parts.exit(0);
    });
    this.#main = new Endpoint<VaultService, VaultParentService>({
      table: vaultService,
      handlers: this.#handlers(),
      theirs: vaultParentService,
      door: (needs) => this.#door(needs),
      // A line that is gone is told by onClose.
      post: (message) => void parts.link.send(message).catch(() => undefined),
      frame: (bytes) => this.#frame(bytes),
      // Something is wrong with main itself: it is told so where it waits, and nothing is changed.
      trouble: () => {},
      bad: () => {},
      failure: (error, request) => failureOf(error, opening.includes(request)),
    });
    parts.link.onMessage((message) => this.#main.receive(message));
    this.#main.tell('ready', {});
  }

  #handlers(): Handlers<VaultService> {
    return {
      configure: (configuration) => this.#configure(configuration),
      connect: ({ publicKey }) => this.#connect(publicKey),
      createPerson: this.#inTurn((input, secrets) => this.#createPerson(input, secrets)),
      unlockPassphrase: this.#inTurn((input, secrets) => this.#unlockPassphrase(input, secrets)),
      raiseCost: this.#inTurn((input) => this.#raiseCost(input)),
      passkeyOptions: this.#inTurn((input) => this.#passkeyOptions(input)),
      unlockPasskey: this.#inTurn((input, secrets) => this.#unlockPasskey(input, secrets)),
      confirmPassphrase: this.#inTurn((input, secrets) => this.#confirmPassphrase(input, secrets)),
      confirmOptions: this.#inTurn((input) => this.#confirmOptions(input)),
      confirmPasskey: this.#inTurn((input, secrets) => this.#confirmPasskey(input, secrets)),
      changePassphrase: this.#inTurn((input, secrets) => this.#changePassphrase(input, secrets)),
      changeSlot: this.#inTurn((input) => this.#changeSlot(input)),
      newcomer: this.#inTurn((input, secrets) => this.#newcomer(input, secrets)),
      certify: this.#inTurn((input) => this.#certify(input)),
      agreePassphrase: this.#inTurn((input, secrets) => this.#agreePassphrase(input, secrets)),
      agreePasskey: this.#inTurn((input, secrets) => this.#agreePasskey(input, secrets)),
      liftPassphrase: this.#inTurn((input, secrets) => this.#liftPassphrase(input, secrets)),
      liftPasskey: this.#inTurn((input, secrets) => this.#liftPasskey(input, secrets)),
      enrolOptions: this.#inTurn((input) => this.#enrolOptions(input)),
      enrolVerify: this.#inTurn((input, secrets) => this.#enrolVerify(input, secrets)),
      enrolProve: this.#inTurn((input, secrets) => this.#enrolProve(input, secrets)),
      letGo: this.#inTurn(async () => {
        this.#forget();
        return {};
      }),
      sealWords: this.#inTurn((input) => this.#sealWords(input)),
      signEmergency: this.#inTurn((input) => this.#signEmergency(input)),
      // These are long, or change nothing that others need.
      proveUnlock: ({ sealed }) => this.#prove('unlock', sealed, new Uint8Array()),
      proveView: ({ sealed, peer }) => this.#prove('view', sealed, peer),
      replay: (input) => this.#replay(input),
      export: (input) => this.#export(input),
      keepWorkspace: ({ text }) => ({ sealed: sealOwn(this.#open(), 'workspace', text) }),
      recallWorkspace: ({ sealed }) => this.#recallWorkspace(sealed),
      judge: (input) => this.#judge(input),
      selfTest: () => this.#selfTest(),
    };
  }

  /** Where whoever asks stands, as far as this process knows: the door of the vault. */
  #door(needs: Permission): Denial | undefined {
    const denial = denialOf(needs, this.#standing(), Date.now());
    if (denial) this.#main.tell('denied', { needs, why: denial.why, ...(denial.person === undefined ? {} : { person: denial.person }) });
    return denial;
  }

  #standing(): Standing {
    if (this.#grant) return { phase: 'open', grant: this.#grant };
    // Before it is configured nobody knows, and what is asked for then is refused by its handler.
    return { phase: this.#home && existsSync(this.#home.installation) ? 'locked' : 'first-run' };
  }

  /** Requests that change what is open. The secrets that came before one belong to it: later frames must not mix with them. */
  #inTurn<I, O>(run: (input: I, secrets: Secrets) => Promise<O>): (input: I) => Promise<O> {
    return (input) => {
      const secrets = this.#takeSecrets();
      const done = this.#queue.then(() => run(input, secrets)).finally(() => wipeSecrets(secrets));
      this.#queue = done.then(
        () => undefined,
        () => undefined,
      );
      return done;
    };
  }

  #configure(configuration: VaultInput<'configure'>): void {
    if (this.#configuration) return;
    this.#configuration = configuration;
    this.#home = homePaths(configuration.home);
    this.#passkeys = new Passkeys({ origin: configuration.origin, rpId: configuration.rpId });
  }

  #connect(publicKey: Uint8Array): VaultOutput<'connect'> {
    this.#channel?.close();
    this.#channel = undefined;
    wipeSecrets(this.#takeSecrets());
    this.#dropWords();
    try {
      this.#channel = new PeerChannel(publicKey);
      this.#page = publicKey;
    } catch {
      // A page that sends no key cannot be talked to: main hears of it by our end, and locks.
      this.#wipe();
      this.#parts.exit(1);
      throw new Refusal('no-page', 'There is no page to talk to.');
    }
    return { publicKey: this.#channel.publicKey };
  }

  /** A sealed frame from the page: a passphrase or a PRF result. Everything else is dropped. */
  #frame(sealed: Uint8Array): void {
    let plain: Buffer;
    try {
      if (!this.#channel) return;
      plain = this.#channel.open(sealed);
    } catch {
      return;
    }
    try {
      const frame = decodeFrame(plain);
      if (frame.type === 'passphrase' && frame.bytes.length <= maxPassphraseBytes) {
        this.#passphrase?.fill(0);
        this.#passphrase = Buffer.from(frame.bytes);
      } else if (frame.type === 'prf' && frame.bytes.length === prfBytes) {
        this.#prf.push(Buffer.from(frame.bytes));
        while (this.#prf.length > maxPrfResults) this.#prf.shift()!.fill(0);
      } else if (frame.type === 'words' && frame.bytes.length <= maxWordsBytes) {
        // Empty: whoever asks next wrote none, and those of the one before are not theirs.
        this.#dropWords();
        if (frame.bytes.length > 0) this.#words = Buffer.from(frame.bytes);
      }
    } catch {
      // Not a frame of ours.
    } finally {
      plain.fill(0);
    }
  }

  #takeSecrets(): Secrets {
    const secrets = { passphrase: this.#passphrase, prf: this.#prf };
    this.#passphrase = undefined;
    this.#prf = [];
    return secrets;
  }

  #dropWords(): void {
    this.#words?.fill(0);
    this.#words = undefined;
  }

  #wipe(): void {
    wipeSecrets(this.#takeSecrets());
    this.#dropWords();
    this.#forget();
    this.#channel?.close();
    this.#channel = undefined;
  }

  /** Nobody is in any more; the page stands. */
  #forget(): void {
    this.#dearer?.fill(0);
    this.#dearer = undefined;
    this.#identity?.destroy();
    this.#identity = undefined;
    this.#grant = undefined;
    this.#confirmedUntil = 0;
  }

  #ready(): { readonly home: Home; readonly configuration: VaultInput<'configure'>; readonly passkeys: Passkeys } {
    const [home, configuration, passkeys] = [this.#home, this.#configuration, this.#passkeys];
    if (!home || !configuration || !passkeys) throw new Refusal('not-configured', 'The vault is not ready yet. Try again in a moment.');
    return { home, configuration, passkeys };
  }

  /** The identity that the door has let somebody use. */
  #open(): OpenIdentity {
    if (!this.#identity) throw new Refusal('locked', denials.locked);
    return this.#identity;
  }

  /** @param emergency who has the role of emergencies holds that alone then; an operator is one of two. @param enrols they have shown one factor of two, and do nothing but enrol another. */
  #become(identity: OpenIdentity, method: UnlockMethod, { emergency = false, enrols = false }: Entrance = {}): void {
    this.#identity?.destroy();
    this.#identity = identity;
    this.#confirmedUntil = 0;
    const { person } = identity;
    this.#grant = emergency && this.#mayBreak(person) ? emergencyGrantOf(person, method, 'none', null) : (enrols ? enrolGrantOf : grantOf)(person, method);
  }

  /** Alone, or with another one: what an emergency opens is the same. */
  #mayBreak({ roles }: Person): boolean {
    return roles.includes(EMERGENCY) || roles.includes('operator');
  }

  async #sealWords({ breakGlass, recipients }: VaultInput<'sealWords'>): Promise<VaultOutput<'sealWords'>> {
    const words = this.#words;
    this.#words = undefined;
    if (!words) return { file: null };
    try {
      return { file: await sealWords(breakGlass, words, recipients) };
    } finally {
      words.fill(0);
    }
  }

  async #signEmergency(request: VaultInput<'signEmergency'>): Promise<VaultOutput<'signEmergency'>> {
    const { person } = this.#open();
    const { id: installation } = requireInstallation(this.#ready().home);
    return certify(emergencyText({ installation, ...request, by: person.id }), person.signingKey, (bytes) => this.#open().sign(bytes));
  }

  #nowMs(): number {
    return this.#parts.nowMs?.() ?? performance.now();
  }

  #now(): Date {
    return this.#parts.now?.() ?? new Date();
  }

  async #createPerson(
    { name, workstationClass, auditKeyPath, replaceInstallation }: VaultInput<'createPerson'>,
    { passphrase }: Secrets,
  ): Promise<VaultOutput<'createPerson'>> {
    const { home } = this.#ready();
    if (!passphrase) throw missingPassphrase();
    const { chooseStore, kdf } = this.#parts;
    const result = await firstRun({
      home: home.folder,
      name,
      // Each class has a preset of its name.
      preset: workstationClass,
      passphrase,
      auditKeyPath,
      replaceInstallation,
      now: () => this.#now(),
      ...(chooseStore ? { chooseStore } : {}),
      ...(kdf ? { kdf } : {}),
    });
    this.#become(result.identity, 'passphrase');
    // Nobody has been anywhere: the passkey of the first run is enrolled now.
    this.#confirmedUntil = this.#nowMs() + FIRST_RUN_MS;
    return { person: result.person.id, auditKeyPath: result.auditKeyPath, auditKid: result.auditKid };
  }

  /** Whether an attempt may be made at all main has asked before (main/unlock.ts): it holds the ledger, which counts them. */
  async #attempt(method: UnlockMethod, how: Entrance, make: () => Promise<OpenIdentity>): Promise<VaultOutput<'unlockPasskey'>> {
    const identity = await make();
    this.#become(identity, method, how);
    return { person: identity.person.id, method, slot: identity.slot, ...uvOf(identity) };
  }

  async #unlockPassphrase({ person, known, ...how }: VaultInput<'unlockPassphrase'>, { passphrase }: Secrets): Promise<VaultOutput<'unlockPassphrase'>> {
    const { home } = this.#ready();
    if (!passphrase) throw missingPassphrase();
    const { dearer } = this.#parts;
    return this.#normal(passphrase, async (typed) => {
      const opened = await this.#attempt('passphrase', how, () => unlockWithPassphrase(checkPinned(home, person, known), typed, dearest(home), dearer));
      this.#dearer?.fill(0);
      this.#dearer = this.#open().dearer === undefined ? undefined : Buffer.from(typed);
      return { ...opened, dearer: this.#dearer !== undefined };
    });
  }

  /** Who knows the passphrase has just given it: that is proof enough for the same one at another cost. */
  async #raiseCost({ known }: VaultInput<'raiseCost'>): Promise<VaultOutput<'raiseCost'>> {
    const { home } = this.#ready();
    const identity = this.#open();
    const [typed, N] = [this.#dearer, identity.dearer];
    this.#dearer = undefined;
    if (!typed || N === undefined) throw new Refusal('not-needed', 'The cost of this passphrase is as it should be.');
    const change = (): Promise<SlotChange> => changeCost(identity, identity.slot, typed, newScryptParameters(N), this.#now().toISOString());
    try {
      return await stageChange(home, requireInstallation(home).id, identity, known, change);
    } finally {
      typed.fill(0);
    }
  }

  /** Lends the form that is hashed. */
  async #normal<T>(passphrase: Buffer, use: (typed: Buffer) => Promise<T>): Promise<T> {
    const typed = Buffer.from(normalisePassphrase(passphrase.toString('utf8')), 'utf8');
    try {
      return await use(typed);
    } finally {
      typed.fill(0);
    }
  }

  async #passkeyOptions({ person, known, withPassphrase }: VaultInput<'passkeyOptions'>): Promise<VaultOutput<'passkeyOptions'>> {
    const { home, passkeys } = this.#ready();
    return { options: await passkeys.unlockOptions(checkPinned(home, person, known), undefined, kindOf(withPassphrase)) };
  }

  /** By a passkey or, `withPassphrase`, by a key that is touched and the passphrase. Its counter is kept. */
  async #byCredential(
    person: Person | undefined,
    { response, withPassphrase }: Pick<VaultInput<'unlockPasskey'>, 'response' | 'withPassphrase'>,
    { passphrase, prf }: Secrets,
  ): Promise<OpenIdentity> {
    const { passkeys } = this.#ready();
    if (withPassphrase && !passphrase) throw missingPassphrase();
    const identity = await (withPassphrase
      ? this.#normal(passphrase!, (typed) => passkeys.unlock(person, response, prf.at(-1), typed))
      : passkeys.unlock(person, response, prf.at(-1)));
    await this.#saveUse(identity);
    return identity;
  }

  async #unlockPasskey({ person, known, emergency, ...answer }: VaultInput<'unlockPasskey'>, secrets: Secrets): Promise<VaultOutput<'unlockPasskey'>> {
    const { home } = this.#ready();
    const open = (): Promise<OpenIdentity> => this.#byCredential(checkPinned(home, person, known), answer, secrets);
    return this.#attempt(answer.withPassphrase ? 'passphrase-key' : 'passkey', { emergency }, open);
  }

  /** Keeps the counter. On a full or read-only disk the old one stays: people must get in to see what is wrong. */
  async #saveUse(identity: OpenIdentity): Promise<void> {
    try {
      await saveUse(this.#ready().home, identity.person);
    } catch (error) {
      if (error instanceof StorageFault && (error.code === 'disk-full' || error.code === 'read-only')) return;
      identity.destroy();
      throw error;
    }
  }

  /** The record as the ledger has it now. */
  #pinned(known: VaultInput<'confirmPassphrase'>['known']): Person | undefined {
    return checkPinned(this.#ready().home, this.#open().person.id, known);
  }

  /** What follows on a proof that was given again: changes of slots, for some minutes. */
  #confirm(again: OpenIdentity): VaultOutput<'confirmPasskey'> {
    const { slot, person } = again;
    const uv = uvOf(again);
    again.destroy();
    this.#open().replaceSlots(person.slots);
    this.#open().ways.show(slot);
    this.#confirmedUntil = this.#nowMs() + CONFIRMED_MS;
    return { slot, ...uv };
  }

  async #confirmPassphrase({ known }: VaultInput<'confirmPassphrase'>, { passphrase }: Secrets): Promise<VaultOutput<'confirmPassphrase'>> {
    if (!passphrase) throw missingPassphrase();
    const person = this.#pinned(known);
    return this.#confirm(await this.#normal(passphrase, (typed) => unlockWithPassphrase(person, typed, dearest(this.#ready().home), this.#parts.dearer)));
  }

  async #confirmOptions({ known, slot, withPassphrase }: VaultInput<'confirmOptions'>): Promise<VaultOutput<'confirmOptions'>> {
    return { options: await this.#ready().passkeys.unlockOptions(this.#pinned(known), slot, kindOf(withPassphrase)) };
  }

  async #confirmPasskey({ known, ...answer }: VaultInput<'confirmPasskey'>, secrets: Secrets): Promise<VaultOutput<'confirmPasskey'>> {
    return this.#confirm(await this.#byCredential(this.#pinned(known), answer, secrets));
  }

  /** Whoever sits down at an open session is not who changes what opens it. @param less so many milliseconds sooner than usual that is over. @throws Refusal */
  #confirmed(less = 0): OpenIdentity {
    const identity = this.#open();
    if (this.#nowMs() < this.#confirmedUntil - less) return identity;
    throw new Refusal('not-confirmed', 'Show that it is you, with your passphrase or a passkey, before you change what opens your recordings.');
  }

  #stage(known: VaultInput<'changeSlot'>['known'], change: (identity: OpenIdentity) => SlotChange | Promise<SlotChange>): Promise<StagedChange> {
    const { home } = this.#ready();
    const identity = this.#confirmed();
    return stageChange(home, requireInstallation(home).id, identity, known, () => change(identity));
  }

  async #changePassphrase({ known, workstation }: VaultInput<'changePassphrase'>, { passphrase }: Secrets): Promise<VaultOutput<'changePassphrase'>> {
    if (!passphrase) throw missingPassphrase();
    const { person } = this.#confirmed();
    const normal = await checkNewPassphrase(passphrase, person.name, workstation);
    try {
      return await this.#stage(known, (identity) => changePassphrase(identity, normal, this.#now().toISOString(), this.#parts.kdf));
    } finally {
      normal.fill(0);
    }
  }

  #changeSlot({ known, slot, name }: VaultInput<'changeSlot'>): Promise<VaultOutput<'changeSlot'>> {
    return this.#stage(known, (identity) => (name === undefined ? removeSlot(identity, slot) : nameSlot(identity, slot, name)));
  }

  async #newcomer({ name, workstation }: VaultInput<'newcomer'>, { passphrase }: Secrets): Promise<VaultOutput<'newcomer'>> {
    if (!passphrase) throw missingPassphrase();
    const { kdf } = this.#parts;
    return { record: await prepareEnrolment({ name, workstation, passphrase, now: () => this.#now(), ...(kdf ? { kdf } : {}) }) };
  }

  /** Right after they have shown that it is them: main asks for it in the same breath, and whoever sits down later decides nothing. */
  async #certify({ request }: VaultInput<'certify'>): Promise<VaultOutput<'certify'>> {
    const identity = this.#confirmed(CONFIRMED_MS - DECIDE_MS);
    return deciderOf(identity).certify(requireInstallation(this.#ready().home).id, identity.person.id, request);
  }

  /** @param other whoever agrees: open for this one signature. @throws Refusal where it is who asks */
  async #agree({ by, request }: Pick<VaultInput<'agreePassphrase'>, 'by' | 'request'>, other: OpenIdentity): Promise<VaultOutput<'agreePassphrase'>> {
    try {
      if (other.person.id === this.#open().person.id || other.person.id === by)
        throw new Refusal('second-needed', 'Whoever asks does not agree to it as well: somebody else has to.');
      return { slot: other.slot, ...uvOf(other), certificate: await deciderOf(other).certify(requireInstallation(this.#ready().home).id, by, request) };
    } finally {
      other.destroy();
    }
  }

  async #agreePassphrase({ person, known, ...what }: VaultInput<'agreePassphrase'>, { passphrase }: Secrets): Promise<VaultOutput<'agreePassphrase'>> {
    const { home } = this.#ready();
    if (!passphrase) throw missingPassphrase();
    return this.#normal(passphrase, async (typed) => this.#agree(what, await unlockWithPassphrase(checkPinned(home, person, known), typed, dearest(home))));
  }

  async #agreePasskey(
    { person, known, response, withPassphrase, ...what }: VaultInput<'agreePasskey'>,
    secrets: Secrets,
  ): Promise<VaultOutput<'agreePasskey'>> {
    const { home } = this.#ready();
    return this.#agree(what, await this.#byCredential(checkPinned(home, person, known), { response, withPassphrase }, secrets));
  }

  /** @param other whoever lifts the stop of the station: open for this one signature, of this one text. */
  async #lift({ after }: Pick<VaultInput<'liftPassphrase'>, 'after'>, other: OpenIdentity): Promise<VaultOutput<'liftPassphrase'>> {
    try {
      const request = { deed: 'station', to: 'lifted', reason: null, after } as const;
      return {
        slot: other.slot,
        ...uvOf(other),
        certificate: await deciderOf(other).certify(requireInstallation(this.#ready().home).id, other.person.id, request),
      };
    } finally {
      other.destroy();
    }
  }

  async #liftPassphrase({ person, known, ...what }: VaultInput<'liftPassphrase'>, { passphrase }: Secrets): Promise<VaultOutput<'liftPassphrase'>> {
    const { home } = this.#ready();
    if (!passphrase) throw missingPassphrase();
    return this.#normal(passphrase, async (typed) => this.#lift(what, await unlockWithPassphrase(checkPinned(home, person, known), typed, dearest(home))));
  }

  async #liftPasskey({ person, known, response, withPassphrase, ...what }: VaultInput<'liftPasskey'>, secrets: Secrets): Promise<VaultOutput<'liftPasskey'>> {
    const { home } = this.#ready();
    return this.#lift(what, await this.#byCredential(checkPinned(home, person, known), { response, withPassphrase }, secrets));
  }

  async #enrolOptions({ withPassphrase }: VaultInput<'enrolOptions'>): Promise<VaultOutput<'enrolOptions'>> {
    const { passkeys } = this.#ready();
    return { options: await passkeys.enrolOptions(this.#confirmed(), kindOf(withPassphrase)) };
  }

  /** A PRF result that create() gave may have come already: it is kept for the proof. */
  async #enrolVerify({ response }: VaultInput<'enrolVerify'>, { prf }: Secrets): Promise<VaultOutput<'enrolVerify'>> {
    const { passkeys } = this.#ready();
    const options = await passkeys.enrolVerify(this.#confirmed(), response);
    this.#prf.unshift(...prf.map((result) => Buffer.from(result)));
    return { options };
  }

  async #enrolProve(
    { response, label, known, withPassphrase, workstation }: VaultInput<'enrolProve'>,
    { passphrase, prf }: Secrets,
  ): Promise<VaultOutput<'enrolProve'>> {
    const { passkeys } = this.#ready();
    const now = this.#now().toISOString();
    if (!withPassphrase)
      return this.#stage(known, async (identity) => {
        const { id: slot, aaguid: model } = await passkeys.enrolProve(identity, response, prf, label, now);
        return { change: 'passkey', slot, model };
      });
    if (!passphrase) throw missingPassphrase();
    const normal = await checkNewPassphrase(passphrase, this.#confirmed().person.name, workstation);
    try {
      const kdf = this.#parts.kdf ?? (await measuredScryptParameters());
      return await this.#stage(known, async (identity) => {
        const previous = identity.person.slots.find(({ type }) => type === 'passphrase')?.id;
        const { id: slot, aaguid: model } = await passkeys.enrolProve(identity, response, prf, label, now, { passphrase: normal, kdf });
        return { change: 'passphrase-key', slot, model, ...(previous === undefined ? {} : { previous }) };
      });
    } finally {
      normal.fill(0);
    }
  }

  /** Shows that this identity is open, to whoever holds its public key; only for the page that stands here now. */
  async #prove(purpose: 'unlock' | 'view', sealed: string, peer: Uint8Array): Promise<{ readonly proof: Uint8Array }> {
    const identity = this.#open();
    const page = this.#page;
    if (!page) throw new Refusal('no-page', 'There is no page to prove anything for.');
    return { proof: await prove(identity, sealed, { purpose, person: identity.person.id, page, peer }) };
  }

  #recordingFolder(home: Home, recording: string): string {
    const folder = join(home.recordings, recording);
    if (!RECORDING_ID.test(recording) || !existsSync(folder)) {
      throw new Refusal('no-recording', 'There is no such recording in this installation.');
    }
    return folder;
  }

  async #replay({ pane, recording, written }: VaultInput<'replay'>): Promise<VaultOutput<'replay'>> {
    const { home } = this.#ready();
    const opener = this.#open();
    const channel = this.#channel;
    if (!channel) throw new Refusal('no-page', 'There is no page to replay into.');
    // Sealing and sending are one step, so that the frames of several panes keep the channel's order.
    const send = (frame: Uint8Array): Promise<void> => this.#parts.link.send({ frame: channel.seal(frame) });
    const skipped = await sendReplay({ folder: this.#recordingFolder(home, recording), opener, pane, written, send });
    return { skipped };
  }

  /** Asks main, which has the installation's key, to sign for the bundle of these facts. */
  async #attest(ticket: number, statement: BundleStatement): Promise<string> {
    try {
      return (await this.#main.ask('attest', { ticket, statement })).signature;
    } catch {
      throw new Refusal('not-signed', 'The key of this installation did not sign for this export, so nothing was exported.');
    }
  }

  async #export({ ticket, recording, folder, checkpoint, trust }: VaultInput<'export'>): Promise<VaultOutput<'export'>> {
    const { home, configuration } = this.#ready();
    const identity = this.#open();
    const recordingFolder = this.#recordingFolder(home, recording);
    const installation = requireInstallation(home);
    const result = await writeBundle({
      recordingFolder,
      opener: identity,
      ledger: { folder: home.ledger, key: installationNoteKey(installation) },
      checkpoint,
      sign: (statement) => this.#attest(ticket, statement),
      person: { id: identity.person.id, signer: { publicKey: p256SshKey(identity.person.signingKey), sign: (bytes) => identity.sign(bytes) } },
      trust: requireTrust(trust),
      target: folder,
      notes: home.run,
      version: configuration.version,
      live: true,
    });
    return { folder: result.folder, records: result.records, sha256: result.sha256 };
  }

  #recallWorkspace(sealed: VaultInput<'recallWorkspace'>['sealed']): VaultOutput<'recallWorkspace'> {
    const text = openOwn(this.#open(), 'workspace', sealed);
    if (text === undefined) throw new Refusal('not-for-this-key', 'It was not sealed by you, or was changed since.');
    return { text };
  }

  async #selfTest(): Promise<VaultOutput<'selfTest'>> {
    const { folder } = this.#ready().home;
    const { tried, head } = await tryKeyless(folder);
    return { tried: [...tried], head };
  }

  async #judge({ folder, trust }: VaultInput<'judge'>): Promise<VaultOutput<'judge'>> {
    const { good, sentence, detail, notes } = verifyBundle(folder, trust);
    return { good, sentence: detail ? `${sentence} ${detail}` : sentence, notes: [...notes] };
  }
}

/** What whoever comes in does then, where that is not what their roles say. */
interface Entrance {
  readonly emergency?: boolean | undefined;
  readonly enrols?: boolean | undefined;
}

const kindOf = (withPassphrase: boolean | undefined): CredentialKind => (withPassphrase ? 'passphrase-key' : 'passkey-prf');
const uvOf = ({ uv }: OpenIdentity): { readonly uv?: boolean } => (uv === undefined ? {} : { uv });

interface Secrets {
  readonly passphrase: Buffer | undefined;
  readonly prf: readonly Buffer[];
}

function wipeSecrets({ passphrase, prf }: Secrets): void {
  passphrase?.fill(0);
  for (const result of prf) result.fill(0);
}

const missingPassphrase = (): Refusal => new Refusal('wrong-passphrase', 'No passphrase arrived. Type it again.');

/** A stable code and a sentence. Errors that are not ours keep their words to themselves: they may quote what they choked on. */
function failureOf(error: unknown, unlocking: boolean): Failure {
  // The ledger's table of failed unlocks knows these words only.
  if (unlocking && error instanceof StorageFault) return { code: error.code === 'corrupt' ? 'corrupt-vault' : 'error', sentence: error.message };
  if (error instanceof CodedError) return { code: error.code, sentence: error.message };
  const name = error instanceof Error ? error.name : 'unknown error';
  return { code: 'error', sentence: `The vault could not do this (${name}). Lock, unlock and try again.` };
}
