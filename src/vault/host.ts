/**
 * The vault host: the one process that ever holds a person's private keys and what opens them. The lock kills it. What a
 * person types, and what a passkey gives, comes as sealed frames that main cannot read; what is replayed goes the same way.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PeerChannel } from '../bridge/channel/node.ts';
import { decodeFrame } from '../bridge/frames.ts';
import { ExportError, p256SshKey, requireTrust, verifyBundle, writeBundle, type BundleStatement } from '../export/index.ts';
import { installationNoteKey, LedgerError } from '../ledger/index.ts';
import { denialOf, denials, grantOf, type Grant, type Permission, type Standing } from '../access/index.ts';
import type { Link } from '../process/link.ts';
import { prove } from '../proof/proof.ts';
import { RecordingError } from '../recording/errors.ts';
import { StorageFault } from '../storage/fault.ts';
import { homePaths, type Home } from '../storage/home.ts';
import { requireInstallation } from '../storage/installation.ts';
import type { UnlockMethod } from '../types/words.ts';
import { UnlockError, VaultError } from './errors.ts';
import { firstRun, type FirstRunInput } from './first-run.ts';
import type { OpenIdentity } from './identity.ts';
import { normalisePassphrase } from './passphrase.ts';
import { Passkeys } from './passkey.ts';
import { savePerson, unlockWithPassphrase } from './person.ts';
import { certifySlots, checkPinned, stagePerson } from './pinned.ts';
import { toVaultHost, type FromVaultHost, type ToVaultHost } from './protocol.ts';
import { sendReplay } from './replay.ts';

/** A passphrase has at most 512 characters of at most 4 bytes. */
const maxPassphraseBytes = 2048;
const prfBytes = 32;
/** Results that may wait for the request that uses them: an enrolment needs two. */
const maxPrfResults = 2;

type Message<T extends ToVaultHost['type']> = Extract<ToVaultHost, { type: T }>;
type Asked = Extract<ToVaultHost, { id: number }>;
type Answer = Extract<FromVaultHost, { id: number }>;
type Unanswered<T> = T extends unknown ? Omit<T, 'id'> : never;

export interface VaultHostParts {
  readonly link: Pick<Link, 'send' | 'onMessage' | 'onClose'>;
  /** Ends this process: what it holds is gone then. */
  readonly exit: (code: number) => void;
  readonly now?: () => Date;
  readonly chooseStore?: FirstRunInput['chooseStore'];
  readonly kdf?: FirstRunInput['kdf'];
}

export class VaultHost {
  readonly #parts: VaultHostParts;
  #configuration: Message<'configure'> | undefined;
  #home: Home | undefined;
  #passkeys: Passkeys | undefined;
  #channel: PeerChannel | undefined;
  /** The key of the page at the other end of the channel. */
  #page: Uint8Array | undefined;
  #passphrase: Buffer | undefined;
  #prf: Buffer[] = [];
  #identity: OpenIdentity | undefined;
  /** What it lets its person do. */
  #grant: Grant | undefined;
  /** Requests that change what is open run one after the other. */
  #queue: Promise<void> = Promise.resolve();
  /** Exports that wait for the installation's signature. */
  readonly #attesting = new Map<number, (signature: string) => void>();

  constructor(parts: VaultHostParts) {
    this.#parts = parts;
    parts.link.onClose(() => {
      this.#wipe();
      parts.exit(0);
    });
    parts.link.onMessage((message) => this.#receive(message));
    this.#post({ type: 'ready' });
  }

  #post(message: FromVaultHost): void {
    // A line that is gone is told by onClose.
    this.#parts.link.send(message).catch(() => undefined);
  }

