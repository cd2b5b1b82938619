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
import { sweepPartials } from '../src/export/partial.ts';
import { noticeEntry } from '../src/ledger/notice.ts';
import { CheckpointScheduler } from '../src/ledger/scheduler.ts';
import type { InstallationSigner, LedgerEntry } from '../src/ledger/types.ts';
import { loadPolicy, type LoadedPolicy } from '../src/policy/index.ts';
import type { Recipient } from '../src/recording/types.ts';
import { openHome, openSigner, readInstallation, storeWeakness, type Home, type Installation } from '../src/storage/index.ts';
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

/** A page or a process that dies this often in this time (ms) will not stand by being started once more. */
const RESTARTS = { most: 5, within: 60_000 };

/** Passkeys that opened nothing, in this time (ms): each is an event on the disk, so a page does not get to enter more of them. */
const UNUSED_PASSKEYS = { most: 5, within: 60_000 };

/** How long the machine's idle time is waited for. Two calls over the bus take 1 s at most. */
const HOST_IDLE_MS = 1500;

/** At the end a change of the window that is under way gets this long: a lock takes a tenth of it. */
const CHANGE_MS = 2000;

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
  /** An unlock under way. A lock forgets it, and then it opens nothing. */
  #opening: symbol | undefined;
  /** The first run's vault host, which holds the new person's identity open until the first run is finished or left. */
  #created: VaultClient | undefined;
  /** Counts what decides about the window: a page whose number has passed is not missed. */
  #shows = 0;
  #restarts: number[] = [];
  #pageKey: Uint8Array | undefined;
  #attached: { readonly pane: number; readonly recording: string; readonly outputBytes: number }[] = [];
  #lockedAt: string | null = null;
  #lastUnlock: string | null = null;
  #failures = 0;
  /** The lock page has been given options for a passkey, and has not said yet how that went. */
  #passkeyAsked = false;
  #unusedPasskeys: number[] = [];
  /** Something was copied in the workspace, and no lock page has cleared the clipboard since. */
  #copied = false;
  #sealedBytes = 0;
  #recordingFault: string | undefined;
  /** Something was not sealed or not entered: the exit status says so. */
  #faulty = false;
  #ledgerFault: string | undefined;
  /** The first page stands: commands of the private socket have something to act on. */
  #started = false;
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
      notice: (notice) => {
        if (notice.kind === 'failed') {
          this.#faulty = true;
          this.#recordingFault = `Recording ${notice.recording} has stopped.`;
        }
        this.#log(noticeEntry(notice));
      },
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
      lock: () => void this.lock('command'),
      detach: () => void this.#detach(),
      exportPane: (pane) =>
        void this.#exportPane(pane, undefined).then(
          ({ folder }) => this.#notice('ok', `Exported to ${folder}.`, pane),
          (error: unknown) => this.#notice('stop', sentenceOf(error), pane),
        ),
      verifyPane: (pane) =>
        void this.#verifyPane(pane).then(
          ({ good, sentence }) => this.#notice(good ? 'ok' : 'stop', sentence, pane),
          (error: unknown) => this.#notice('stop', sentenceOf(error), pane),
        ),
      env,
      now: () => clock.now(),
    });
    this.#bridge = new BridgeServer({
      handlers: this.#handlers(),
      surface: () => this.#surface,
      post: (text) => this.#window.post(text),
      document: () => this.#shows,
      refused: (code, request) =>
        this.#log({ action: 'bridge.refused', detail: { surface: this.#surface, peer: 'page', code, ...(request ? { request } : {}) } }),
      now: () => clock.now(),
    });
  }

  static async start(options: AppOptions): Promise<App> {
    const app = App.create(options);
    await app.open();
    return app;
  }

  /** The app, before anything of it is open: `stop` can be called from now on. */
  static create(options: AppOptions): App {
    return new App(options);
  }

  // For the tests and the bench: what they cannot see from outside.
  get window(): HostWindow {
    return this.#window;
  }
  get stopping(): boolean {
    return this.#stopping;
  }
  get surface(): Surface {
    return this.#surface;
  }
  get processes(): { readonly pty: number | undefined; readonly vault: number | undefined } {
    return { pty: this.#pty.pid, vault: this.#vault?.pid };
  }

  /** Opens the window at the lock page or the first run. @throws Error with a sentence; nothing is left open then but the host. */
  async open(): Promise<void> {
    const { host, clock } = this.#options;
    await this.#openInstalled();
    if (this.#installed) this.#startFlags.push(...(await recoverInterrupted(this.#home, this.#installed.ledger)));
    this.#sweepExports();
    if (this.#stopping) return;
    this.#log({ action: 'app.start', detail: { version, host: host.name } });
    await this.#openWindow();
    if (this.#stopping) return;
    host.onSignal((signal) => {
      if (signal === 'shutdown') void this.stop('shutdown');
      else void this.lock(signal);
    });
    this.#stopTicking = clock.every(1000, () => void this.tick().catch((error: unknown) => this.doubt(error)));
    // The first page is shown in turn too, but a start that cannot show it has failed.
    let failed: Error | undefined;
    await this.#change(() => this.#show(this.#closedSurface()).catch((error: unknown) => void (failed = asError(error))));
    if (failed) throw failed;
    this.#started = true;
  }

  async #openWindow(): Promise<void> {
    const window = await this.#options.host.open({ rendererFolder: this.#options.rendererFolder });
    this.#window = window;
    this.#windowOpen = true;
    window.onMessage((text) => {
      if (window === this.#window) void this.#bridge.receive(text);
    });
    window.onFrame((peer, bytes) => {
      if (window === this.#window) this.#fromPage(peer, bytes);
    });
    window.onRendererGone(() => {
      if (window !== this.#window || this.#stopping) return;
      this.#log({ action: 'renderer.exit', detail: { surface: this.#surface } });
      if (this.#holdsKey()) void this.lock('renderer-gone');
      else this.#showAgain('The page of the window ends each time it is shown.');
    });
    window.onClosed(() => {
      if (window === this.#window) void this.#windowClosed();
    });
  }

  /** What is shown while nothing is open. */
  #closedSurface(): Surface {
    return this.#installed ? 'lock' : 'setup';
  }

  /** True while a private key of a person is, or may be about to be, in the vault host. */
  #holdsKey(): boolean {
    return this.#session !== undefined || this.#opening !== undefined || this.#created !== undefined;
  }

  /** One change of the window after another. It never rejects: a page that could not be shown holds up no later lock. */
  #change(what: () => Promise<void>): Promise<void> {
    this.#changing = this.#changing.then(what).catch((error: unknown) => this.#pageless(error));
    return this.#changing;
  }

  /** Shows the closed page anew, unless that has not helped several times in a row. */
  #showAgain(trouble: string): void {
    const now = this.#options.clock.now();
    this.#restarts = [...this.#restarts.filter((at) => now - at < RESTARTS.within), now];
    if (this.#restarts.length > RESTARTS.most) return this.#pageless(new Error(trouble));
    void this.#change(() => this.#show(this.#closedSurface()));
  }

  /** Something failed that nobody was waiting for, so nobody knows what state it left: the app locks. */
  doubt(error: unknown): void {
    if (this.#stopping) return;
    this.#options.say(sentenceOf(error));
    if (this.#holdsKey()) void this.lock('unknown');
  }

  /** A page does not stand. Where even the lock's does not, the window is closed: one that shows nothing tells nothing. */
  #pageless(error: unknown): void {
    const open = this.#holdsKey();
    this.doubt(error);
    if (!open && this.#windowOpen && !this.#stopping) void this.#window.close().catch(() => {});
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
    const hostIdle = this.#holdsKey() ? await this.#hostIdle() : undefined;
    // Read after the wait: an input meanwhile is newer than a time from before it, and that looks like a clock that runs back.
    const now = this.#options.clock.now();
    const cause = this.#lock.tick(now, hostIdle);
    if (cause && this.#holdsKey()) await this.lock(cause);
    this.#emitIfOpen(() => this.#bridge.emit('status', this.#status()));
    await this.#installed?.scheduler.tick(now);
  }

  /** The machine's idle time. A host that does not answer is one that cannot tell: the lock does not wait for it. */
  async #hostIdle(): Promise<number | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), HOST_IDLE_MS)));
    try {
      return await Promise.race([this.#options.host.idleSeconds(), silence]);
    } finally {
      clearTimeout(timer);
    }
  }

  // ---------------------------------------------------------------- lock and unlock

  /** Closes the gate at once; resolves when renderer and keys are gone and the lock page stands. Never rejects. */
  lock(cause: LockCause): Promise<void> {
    if (!this.#holdsKey() || this.#stopping) return this.#changing;
    const person = this.#session?.person.id;
    const wasOpen = this.#session !== undefined;
    this.#session = undefined;
    this.#opening = undefined;
    this.#created = undefined;
    this.#attached = [];
    this.#shows++;
    this.#surface = 'lock';
    this.#lock.locked(cause, this.#options.clock.now());
    this.#lockedAt = new Date().toISOString();
    const blanked = this.#window.blank().catch(() => {});
    // The keys go now, and not after whatever else is being changed.
    const killed = this.#vault?.kill();
    this.#vault = undefined;
    return this.#change(async () => {
      // A pty host that does not answer could still be showing: it is ended, and the recordings with it.
      const detached = wasOpen ? this.#pty.detach(cause).catch(() => this.#pty.kill9()) : undefined;
      await Promise.all([blanked, killed, detached]);
      this.#log({ action: 'lock', person, detail: { cause } });
      this.#sweepExports();
      await this.#checkpointQuietly();
      await this.#show('lock');
    });
  }

  /** Opens the workspace for an identity that the vault host has opened, if nobody has locked since `attempt` began. */
  #unlocked(attempt: symbol, person: string, method: Session['method']): Promise<void> {
    return this.#change(async () => {
      if (this.#opening !== attempt || this.#stopping || !this.#vault) return;
      const record = readPerson(this.#home, person);
      if (!record) throw new Error(`The person ${person} is not in ${this.#home.people} any more. Restore it from a backup.`);
      const failures = this.#failures;
      if (!this.#lock.unlocked(method, this.#options.clock.now())) throw new Error('The idle timer does not run, so Wardmux stays locked. Unlock again.');
      this.#session = { person: record, method };
      this.#opening = undefined;
      this.#created = undefined;
      this.#failures = 0;
      this.#log({ action: 'unlock', person, outcome: 'success', detail: { method, failures } });
      const welcome = { lastUnlock: this.#lastUnlock, failures };
      this.#lastUnlock = new Date().toISOString();
      await this.#show('workspace');
      this.#emitIfOpen(() => this.#bridge.emit('welcome', welcome));
    });
  }

  /** @throws Error when the page does not come up; where something else has decided about the window meanwhile it is quiet. */
  async #show(surface: Surface): Promise<void> {
    if (!this.#windowOpen || this.#stopping) return;
    // The workspace is for an open session only, whoever asked for it and whatever came in between.
    if (surface === 'workspace' && !this.#session) return;
    const number = ++this.#shows;
    this.#pageKey = undefined;
    this.#surface = surface;
    if (surface !== 'workspace' && !this.#vault) this.#startVault();
    try {
      await this.#window.show(surface);
    } catch (error) {
      if (number === this.#shows && this.#windowOpen && !this.#stopping) throw error;
    }
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
        died: (exit) => {
          if (this.#vault !== vault) return;
          this.#vault = undefined;
          if (this.#stopping) return;
          this.#log({ action: 'vault-host.exit', detail: exit });
          if (this.#holdsKey()) void this.lock('vault-gone');
          else this.#showAgain('The part of Wardmux that holds the keys ends each time it is started.');
        },
        // An export is all that the vault host signs for, and at the lock nobody exports.
        signer: () => (this.#session ? this.#installed?.signer : undefined),
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
        const shown = this.#shows;
        const peer = await this.#requireVault().connect(key);
        // Another page stands there now, or none: it has a key of its own.
        if (shown !== this.#shows) throw new Refusal('replaced', 'This page was replaced.');
        this.#pageKey = key;
        this.#bridge.emit('display', this.#display.value);
        this.#bridge.emit('channel', { peer: 'vault', publicKey: base64(peer) });
        if (this.#surface === 'workspace' && this.#session) {
          this.#pty.start();
          const attached = await this.#pty.attach(key, this.#session.person.id, this.#session.method);
          if (shown !== this.#shows) throw new Refusal('replaced', 'This page was replaced.');
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
        if (cause && this.#holdsKey()) void this.lock(cause);
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
        const vault = this.#requireVault();
        const created = await vault.ask({ type: 'createPerson', name, auditKeyPath }, 'created');
        if (this.#vault === vault) this.#created = vault;
        await this.#openInstalled();
        const installed = this.#requireInstalled();
        // The new identity is open in the vault host: from here on an unattended first run locks like a workspace.
        if (this.#created === vault) this.#lock.unlocked('passphrase', this.#options.clock.now());
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
        // Only the vault host that has made this person holds the identity open: nothing else may open the workspace here.
        if (!person || !this.#created || this.#created !== this.#vault)
          throw new Refusal('not-initialised', 'The first step is not done yet: give your name and a passphrase.');
        const attempt = (this.#opening = Symbol('first run'));
        queueMicrotask(() => void this.#unlocked(attempt, person.id, 'passphrase'));
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
        clearClipboard: this.#copied,
      }),
      'lock.clipboardCleared': async () => {
        this.#copied = false;
        return {};
      },
      'lock.passphrase': async ({ person }) => {
        await this.#unlock(person, 'passphrase', () => this.#requireVault().ask({ type: 'unlockPassphrase', person }, 'unlocked'));
        return {};
      },
      'lock.passkeyOptions': async ({ person }) => {
        const { options } = await this.#requireVault().ask({ type: 'passkeyOptions', person }, 'options');
        this.#passkeyAsked = true;
        return options;
      },
      'lock.passkeyUnused': async ({ reason }) => {
        if (!this.#passkeyAsked) throw new Refusal('not-asked', 'No passkey was asked for.');
        this.#passkeyAsked = false;
        this.#passkeyUnused(`passkey-${reason}`);
        return {};
      },
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
      'clipboard.copied': async () => {
        this.#open();
        const clearedAtLock = this.#installed?.policy.policy.lock.clearClipboard ?? true;
        this.#copied = clearedAtLock;
        return { clearedAtLock };
      },
      'export.start': async ({ pane, folder }) => this.#exportPane(pane, folder),
      'verify.pane': async ({ pane }) => this.#verifyPane(pane),
    };
  }

  /** Asks the vault host to open an identity, and opens the workspace. Refusals are events and keep their sentence. */
  async #unlock(person: string, method: Session['method'], open: () => Promise<unknown>): Promise<void> {
    if (this.#opening) throw new Refusal('busy', 'An attempt is being looked at. Wait a moment.');
    const attempt = (this.#opening = Symbol('unlock'));
    try {
      await open();
      if (this.#opening !== attempt) throw new Refusal('locked', 'Wardmux was locked in the meantime. Try again.');
    } catch (error) {
      if (this.#opening === attempt) this.#opening = undefined;
      this.#failures++;
      const code = error instanceof Refusal ? error.code : 'error';
      const reason = unlockFailures.includes(code) ? code : code === 'vault-ended' ? 'vault-gone' : 'error';
      this.#log({ action: 'unlock', outcome: 'failure', detail: { method, reason, failures: this.#failures } });
      throw error;
    }
    // The page that asked is replaced by the workspace: it gets its answer first.
    queueMicrotask(() => void this.#unlocked(attempt, person, method));
  }

  /** Only the page can tell of this, so it counts for nothing: neither for the delays nor for the failures that are shown. */
  #passkeyUnused(reason: 'passkey-not-used' | 'passkey-no-secret'): void {
    const now = this.#options.clock.now();
    const recent = this.#unusedPasskeys.filter((at) => now - at < UNUSED_PASSKEYS.within);
    // One more than the most is kept, so that the event about the flood comes once.
    if (recent.length > UNUSED_PASSKEYS.most) return;
    this.#unusedPasskeys = [...recent, now];
    if (recent.length < UNUSED_PASSKEYS.most) this.#log({ action: 'unlock', outcome: 'failure', detail: { method: 'passkey', reason } });
    else this.#log({ action: 'bridge.refused', detail: { surface: 'lock', peer: 'page', code: 'too-many', request: 'lock.passkeyUnused' } });
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

  /** The lock and the end kill the vault host, also in the middle of an export: what that had written in the clear does not stay. */
  #sweepExports(): void {
    for (const { recording, removed, sentence, brief } of sweepPartials(this.#home.run)) {
      if (!this.#startFlags.includes(brief)) this.#startFlags.push(brief);
      this.#options.say(sentence);
      if (removed && recording !== undefined) this.#log({ action: 'export', outcome: 'failure', detail: { recording, code: 'cut-off' } });
    }
  }

  #ptyHostDied(): void {
    this.#log({ action: 'pty-host.exit', detail: {} });
    this.#workspace.allGone(
      'The process that ran this shell has ended, and the shell with it. Everything up to its last whole record is sealed. Respawn starts a new shell.',
    );
    this.#notice('stop', 'The process that runs the shells has ended. Their recordings are sealed up to the last whole record.');
    if (this.#installed) {
      const { ledger } = this.#installed;
      void recoverInterrupted(this.#home, ledger).then(
        (sentences) => {
          for (const sentence of sentences) this.#notice('warn', sentence);
        },
        (error: unknown) => this.#notice('warn', sentenceOf(error)),
      );
    }
    if (!this.#session) return;
    const now = this.#options.clock.now();
    this.#restarts = [...this.#restarts.filter((at) => now - at < RESTARTS.within), now];
    if (this.#restarts.length > RESTARTS.most) return this.#pageless(new Error('The process that runs the shells ends each time it is started.'));
    // The page's channel ended with the process: the workspace is drawn anew, with a new channel.
    void this.#change(() => this.#show('workspace'));
  }

  #fault(sentence: string, pane: number | undefined): void {
    // A recording that stops tells so by its own notice; what comes here is a warning, such as a disk that fills.
    if (pane !== undefined) this.#workspace.faulted(pane, sentence);
    this.#notice(pane === undefined ? 'warn' : 'stop', sentence, pane);
  }

  async #windowClosed(): Promise<void> {
    if (this.#stopping || !this.#windowOpen) return;
    this.#windowOpen = false;
    await this.lock('window-closed');
    if (this.#stopping || this.#windowOpen) return;
    // The first run is left, or the lock page is closed: no page needs a vault host now.
    await this.#vault?.kill();
    this.#vault = undefined;
    if (this.#workspace.shellCount === 0) return void this.stop('closed');
    this.#options.say(
      `the window is closed. ${this.#workspace.shellCount} shell(s) run on, locked and recorded. Start Wardmux again to come back, or press ctrl-c here to end them.`,
    );
  }

  /** Locks and closes the window; the shells run on. */
  async #detach(): Promise<void> {
    await this.lock('command');
    await this.#window.close();
  }

  /** Brings a closed window back, at the lock page. */
  reopen(): Promise<void> {
    return this.#change(async () => {
      if (this.#windowOpen || this.#stopping) return;
      await this.#openWindow();
      await this.#show(this.#closedSurface());
    });
  }

  /** A line of the private socket. Nothing here opens anything. */
  async remote(command: SocketCommand): Promise<Record<string, unknown>> {
    if (command === 'lock') await this.lock('command');
    if (command === 'show' && this.#started) await this.reopen();
    return {
      window: this.#windowOpen || !this.#started,
      state: !this.#started ? 'starting' : this.#session ? 'unlocked' : this.#installed ? 'locked' : 'first-run',
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
    const note = this.#installed && storeWeakness(this.#installed.installation.secretStore, this.#home);
    return {
      person: person.name,
      role: person.roles[0] ?? '',
      recording: this.#recordingFault
        ? { level: 'stop', word: 'a recording stopped', sealedBytes: this.#sealedBytes }
        : { level: 'seal', word: 'sealed', sealedBytes: this.#sealedBytes },
      ledger: this.#ledgerFault ? { level: 'stop', word: 'ledger stopped', events } : { level: 'ok', word: 'ledger', events, ...(note ? { note } : {}) },
      lockIn,
      idleSeconds,
      warning,
    };
  }

  // ---------------------------------------------------------------- ledger

  #log(entry: Omit<LedgerEntry, 'person'> & { readonly person?: string | undefined }): void {
    const { person, ...rest } = entry;
    this.#installed?.ledger.append(person === undefined ? rest : { ...rest, person }).catch((error: unknown) => {
      this.#faulty = true;
      this.#ledgerFault = sentenceOf(error);
      this.#notice('stop', this.#ledgerFault);
      this.#options.say(this.#ledgerFault);
    });
  }

  async #checkpointQuietly(): Promise<void> {
    try {
      await this.#installed?.ledger.checkpoint();
    } catch (error) {
      this.#faulty = true;
      this.#ledgerFault = sentenceOf(error);
    }
  }

  /**
   * Ends everything in good order: window, keys, shells, recordings, ledger. What fails is said, and the rest is ended all
   * the same. `finished` then gives 0, or 1 where something was not sealed, not entered, or did not end.
   */
  async stop(reason: 'closed' | 'signal' | 'shutdown'): Promise<void> {
    if (this.#stopping) return void (await this.finished);
    this.#stopping = true;
    this.#stopTicking();
    this.#session = undefined;
    this.#opening = undefined;
    this.#created = undefined;
    this.#attached = [];
    this.#shows++;
    const vault = this.#vault;
    this.#vault = undefined;
    const attempt = async (step: () => unknown): Promise<void> => {
      try {
        await step();
      } catch (error) {
        this.#faulty = true;
        this.#options.say(sentenceOf(error));
      }
    };
    // Nothing of a pane stays on the screen while shells and recordings take their time to end.
    await Promise.all([attempt(() => this.#windowOpen && this.#window.blank()), attempt(() => vault?.kill()), attempt(() => this.#pty.stop())]);
    // A lock that was under way is entered too; what hangs is not waited for.
    await Promise.race([this.#changing, new Promise((resolve) => setTimeout(resolve, CHANGE_MS).unref())]);
    await attempt(() => this.#sweepExports());
    this.#log({ action: 'app.stop', detail: { reason } });
    await this.#checkpointQuietly();
    await attempt(() => this.#installed?.ledger.close());
    await attempt(() => this.#options.host.quit());
    this.#finished(this.#faulty ? 1 : 0);
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

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('Something went wrong.');
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
  const running = await askApp(path, 'show').catch((error: NodeJS.ErrnoException) => {
    // Nobody answers: what a run left that was killed. Everything else but nothing at all is an app that hangs.
    if (error.code === 'ECONNREFUSED') rmSync(path, { force: true });
    else if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (running) {
    const back =
      running['window'] === false
        ? 'its window could not be brought back: look at the terminal where it was started'
        : 'its window was brought back, at the lock';
    say(`Wardmux is already running with ${options.home}; ${back}.`);
    await host.quit();
    return 3;
  }
  const app = App.create({ ...options, host, say });
  const end = (): void => void app.stop('signal');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  const release = guard(app);
  let socket: { close(): Promise<void> } | undefined;
  try {
    // Before anything is opened, so that a second start in the same seconds finds the first one.
    socket = await listen({ path, handle: (command) => app.remote(command), refused: () => app.socketRefused() });
    await app.open();
    return await app.finished;
  } catch (error) {
    // ctrl-c while the window was being opened is no failure.
    if (app.stopping) return await app.finished;
    await app.stop('closed');
    throw error;
  } finally {
    await socket?.close();
    release();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, end);
  }
}

/**
 * The last net: a failure that nothing caught locks the app. It is named by its kind only, because nobody knows what its
 * message holds.
 */
function guard(app: App): () => void {
  const caught = (error: unknown): void => {
    const kind = error instanceof Error ? error.name : typeof error;
    const at = /\((?:file:\/\/)?[^)]*?([\w.-]+:\d+:\d+)\)/.exec(error instanceof Error ? (error.stack?.split('\n    at ').slice(1).join('\n') ?? '') : '')?.[1];
    app.doubt(
      new Error(`a part of Wardmux failed unexpectedly (${kind}${at ? ` at ${at}` : ''}), so it locked. If it happens again, close and start Wardmux.`),
    );
  };
  // A terminal that is gone takes no more sentences; that is no reason for another one.
  const silent = (): void => {};
  process.stderr.on('error', silent);
  process.stdout.on('error', silent);
  process.on('uncaughtException', caught);
  process.on('unhandledRejection', caught);
  return () => {
    process.off('uncaughtException', caught);
    process.off('unhandledRejection', caught);
  };
}
