/**
 * The app: wires the window, the pty host, the vault host, the ledger, the lock and the multiplexer together. It holds
 * the gate: while it is closed no frame passes in either direction, whatever a page or a process says.
 */
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { BridgeServer, Refusal, type Handlers } from '../src/bridge/server.ts';
import type { Display, StatusView, Surface } from '../src/bridge/schema.ts';
import { askApp, socketPath } from '../src/cli/socket.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { noticeEntry } from '../src/ledger/notice.ts';
import { CheckpointScheduler } from '../src/ledger/scheduler.ts';
import type { InstallationSigner, LedgerEntry } from '../src/ledger/types.ts';
import { loadPolicy, type LoadedPolicy } from '../src/policy/index.ts';
import type { Recipient } from '../src/recording/types.ts';
import { openHome, openSigner, readInstallation, type Home, type Installation } from '../src/storage/index.ts';
import { thumbprint } from '../src/recording/wrap.ts';
import { shownBackoff } from '../src/vault/backoff.ts';
import { listPeople, readPerson } from '../src/vault/person.ts';
import type { PersonRecord } from '../src/vault/types.ts';
import { version } from '../src/version.ts';
import { bootClock, type Clock } from './clock.ts';
import { DisplayFile } from './display.ts';
import { defaultExportFolder, verifyAgainstLedger } from './evidence.ts';
import type { Host, HostWindow, Peer } from './host.ts';
import { origin, rpId } from './host.ts';
import { LockController, type LockCause } from './lock-controller.ts';
import { PtyClient } from './pty-client.ts';
import { recoverInterrupted } from './recover.ts';
import { defaultAuditKeyPath, secretStoreFacts } from './setup-facts.ts';
import { listen, type SocketCommand } from './socket.ts';
import { VaultClient } from './vault-client.ts';
import { Workspace } from './workspace.ts';

export interface AppOptions {
  readonly home: string;
  readonly host: Host;
  readonly rendererFolder: string;
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly say?: (line: string) => void;
}

/** What exists once the first run is done. */
interface Installed {
  readonly installation: Installation;
  readonly policy: LoadedPolicy;
  readonly signer: InstallationSigner;
  readonly ledger: Ledger;
  readonly scheduler: CheckpointScheduler;
}

/** The person whose identity is open, and how they opened it. */
interface Session {
  readonly person: PersonRecord;
  readonly method: 'passphrase' | 'passkey';
}