  #receive(given: unknown): void {
    const parsed = toVaultHost.safeParse(given);
    if (!parsed.success) {
      // Something is wrong with main itself. A request that can be named is refused; nothing is changed.
      const id = (given as { id?: unknown } | null)?.id;
      if (typeof id === 'number')
        this.#post({ type: 'refused', id, code: 'bad-message', sentence: 'This request was not understood, and nothing was changed.' });
      return;
    }
    const message = parsed.data;
    switch (message.type) {
      case 'configure':
        if (this.#configuration) return;
        this.#configuration = message;
        this.#home = homePaths(message.home);
        this.#passkeys = new Passkeys({ origin: message.origin, rpId: message.rpId });
        return;
      case 'connect':
        return this.#connect(message.publicKey);
      case 'frame':
        return this.#frame(message.bytes);
      case 'attested':
        this.#attesting.get(message.export)?.(message.signature);
        this.#attesting.delete(message.export);
        return;
      // These are long, or change nothing that others need.
      case 'prove':
      case 'replay':
      case 'export':
      case 'judge':
        void this.#answer(message);
        return;
      default: {
        // The secrets that came before a request belong to it: later frames must not mix with them.
        const secrets = this.#takeSecrets();
        this.#queue = this.#queue.then(() => this.#answer(message, secrets)).finally(() => wipeSecrets(secrets));
      }
    }
  }

  #connect(publicKey: Uint8Array): void {
    this.#channel?.close();
    this.#channel = undefined;
    wipeSecrets(this.#takeSecrets());
    try {
      this.#channel = new PeerChannel(publicKey);
      this.#page = publicKey;
    } catch {
      // A page that sends no key cannot be talked to: main hears of it by our end, and locks.
      this.#wipe();
      return this.#parts.exit(1);
    }
    this.#post({ type: 'connected', publicKey: this.#channel.publicKey });
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

  #wipe(): void {
    wipeSecrets(this.#takeSecrets());
    this.#identity?.destroy();
    this.#identity = undefined;
    this.#grant = undefined;
    this.#channel?.close();
    this.#channel = undefined;
  }

  async #answer(message: Asked, secrets: Secrets = { passphrase: undefined, prf: [] }): Promise<void> {
    try {
      this.#post({ ...(await this.#do(message, secrets)), id: message.id } as Answer);
    } catch (error) {
      this.#post({ type: 'refused', id: message.id, ...refusal(error, message.type === 'unlockPassphrase' || message.type === 'unlockPasskey') });
    }
  }