/** Reasons that the ledger's row of `unlock` knows; everything else is an `error`. */
const unlockFailures: readonly string[] = ['wrong-passphrase', 'passkey-refused', 'no-such-slot', 'back-off', 'corrupt-vault', 'no-such-person'];

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export class App {
  readonly #options: Required<AppOptions>;
  readonly #home: Home;
  readonly #pty: PtyClient;
  readonly #workspace: Workspace;
  readonly #lock: LockController;
  readonly #bridge: BridgeServer;
  readonly #display: DisplayFile;
  readonly #startFlags: string[] = [];
  #window!: HostWindow;
  #windowOpen = false;
  #surface: Surface = 'lock';
  #installed: Installed | undefined;
  #vault: VaultClient | undefined;
  /** Present only while unlocked: the gate. */
  #session: Session | undefined;
  #pageKey: Uint8Array | undefined;
  #attached: { readonly pane: number; readonly recording: string; readonly outputBytes: number }[] = [];
  #lockedAt: string | null = null;
  #lastUnlock: string | null = null;
  #failures = 0;
  #sealedBytes = 0;
  #recordingFault: string | undefined;
  #ledgerFault: string | undefined;
  #changing: Promise<void> = Promise.resolve();
  #stopTicking: () => void = () => {};
  #finished!: (code: number) => void;
  #stopping = false;
  /** Resolves with the exit status when the app is over. */
  readonly finished: Promise<number>;

  private constructor(options: AppOptions) {
    this.#options = { clock: bootClock, env: process.env, say: () => {}, ...options };
    const { host, env, clock } = this.#options;
    this.finished = new Promise((resolve) => (this.#finished = resolve));
    this.#home = openHome(options.home);
    this.#display = new DisplayFile(this.#home);
    this.#lock = new LockController();
    this.#pty = new PtyClient(host, () => this.#ptyConfiguration(), {
      frame: (bytes) => this.#toPage('pty', bytes),
      exit: (pane, code, signal) => this.#workspace.exited(pane, code, signal),
      notice: (notice) => this.#log(noticeEntry(notice)),
      sealed: (bytes) => (this.#sealedBytes = bytes),
      fault: (sentence, pane) => this.#fault(sentence, pane),
      died: () => this.#ptyHostDied(),
      badMessage: () => this.#log({ action: 'bridge.refused', detail: { peer: 'pty-host', code: 'bad-message' } }),
    });
    this.#workspace = new Workspace({
      pty: this.#pty,
      owner: () => this.#owner(),
      ledger: (entry) => this.#log(entry),
      changed: (view) => this.#emitIfOpen(() => this.#bridge.emit('view', view)),
      client: (action) => this.#emitIfOpen(() => this.#bridge.emit('client', action)),
      notice: (level, sentence, pane) => this.#notice(level, sentence, pane),
      lock: () => void this.lock('command'),
      detach: () => void this.#detach(),
      exportPane: (pane) =>
        void this.#exportPane(pane, undefined).then(
          ({ folder }) => this.#notice('ok', `Exported to ${folder}.`, pane),
          (error: unknown) => this.#notice('stop', sentenceOf(error), pane),
        ),
      verifyPane: (pane) => void this.#verifyPane(pane).then(({ good, sentence }) => this.#notice(good ? 'ok' : 'stop', sentence, pane)),
      env,
      now: () => clock.now(),
    });
    this.#bridge = new BridgeServer({
      handlers: this.#handlers(),
      surface: () => this.#surface,
      post: (text) => this.#window.post(text),
      refused: (code, request) =>
        this.#log({ action: 'bridge.refused', detail: { surface: this.#surface, peer: 'page', code, ...(request ? { request } : {}) } }),
      now: () => clock.now(),
    });
  }

  static async start(options: AppOptions): Promise<App> {
    const app = new App(options);
    await app.#start();
    return app;
  }

  // For the tests and the bench: what they cannot see from outside.
  get window(): HostWindow {
    return this.#window;
  }
  get surface(): Surface {
    return this.#surface;
  }
  get processes(): { readonly pty: number | undefined; readonly vault: number | undefined } {
    return { pty: this.#pty.pid, vault: this.#vault?.pid };
  }

  async #start(): Promise<void> {
    const { host, rendererFolder, clock } = this.#options;
    await this.#openInstalled();
    if (this.#installed) this.#startFlags.push(...(await recoverInterrupted(this.#home, this.#installed.ledger)));
    await this.#openWindow(rendererFolder);
    this.#log({ action: 'app.start', detail: { version, host: host.name } });
    host.onSignal((signal) => {
      if (signal === 'shutdown') void this.stop('shutdown');
      else void this.lock(signal);
    });
    this.#stopTicking = clock.every(1000, () => void this.tick());
    await this.#show(this.#installed ? 'lock' : 'setup');
  }

  async #openWindow(rendererFolder: string): Promise<void> {
    this.#window = await this.#options.host.open({ rendererFolder });
    this.#windowOpen = true;
    this.#window.onMessage((text) => void this.#bridge.receive(text));
    this.#window.onFrame((peer, bytes) => this.#fromPage(peer, bytes));
    this.#window.onRendererGone(() => {
      this.#log({ action: 'renderer.exit', detail: { surface: this.#surface } });
      void (this.#surface === 'setup' ? this.#show('setup') : this.lock('renderer-gone'));
    });
    this.#window.onClosed(() => void this.#windowClosed());
  }

  /** Policy, signer and ledger, once the first run has been. */
  async #openInstalled(): Promise<void> {
    const installation = readInstallation(this.#home);
    if (!installation) return;
    const policy = loadPolicy(this.#home);
    const signer = await openSigner(this.#home, installation);
    const ledger = await Ledger.open({ folder: this.#home.ledger, installation: installation.id, signer });
    const scheduler = new CheckpointScheduler(
      {
        ledger,
        before: () => this.#pty.checkpoint(),
        busy: () => this.#workspace.shellCount > 0,
        onError: (error) => (this.#ledgerFault = sentenceOf(error)),
      },
      this.#options.clock.now(),
    );
    this.#installed = { installation, policy, signer, ledger, scheduler };
    this.#lock.configure(policy.policy.lock, this.#options.clock.now());
  }

  /** Once a second: the idle timer, the line, checkpoints. Tests with an injected clock call it by hand. */
  async tick(): Promise<void> {
    const now = this.#options.clock.now();
    const hostIdle = this.#session ? await this.#options.host.idleSeconds() : undefined;
    const cause = this.#lock.tick(now, hostIdle);
    if (cause && this.#session) await this.lock(cause);
    this.#emitIfOpen(() => this.#bridge.emit('status', this.#status()));
    await this.#installed?.scheduler.tick(now);
  }

  // ---------------------------------------------------------------- lock and unlock

  /** Closes the gate at once; resolves when renderer and keys are gone and the lock page stands. */
  lock(cause: LockCause): Promise<void> {
    const session = this.#session;
    if (!session) return this.#changing;
    this.#session = undefined;
    this.#attached = [];
    this.#lock.locked(cause, this.#options.clock.now());
    this.#lockedAt = new Date().toISOString();
    const blanked = this.#window.blank().catch(() => {});
    const vault = this.#vault;
    this.#vault = undefined;
    this.#changing = this.#changing.then(async () => {
      // A pty host that does not answer could still be showing: it is ended, and the recordings with it.
      const detached = this.#pty.detach(cause).catch(() => this.#pty.kill9());
      await Promise.all([blanked, vault?.kill(), detached]);
      this.#log({ action: 'lock', person: session.person.id, detail: { cause } });
      await this.#checkpointQuietly();
      await this.#show('lock');
    });
    return this.#changing;
  }

  async #unlocked(person: string, method: Session['method']): Promise<void> {
    const record = readPerson(this.#home, person);
    if (!record) throw new Refusal('no-such-person', 'This did not open. Check what you typed and try again.');
    const failures = this.#failures;
    this.#session = { person: record, method };
    this.#failures = 0;
    this.#lock.unlocked(method, this.#options.clock.now());
    this.#log({ action: 'unlock', person, outcome: 'success', detail: { method, failures } });
    const welcome = { lastUnlock: this.#lastUnlock, failures };
    this.#lastUnlock = new Date().toISOString();
    await this.#show('workspace');
    this.#emitIfOpen(() => this.#bridge.emit('welcome', welcome));
  }

  async #show(surface: Surface): Promise<void> {
    this.#pageKey = undefined;
    this.#surface = surface;
    if (surface !== 'workspace' && !this.#vault) this.#startVault();
    await this.#window.show(surface);
  }

  #startVault(): void {
    const vault = new VaultClient(
      this.#options.host,
      { home: this.#home.folder, origin, rpId, version },
      {
        frame: (bytes) => {
          if (this.#vault === vault) this.#toPage('vault', bytes);
        },
        badMessage: () => this.#log({ action: 'bridge.refused', detail: { peer: 'vault-host', code: 'bad-message' } }),
        died: () => {
          if (this.#vault !== vault) return;
          this.#vault = undefined;
          if (this.#session) void this.lock('vault-gone');
          else void this.#show(this.#surface);
        },
        signer: () => this.#installed?.signer,
      },
    );
    this.#vault = vault;
  }

  #requireVault(): VaultClient {
    if (!this.#vault) throw new Refusal('vault-ended', 'The part of Wardmux that holds your keys has ended. Try again in a moment.');
    return this.#vault;
  }

  // ---------------------------------------------------------------- frames: the gate

  #toPage(peer: Peer, bytes: Uint8Array): void {
    if (peer === 'pty' && !this.#session) return;
    void this.#window.postFrame(peer, bytes).catch(() => {});
  }

  #fromPage(peer: Peer, bytes: Uint8Array): void {
    if (peer === 'vault') this.#vault?.frame(bytes);
    else if (this.#session && this.#surface === 'workspace') this.#pty.frame(bytes);
  }

  #emitIfOpen(emit: () => void): void {
    if (this.#session && this.#surface === 'workspace' && this.#pageKey) emit();
  }

  #notice(level: 'ok' | 'warn' | 'stop', sentence: string, pane?: number): void {
    this.#emitIfOpen(() => this.#bridge.emit('notice', { level, sentence, ...(pane === undefined ? {} : { pane }) }));
  }

  // ---------------------------------------------------------------- requests

  #handlers(): Handlers {
    return {
      hello: async ({ publicKey }) => {
        const key = new Uint8Array(Buffer.from(publicKey, 'base64'));
        const peer = await this.#requireVault().connect(key);
        this.#pageKey = key;
        this.#bridge.emit('display', this.#display.value);
        this.#bridge.emit('channel', { peer: 'vault', publicKey: base64(peer) });
        if (this.#surface === 'workspace' && this.#session) {
          this.#pty.start();
          const attached = await this.#pty.attach(key, this.#session.person.id, this.#session.method);
          this.#attached = attached.panes;
          this.#bridge.emit('channel', { peer: 'pty', publicKey: base64(attached.publicKey) });
          const view = this.#workspace.view;
          if (view) this.#bridge.emit('view', view);
          this.#bridge.emit('status', this.#status());
          for (const flag of this.#startFlags.splice(0)) this.#notice('warn', flag);
        }
        return {};
      },
      activity: async ({ kind }) => {
        const cause = this.#lock.input(kind, this.#options.clock.now());
        if (cause && this.#session) void this.lock(cause);
        this.#emitIfOpen(() => this.#bridge.emit('status', this.#status()));
        return {};
      },
      'display.set': async (change) => {
        this.#bridge.emit('display', this.#display.change(change as Partial<Display>));
        return {};
      },

      'setup.facts': async () => ({
        workstation: this.#workstationName(),
        home: this.#home.folder,
        auditKeyPath: defaultAuditKeyPath(this.#options.env),
        secretStore: await secretStoreFacts(this.#home),
      }),
      'setup.create': async ({ name, auditKeyPath }) => {
        const created = await this.#requireVault().ask({ type: 'createPerson', name, auditKeyPath }, 'created');
        await this.#openInstalled();
        const installed = this.#requireInstalled();
        this.#log({ action: 'first-run', person: created.person, detail: { auditKeys: [created.auditKid], policySha256: installed.policy.sha256 } });
        this.#log({ action: 'app.start', detail: { version, host: this.#options.host.name } });
        return { person: created.person, auditKeyPath: created.auditKeyPath, auditKid: created.auditKid };
      },
      'setup.passkeyOptions': async () => (await this.#requireVault().ask({ type: 'enrolOptions' }, 'options')).options,
      'setup.passkeyVerify': async ({ response }) => (await this.#requireVault().ask({ type: 'enrolVerify', response }, 'options')).options,
      'setup.passkeyProve': async ({ response, label }) => {
        const { slot } = await this.#requireVault().ask({ type: 'enrolProve', response, label }, 'enrolled');
        const person = this.#people()[0];
        if (person) this.#log({ action: 'passkey.enrolled', person: person.id, detail: { slot } });
        return { slot };
      },
      'setup.finish': async () => {
        const person = this.#people()[0];
        if (!person) throw new Refusal('not-initialised', 'The first step is not done yet: give your name and a passphrase.');
        await this.#unlocked(person.id, 'passphrase');
        return {};
      },

      'lock.facts': async () => ({
        workstation: this.#workstationName(),
        banner: this.#installed?.policy.policy.workstation.banner ?? '',
        lockedAt: this.#lockedAt,
        people: this.#people().map((person) => ({
          id: person.id,
          masked: mask(person.name),
          methods: [...new Set(person.slots.map((slot) => (slot.type === 'passkey-prf' ? ('passkey' as const) : ('passphrase' as const))))],
        })),
        flags: [...this.#degraded(), ...this.#startFlags],
        backOffSeconds: Math.max(0, ...this.#people().map(({ id }) => shownBackoff(this.#home, id, 'passphrase').waitSeconds)),
        failures: this.#failures,
      }),
      'lock.passphrase': async ({ person }) => {
        await this.#unlock(person, 'passphrase', () => this.#requireVault().ask({ type: 'unlockPassphrase', person }, 'unlocked'));
        return {};
      },
      'lock.passkeyOptions': async ({ person }) => (await this.#requireVault().ask({ type: 'passkeyOptions', person }, 'options')).options,
      'lock.passkey': async ({ person, response }) => {
        await this.#unlock(person, 'passkey', () => this.#requireVault().ask({ type: 'unlockPasskey', person, response }, 'unlocked'));
        return {};
      },

      'workspace.size': async ({ cols, rows }) => {
        this.#open();
        this.#workspace.resize(cols, rows);
        return {};
      },
      'workspace.attach': async () => {
        this.#open();
        const vault = this.#requireVault();
        for (const { pane, recording, outputBytes } of this.#attached.splice(0)) {
          void vault
            .ask({ type: 'replay', pane, recording, upTo: outputBytes }, 'replayed')
            .catch((error: unknown) => this.#notice('warn', sentenceOf(error), pane));
        }
        return {};
      },
      command: async ({ line, pane }) => {
        this.#open();
        const message = this.#workspace.command(line, pane);
        return message === undefined ? {} : { message };
      },
      ack: async ({ pane, parsed }) => {
        this.#pty.ack(pane, parsed);
        return {};
      },
      lock: async () => {
        void this.lock('hotkey');
        return {};
      },
      'export.start': async ({ pane, folder }) => this.#exportPane(pane, folder),
      'verify.pane': async ({ pane }) => this.#verifyPane(pane),
    };
  }

  /** Asks the vault host to open an identity, and opens the workspace. Refusals are events and keep their sentence. */
  async #unlock(person: string, method: Session['method'], open: () => Promise<unknown>): Promise<void> {
    try {
      await open();
    } catch (error) {
      this.#failures++;
      const code = error instanceof Refusal ? error.code : 'error';
      const reason = unlockFailures.includes(code) ? code : code === 'vault-ended' ? 'vault-gone' : 'error';
      this.#log({ action: 'unlock', outcome: 'failure', detail: { method, reason, failures: this.#failures } });
      throw error;
    }
    // The page that asked is replaced by the workspace: it gets its answer first.
    queueMicrotask(() => void this.#unlocked(person, method).catch((error: unknown) => this.#options.say(sentenceOf(error))));
  }

  /** For requests that only an open workspace may make. */
  #open(): Session {
    if (!this.#session) throw new Refusal('locked', 'Wardmux is locked.');
    return this.#session;
  }

  async #exportPane(pane: number, folder: string | undefined): Promise<{ folder: string; records: number; sha256: string }> {
    this.#open();
    const recording = this.#workspace.recording(pane);
    if (!recording) throw new Refusal('no-recording', 'This pane has no recording to export.');
    const target = folder || defaultExportFolder(this.#options.env, recording);
    // What the bundle proves has to be in the signed ledger first.
    await this.#pty.checkpoint();
    await this.#installed?.ledger.checkpoint();
    // The vault host enters the export in the ledger itself, as the command line does.
    const { folder: written, records, sha256 } = await this.#requireVault().ask({ type: 'export', recording, folder: target }, 'exported');
    return { folder: written, records, sha256 };
  }

  async #verifyPane(pane: number): Promise<{ good: boolean; sentence: string }> {
    this.#open();
    const recording = this.#workspace.recording(pane);
    if (!recording || !this.#installed) throw new Refusal('no-recording', 'This pane has no recording to verify.');
    await this.#pty.checkpoint();
    const result = await verifyAgainstLedger(this.#home, this.#installed.ledger, recording);
    this.#log({
      action: 'verify',
      person: this.#session?.person.id,
      outcome: result.good ? 'success' : 'failure',
      detail: { target: 'recording', recording, code: result.code },
    });
    return { good: result.good, sentence: result.sentence };
  }

  // ---------------------------------------------------------------- what can go wrong

  #ptyHostDied(): void {
    this.#log({ action: 'pty-host.exit', detail: {} });
    this.#workspace.allGone(
      'The process that ran this shell has ended, and the shell with it. Everything up to its last whole record is sealed. Respawn starts a new shell.',
    );
    this.#notice('stop', 'The process that runs the shells has ended. Their recordings are sealed up to the last whole record.');
    if (this.#installed) {
      const { ledger } = this.#installed;
      void recoverInterrupted(this.#home, ledger).then((sentences) => {
        for (const sentence of sentences) this.#notice('warn', sentence);
      });
    }
    // The page's channel ended with the process: the workspace is drawn anew, with a new channel.
    if (this.#session) void this.#show('workspace');
  }

  #fault(sentence: string, pane: number | undefined): void {
    if (pane === undefined) this.#recordingFault = sentence;
    else this.#workspace.faulted(pane, sentence);
    this.#notice('stop', sentence, pane);
  }

  async #windowClosed(): Promise<void> {
    if (this.#stopping || !this.#windowOpen) return;
    this.#windowOpen = false;
    await this.lock('window-closed');
    if (this.#workspace.shellCount === 0) return void this.stop('closed');
    this.#options.say(
      `the window is closed. ${this.#workspace.shellCount} shell(s) run on, locked and recorded. Start Wardmux again to come back, or press ctrl-c here to end them.`,
    );
  }

  /** Locks and closes the window; the shells run on. */
  async #detach(): Promise<void> {
    await this.lock('command');
    await this.#window.close();
    await this.#windowClosed();
  }

  /** Brings a closed window back, at the lock page. */
  async reopen(): Promise<void> {
    if (this.#windowOpen) return;
    await this.#openWindow(this.#options.rendererFolder);
    await this.#show(this.#installed ? 'lock' : 'setup');
  }

  /** A line of the private socket. Nothing here opens anything. */
  async remote(command: SocketCommand): Promise<Record<string, unknown>> {
    if (command === 'lock') await this.lock('command');
    if (command === 'show') await this.reopen();
    return {
      state: this.#session ? 'unlocked' : this.#installed ? 'locked' : 'first-run',
      shells: this.#workspace.shellCount,
      host: this.#options.host.name,
      version,
      pid: process.pid,
    };
  }

  socketRefused(): void {
    this.#log({ action: 'bridge.refused', detail: { peer: 'socket', code: 'bad-message' } });
  }

  // ---------------------------------------------------------------- facts

  #owner(): { person: string; recipients: Recipient[] } {
    const { person } = this.#open();
    const auditKeys = this.#installed?.policy.policy.auditKeys ?? [];
    return {
      person: person.id,
      recipients: [
        { kid: thumbprint(person.encryptionKey), role: 'owner', jwk: person.encryptionKey },
        ...auditKeys.map(({ kid, jwk }) => ({ kid, role: 'audit' as const, jwk })),
      ],
    };
  }

  #ptyConfiguration(): ConstructorParameters<typeof PtyClient>[1] extends () => infer C ? C : never {
    const { installation, policy } = this.#requireInstalled();
    const { rotateMinutes, rotateMebibytes, reserveMebibytes } = policy.policy.recording;
    return {
      recordingsFolder: this.#home.recordings,
      installation: installation.id,
      policySha256: policy.sha256,
      rotateMinutes,
      rotateMebibytes,
      reserveMebibytes,
      version,
    };
  }

  #requireInstalled(): Installed {
    if (!this.#installed) throw new Error('the first run is not done');
    return this.#installed;
  }

  #people(): PersonRecord[] {
    return listPeople(this.#home).flatMap((id) => readPerson(this.#home, id) ?? []);
  }

  #workstationName(): string {
    return this.#installed?.policy.policy.workstation.name ?? hostname();
  }

  /** What the lock page may say about this machine: no cause, no host, no text of a pane. */
  #degraded(): string[] {
    const flags: string[] = [];
    if (this.#ledgerFault) flags.push('The ledger cannot be written.');
    if (this.#recordingFault) flags.push('Recording has a fault.');
    return flags;
  }

  #status(): StatusView {
    const { person } = this.#open();
    const now = this.#options.clock.now();
    const { lockIn = 0, idleSeconds = 0, warning = true } = this.#lock.view(now) ?? {};
    const events = this.#installed?.ledger.events ?? 0;
    return {
      person: person.name,
      role: person.roles[0] ?? '',
      recording: this.#recordingFault
        ? { level: 'stop', word: 'not sealed', sealedBytes: this.#sealedBytes }
        : { level: 'seal', word: 'sealed', sealedBytes: this.#sealedBytes },
      ledger: this.#ledgerFault ? { level: 'stop', word: 'ledger stopped', events } : { level: 'ok', word: 'ledger', events },
      lockIn,
      idleSeconds,
      warning,
    };
  }

  // ---------------------------------------------------------------- ledger

  #log(entry: Omit<LedgerEntry, 'person'> & { readonly person?: string | undefined }): void {
    const { person, ...rest } = entry;
    this.#installed?.ledger.append(person === undefined ? rest : { ...rest, person }).catch((error: unknown) => {
      this.#ledgerFault = sentenceOf(error);
      this.#notice('stop', this.#ledgerFault);
      this.#options.say(this.#ledgerFault);
    });
  }

  async #checkpointQuietly(): Promise<void> {
    try {
      await this.#installed?.ledger.checkpoint();
    } catch (error) {
      this.#ledgerFault = sentenceOf(error);
    }
  }

  /** Ends everything in good order: shells, recordings, ledger, window. */
  async stop(reason: 'closed' | 'signal' | 'shutdown'): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#stopTicking();
    this.#session = undefined;
    await this.#pty.stop();
    await this.#vault?.kill();
    this.#log({ action: 'app.stop', detail: { reason } });
    await this.#checkpointQuietly();
    await this.#installed?.ledger.close();
    await this.#options.host.quit();
    this.#finished(0);
  }
}

/** "Mara Ueda" becomes "M. U.": what a passer-by may read on the lock page. */
export function mask(name: string): string {
  return name
    .split(/\s+/)
    .filter(Boolean)
    .map((part) => `${[...part][0]?.toUpperCase() ?? ''}.`)
    .join(' ');
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.';
}

/**
 * Runs the app until it is over: one instance for a data folder, the private socket, ctrl-c. Used by every host.
 * @returns the exit status: 0 ended in good order, 3 another Wardmux has this data folder (its window is brought back).
 */
export async function runApp(
  host: Host,
  options: { readonly home: string; readonly rendererFolder: string; readonly say?: (line: string) => void },
): Promise<number> {
  const say = options.say ?? (() => {});
  const path = socketPath(options.home);
  const running = await askApp(path, 'show').catch(() => undefined);
  if (running) {
    say(`Wardmux is already running with ${options.home}; its window was brought back, at the lock.`);
    await host.quit();
    return 3;
  }
  // Nobody answers there: what is left of a run that was killed.
  rmSync(path, { force: true });
  const app = await App.start({ ...options, host });
  const socket = await listen({ path, handle: (command) => app.remote(command), refused: () => app.socketRefused() });
  const end = (): void => void app.stop('signal');
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  process.once('SIGHUP', end);
  const code = await app.finished;
  await socket.close();
  return code;
}