  #do(message: Asked, secrets: Secrets): Promise<Unanswered<Answer>> {
    switch (message.type) {
      case 'createPerson':
        return this.#createPerson(message, secrets);
      case 'unlockPassphrase':
        return this.#unlockPassphrase(message, secrets);
      case 'passkeyOptions':
        return this.#passkeyOptions(message);
      case 'unlockPasskey':
        return this.#unlockPasskey(message, secrets);
      case 'enrolOptions':
        return this.#enrolOptions();
      case 'enrolVerify':
        return this.#enrolVerify(message, secrets);
      case 'enrolProve':
        return this.#enrolProve(message, secrets);
      case 'prove':
        return this.#prove(message);
      case 'replay':
        return this.#replay(message);
      case 'export':
        return this.#export(message);
      case 'judge':
        return this.#judge(message);
    }
  }

  #ready(): { readonly home: Home; readonly configuration: Message<'configure'>; readonly passkeys: Passkeys } {
    const [home, configuration, passkeys] = [this.#home, this.#configuration, this.#passkeys];
    if (!home || !configuration || !passkeys) throw new VaultError('not-configured', 'The vault is not ready yet. Try again in a moment.');
    return { home, configuration, passkeys };
  }

  #open(needs: Permission): OpenIdentity {
    const identity = this.#identity;
    const standing: Standing = this.#grant ? { phase: 'open', grant: this.#grant } : { phase: 'locked' };
    const denial = denialOf(needs, standing, Date.now());
    if (denial) throw new VaultError(denial.why, denial.sentence);
    if (!identity) throw new VaultError('locked', denials.locked);
    return identity;
  }

  #become(identity: OpenIdentity, method: UnlockMethod): void {
    this.#identity?.destroy();
    this.#identity = identity;
    this.#grant = grantOf(identity.person, method);
  }

  #now(): Date {
    return this.#parts.now?.() ?? new Date();
  }

  async #createPerson({ name, auditKeyPath, replaceInstallation }: Message<'createPerson'>, { passphrase }: Secrets): Promise<Unanswered<Answer>> {
    const { home } = this.#ready();
    if (!passphrase) throw missingPassphrase();
    const { chooseStore, kdf } = this.#parts;
    const result = await firstRun({
      home: home.folder,
      name,
      passphrase,
      auditKeyPath,
      replaceInstallation,
      now: () => this.#now(),
      ...(chooseStore ? { chooseStore } : {}),
      ...(kdf ? { kdf } : {}),
    });
    this.#become(result.identity, 'passphrase');
    return { type: 'created', person: result.person.id, auditKeyPath: result.auditKeyPath, auditKid: result.auditKid };
  }

  /** Whether an attempt may be made at all main has asked before (main/unlock.ts): it holds the ledger, which counts them. */
  async #attempt(method: UnlockMethod, make: () => Promise<OpenIdentity>): Promise<Unanswered<Answer>> {
    const identity = await make();
    this.#become(identity, method);
    return { type: 'unlocked', person: identity.person.id, method, slot: identity.slot };
  }

  async #unlockPassphrase({ person, known }: Message<'unlockPassphrase'>, { passphrase }: Secrets): Promise<Unanswered<Answer>> {
    const { home } = this.#ready();
    if (!passphrase) throw missingPassphrase();
    return this.#attempt('passphrase', async () => {
      const typed = Buffer.from(normalisePassphrase(passphrase.toString('utf8')), 'utf8');
      try {
        return await unlockWithPassphrase(checkPinned(home, person, known), typed);
      } finally {
        typed.fill(0);
      }
    });
  }

  async #passkeyOptions({ person, known }: Message<'passkeyOptions'>): Promise<Unanswered<Answer>> {
    const { home, passkeys } = this.#ready();
    return { type: 'options', options: await passkeys.unlockOptions(checkPinned(home, person, known)) };
  }

  async #unlockPasskey({ person, known, response }: Message<'unlockPasskey'>, { prf }: Secrets): Promise<Unanswered<Answer>> {
    const { home, passkeys } = this.#ready();
    return this.#attempt('passkey', async () => {
      const identity = await passkeys.unlock(checkPinned(home, person, known), response, prf.at(-1));
      try {
        savePerson(home, identity.person);
      } catch (error) {
        // On a full or read-only disk the old counter stays: people must get in to see what is wrong.
        if (!(error instanceof StorageFault) || (error.code !== 'disk-full' && error.code !== 'read-only')) {
          identity.destroy();
          throw error;
        }
      }
      return identity;
    });
  }

  async #enrolOptions(): Promise<Unanswered<Answer>> {
    const { passkeys } = this.#ready();
    return { type: 'options', options: await passkeys.enrolOptions(this.#open('vault.slot.add')) };
  }

  /** A PRF result that create() gave may have come already: it is kept for the proof. */
  async #enrolVerify({ response }: Message<'enrolVerify'>, { prf }: Secrets): Promise<Unanswered<Answer>> {
    const { passkeys } = this.#ready();
    const options = await passkeys.enrolVerify(this.#open('vault.slot.add'), response);
    this.#prf.unshift(...prf.map((result) => Buffer.from(result)));
    return { type: 'options', options };
  }

  async #enrolProve({ response, label, after }: Message<'enrolProve'>, { prf }: Secrets): Promise<Unanswered<Answer>> {
    const { home, passkeys } = this.#ready();
    const identity = this.#open('vault.slot.add');
    const before = identity.person.slots;
    const slot = await passkeys.enrolProve(identity, response, prf, label, this.#now().toISOString());
    try {
      stagePerson(home, identity.person);
    } catch (error) {
      identity.replaceSlots(before);
      throw error;
    }
    return { type: 'enrolled', slot, certificate: await certifySlots(requireInstallation(home).id, identity, after) };
  }

  /** Shows that this identity is open, to whoever holds its public key; only for the page that stands here now. */
  async #prove({ purpose, sealed, peer }: Message<'prove'>): Promise<Unanswered<Answer>> {
    const identity = this.#open('session.open');
    const page = this.#page;
    if (!page) throw new VaultError('no-page', 'There is no page to prove anything for.');
    return { type: 'proved', proof: await prove(identity, sealed, { purpose, person: identity.person.id, page, peer }) };
  }

  #recordingFolder(home: Home, recording: string): string {
    const folder = join(home.recordings, recording);
    if (!/^\d{8}-\d{6}-[0-9a-f]{8}$/.test(recording) || !existsSync(folder)) {
      throw new VaultError('no-recording', 'There is no such recording in this installation.');
    }
    return folder;
  }

  async #replay({ pane, recording, written }: Message<'replay'>): Promise<Unanswered<Answer>> {
    const { home } = this.#ready();
    const opener = this.#open('recording.replay.own');
    const channel = this.#channel;
    if (!channel) throw new VaultError('no-page', 'There is no page to replay into.');
    // Sealing and sending are one step, so that the frames of several panes keep the channel's order.
    const send = (frame: Uint8Array): Promise<void> => this.#parts.link.send({ type: 'frame', bytes: channel.seal(frame) } satisfies FromVaultHost);
    const skipped = await sendReplay({ folder: this.#recordingFolder(home, recording), opener, pane, written, send });
    return { type: 'replayed', pane, skipped };
  }

  /** Asks main, which has the installation's key, to sign for the bundle of these facts. */
  #attest(id: number, statement: BundleStatement): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#attesting.set(id, (signature) => {
        if (signature.length > 0) resolve(signature);
        else reject(new VaultError('not-signed', 'The key of this installation did not sign for this export, so nothing was exported.'));
      });
      this.#post({ type: 'attest', export: id, statement });
    });
  }

  async #export({ id, recording, folder, checkpoint, trust }: Message<'export'>): Promise<Unanswered<Answer>> {
    const { home, configuration } = this.#ready();
    const identity = this.#open('recording.export.own');
    const recordingFolder = this.#recordingFolder(home, recording);
    const installation = requireInstallation(home);
    const result = await writeBundle({
      recordingFolder,
      opener: identity,
      ledger: { folder: home.ledger, key: installationNoteKey(installation) },
      checkpoint,
      sign: (statement) => this.#attest(id, statement),
      person: { id: identity.person.id, signer: { publicKey: p256SshKey(identity.person.signingKey), sign: (bytes) => identity.sign(bytes) } },
      trust: requireTrust(trust),
      target: folder,
      notes: home.run,
      version: configuration.version,
      live: true,
    });
    return { type: 'exported', folder: result.folder, records: result.records, sha256: result.sha256 };
  }

  async #judge({ folder, trust }: Message<'judge'>): Promise<Unanswered<Answer>> {
    const { good, sentence, detail, notes } = verifyBundle(folder, trust);
    return { type: 'judged', good, sentence: detail ? `${sentence} ${detail}` : sentence, notes: [...notes] };
  }
}

interface Secrets {
  readonly passphrase: Buffer | undefined;
  readonly prf: readonly Buffer[];
}

function wipeSecrets({ passphrase, prf }: Secrets): void {
  passphrase?.fill(0);
  for (const result of prf) result.fill(0);
}

const missingPassphrase = (): VaultError => new VaultError('wrong-passphrase', 'No passphrase arrived. Type it again.');

/** A stable code and a sentence. Errors that are not ours keep their words to themselves: they may quote what they choked on. */
function refusal(error: unknown, unlocking: boolean): { code: string; sentence: string } {
  if (error instanceof UnlockError) return { code: error.code, sentence: error.message };
  if (error instanceof StorageFault) {
    // The ledger's table of failed unlocks knows these words only.
    if (unlocking) return { code: error.code === 'corrupt' ? 'corrupt-vault' : 'error', sentence: error.message };
    return { code: error.code, sentence: error.message };
  }
  if (error instanceof VaultError || error instanceof RecordingError || error instanceof ExportError || error instanceof LedgerError) {
    return { code: error.code, sentence: error.message };
  }
  const name = error instanceof Error ? error.name : 'unknown error';
  return { code: 'error', sentence: `The vault could not do this (${name}). Lock, unlock and try again.` };
}
