/**
 * The app: wires window, pty host, vault host, ledger, lock and multiplexer together, opens them and ends them. Over 400 lines, because
 * every part is made here and nowhere else: what was taken out would have all the others passed to it.
 */
import type { Surface } from '../src/types/words.ts';
import { denials, openDoor, type Door, type DoorName } from '../src/access/index.ts';
import { BridgeServer } from '../src/process/bridge-server.ts';
import { noticeEntry } from '../src/ledger/notice.ts';
import { readPinned } from '../src/people/pinned.ts';
import { recoverRecordings, settledInShort } from '../src/records/index.ts';
import { Revocations } from '../src/services/revocations.ts';
import { openHome, type Home } from '../src/storage/index.ts';
import { mediumOf } from '../src/disk/media.ts';
import { version } from '../src/version.ts';
import { bootClock, every, type Clock } from '../src/time/clock.ts';
import { inTime } from '../src/time/in-time.ts';
import { BreakGlass } from './break-glass.ts';
import { DisplayFile } from './display.ts';
import { evidenceOf } from './evidence.ts';
import { consentOf } from './consent.ts';
import { Gate } from './gate.ts';
import type { Host, HostWindow } from './host.ts';
import { InstalledHolder } from './installed.ts';
import { Journal } from './journal.ts';
import { keepLeases } from './lease.ts';
import { Lift } from './lift.ts';
import { LimitWatch } from '../src/native/process-limits.ts';
import { Logoff } from './logoff.ts';
import { LockController, type LockCause } from './lock-controller.ts';
import { PersonWatch } from './person-watch.ts';
import { People } from './people.ts';
import { StandingWatch } from './standing-watch.ts';
import { PolicyWatch } from './policy-watch.ts';
import { provingOf } from './proving.ts';
import { PtyClient } from './pty-client.ts';
import { Reasons } from './reasons.ts';
import { requestHandlers } from './requests/index.ts';
import type { RequestParts } from './requests/parts.ts';
import { defaultAuditKey, secretStoreFacts } from './setup-facts.ts';
import { showFolder } from './machine/show-folder.ts';
import { classRules } from '../src/policy/index.ts';
import { classRoom } from '../src/services/class-room.ts';
import { EMERGENCY_CLASS } from '../src/types/classes.ts';
import { Refusal } from '../src/types/refusal.ts';
import { SentenceError, sentenceOf } from '../src/types/sentence.ts';
import { Remote } from './remote.ts';
import { Status } from './status.ts';
import { Troubles } from './troubles.ts';
import { Slots } from './slots.ts';
import { Unlock } from './unlock.ts';
import { VaultKeeper } from './vault-keeper.ts';
import { WindowKeeper } from './window-keeper.ts';
import { PlaceFile } from './window-place.ts';
import { Workspace } from './workspace.ts';
import { Origins } from '../src/mux/origins.ts';
import { Workspaces } from './workspaces.ts';
import { WorkspaceMemory } from './workspace-memory.ts';

export interface AppOptions {
  readonly home: string;
  readonly host: Host;
  readonly rendererFolder: string;
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly say?: (line: string) => void;
}

/** How long the machine's idle time is waited for. Two calls over the bus take 1 s at most. */
const HOST_IDLE_MS = 1500;

export class App {
  readonly #options: Required<AppOptions>;
  readonly #home: Home;
  readonly #journal: Journal;
  readonly #installed: InstalledHolder;
  readonly #machine = new LockController();
  readonly #limits = new LimitWatch();
  readonly #pty: PtyClient;
  readonly #vaults: VaultKeeper;
  readonly #windows: WindowKeeper;
  readonly #gate: Gate;
  readonly #status: Status;
  readonly #policy: PolicyWatch;
  readonly #person: PersonWatch;
  readonly #standing: StandingWatch;
  readonly #revocations: Revocations;
  readonly #breakGlass: BreakGlass;
  readonly #people: People;
  readonly #workspace: Workspaces;
  readonly #bridge: BridgeServer;
  readonly #troubles: Troubles;
  /** What answers at the private socket. */
  readonly socket: Remote;
  #stopping = false;
  #stopTicking: () => void = () => {};
  #endLeases: () => void = () => {};
  #finished!: (code: number) => void;
  /** Resolves with the exit status when the app is over. */
  readonly finished: Promise<number>;

  private constructor(options: AppOptions) {
    this.#options = { clock: bootClock, env: process.env, say: () => {}, ...options };
    const { host, env, clock, say, rendererFolder } = this.#options;
    this.finished = new Promise((resolve) => (this.#finished = resolve));
    const home = (this.#home = openHome(options.home));
    const display = new DisplayFile(home);
    const now = (): number => clock.now();
    const installed = (this.#installed = new InstalledHolder({
      home,
      before: () => this.#pty.checkpoint(),
      onError: (error) => this.#journal.ledgerFailed(error),
      onDone: () => this.#journal.ledgerWritten(),
      now,
      enter: (entry) => this.#troubles.anchor(entry),
    }));
    const journal = (this.#journal = new Journal({
      ledger: () => installed.current?.ledger,
      say,
      notice: (level, sentence) => this.#gate.notice(level, sentence),
      stands: (recording) => this.#workspace.hasRecording(recording),
      now,
    }));
    const pty = (this.#pty = new PtyClient(host, () => installed.ptyConfiguration(), {
      frame: (bytes) => {
        this.#workspace.output();
        return this.#gate.toPage('pty', bytes);
      },
      exit: (pane, code, signal) => this.#workspace.exited(pane, code, signal),
      notice: (notice) => {
        if (notice.kind === 'failed') journal.recordingStopped(notice.recording);
        if (notice.kind === 'start') this.#installed.current?.scheduler.soon(this.#options.clock.now());
        journal.log(noticeEntry(notice));
      },
      sealed: (person, bytes) => this.#status.sealed(person, bytes),
      fault: (sentence, pane) => this.#troubles.warned(sentence, pane),
      held: (pane, why) => {
        this.#workspace.held(pane, why);
        this.#status.tell();
      },
      died: () => this.#troubles.shellsGone(),
      badMessage: () => journal.refusals.badMessage('pty-host'),
      denied: (denial) => journal.refusals.denied('pty', denial),
    }));
    const vaults = (this.#vaults = new VaultKeeper({
      host,
      home: home.folder,
      journal,
      onFrame: (bytes) => this.#gate.toPage('vault', bytes),
      onDied: () => {
        if (this.#gate.holdsKey) void this.lock('vault-gone');
        else this.#showAgain('The part of Wardmux that holds the keys ends each time it is started.');
      },
    }));
    const windows = (this.#windows = new WindowKeeper({
      host,
      rendererFolder,
      places: new PlaceFile(home),
      appearance: () => display.value,
      clock,
      onMessage: (text) => void this.#bridge.receive(text),
      onFrame: (peer, bytes) => this.#gate.fromPage(peer, bytes),
      onGone: () => {
        journal.log({ action: 'renderer.exit', detail: { surface: windows.surface } });
        if (this.#gate.holdsKey) void this.lock('renderer-gone');
        else this.#showAgain('The page of the window ends each time it is shown.');
      },
      onClosed: () => void this.#windowClosed(),
      mayShow: (surface) => this.#gate.mayShow(surface),
      onShow: (surface) => {
        // What one operator has agreed to goes with the page, however that has gone.
        this.#breakGlass.leave();
        if (surface !== 'workspace') vaults.start();
      },
      onFailed: (error) => this.#gate.pageless(error),
    }));
    const clipboard = { copied: false };
    // Also where nothing was copied here: on a shared screen the next person must not find what any program of the last one left.
    const clearClipboard = async (): Promise<void> => {
      if ((installed.current?.policy.policy.lock.clearClipboard ?? true) && (await host.clearClipboard().catch(() => false))) clipboard.copied = false;
    };
    const door = (name: DoorName): Door =>
      openDoor({ standing: () => this.#gate.standing(installed.current !== undefined), denied: (denial) => journal.refusals.denied(name, denial) });
    const commandDoor = door('command');
    const emit: RequestParts['emit'] = (event, payload) => this.#bridge.emit(event, payload);
    const gate = (this.#gate = new Gate({
      windows,
      vaults,
      pty,
      machine: this.#machine,
      journal,
      clock,
      emit,
      sweep: () => this.#troubles.sweepExports(),
      clearClipboard,
      parked: (person) => logoff.parked(person),
      loggedOff: (person, cause, by) => {
        reasons.forget(person);
        void logoff.loggedOff(person, cause, by);
      },
      say,
    }));
    const revocations = (this.#revocations = new Revocations({
      home,
      ledger: () => installed.current?.ledger,
      policy: () => installed.current?.policy.policy,
      tell: (sentence) => gate.notice('warn', sentence),
      failed: (error) => journal.notEntered(error),
      clock,
    }));
    const unlock = new Unlock({ home, gate, windows, vaults, installed, journal, clock, revocations });
    const breakGlass = (this.#breakGlass = new BreakGlass({ home, gate, vaults, pty, installed, journal, clock }));
    const status = (this.#status = new Status({
      home,
      gate,
      unlock,
      breakGlass,
      installed,
      journal,
      machine: this.#machine,
      clock,
      revocations,
      workspace: () => this.#workspace,
    }));
    const policy = (this.#policy = new PolicyWatch({
      home,
      gate,
      pty,
      installed,
      journal,
      clock,
      changed: (fails) => {
        status.policyFails = fails;
        gate.emitLocked('stale', () => ({}));
      },
    }));
    this.#person = new PersonWatch({
      present: () => gate.session,
      ledger: () => installed.current?.ledger,
      read: (id) => readPinned(home, installed.require().ledger.facts, id),
      lock: (cause) => void gate.lock(cause),
      failed: (error, first) => {
        journal.notEntered(error);
        if (first)
          gate.notice('stop', 'Whether you may still be in cannot be asked of the ledger. Wardmux locks in some seconds, unless it can be read again.');
      },
      again: () => journal.ledgerWritten(),
    });
    const memory = new WorkspaceMemory({
      home,
      // An emergency keeps nothing, and finds nothing of anybody's.
      open: () => (gate.session?.grant.breakGlass === null && vaults.current ? { person: gate.session.person.id, vault: vaults.current } : undefined),
      tampered: (person) => journal.log({ action: 'workspace.tampered', person }),
      say: (kind, text) => gate.notice(kind, text),
    });
    /** Whose windows: a person's, or those of an emergency, whoever is in it. */
    const who = (): string | undefined => gate.session && (gate.session.grant.breakGlass ?? gate.session.person.id);
    // One clipboard for everybody, and so one memory of where what is in it comes from.
    const origins = new Origins();
    const workspace = (this.#workspace = new Workspaces({
      who,
      make: (whose, firstPane) => {
        const isIn = (): boolean => who() === whose;
        const { person, grant } = gate.requireSession();
        return new Workspace({
          person: person.id,
          session: grant.breakGlass === null ? 'main' : 'break-glass',
          sessionClass: grant.breakGlass === null ? undefined : EMERGENCY_CLASS,
          classes: () => classRules(installed.require().policy.policy),
          room: (of) => classRoom(installed.require().policy.policy, person.id, of, env),
          origins,
          firstPane,
          pty,
          owner: async () => {
            gate.requireSession();
            // Break-glass works on, whatever cannot be written.
            if (grant.breakGlass === null) gate.requireWhole();
            // In an emergency the policy that was in force is, whatever can be said of its file.
            await policy.look().catch((error: unknown) => {
              if (grant.breakGlass === null) throw error;
            });
            const now = gate.requireSession();
            // Somebody else came in meanwhile: nothing is opened in their name.
            if (!isIn()) throw new Refusal('locked', denials.locked);
            const { breakGlass: glass } = now.grant;
            return {
              ...installed.owner(now.person, now.grant, reasons.of(now.person.id)),
              ...(glass === null ? {} : { secondsLeft: breakGlass.secondsLeft(glass) }),
            };
          },
          ledger: (entry) => journal.log(entry),
          // What goes on in parked shells is told to their person, when they are in again, and to nobody else.
          changed: (view) => isIn() && gate.emit('view', () => view),
          keep: (kept) => isIn() && memory.changed(kept),
          client: (action) => isIn() && gate.emit('client', () => action),
          refused: (needs) => commandDoor(needs)?.sentence,
          lock: () => void this.lock('command'),
          emergency: (what) => void breakGlass.command(what),
          detach: () => void this.#detach(),
          // Whole: a relative one would be taken from each shell's own folder.
          env: env['WARDMUX_HOME'] ? { ...env, WARDMUX_HOME: home.folder } : env,
          now,
        });
      },
    }));
    const reasons = new Reasons({ gate, installed, workspace: () => this.#workspace });
    const logoff = new Logoff({ gate, installed, journal, pty, workspace, memory });
    const slots = new Slots({ home, gate, installed, vaults, unlock });
    const people = (this.#people = new People({ home, gate, installed, vaults, unlock, slots, journal, clock }));
    this.#standing = new StandingWatch({
      revocations,
      ledger: () => installed.current?.ledger,
      stop: (cause) => gate.stop(cause),
      logOff: (person, cause) => gate.logOff(person, cause),
      here: () => [...(gate.session ? [gate.session.person.id] : []), ...this.#machine.away.map(({ person }) => person), ...workspace.withShells()],
      end: (person, cause) => void logoff.loggedOff(person, cause, undefined),
      news: () => gate.emitLocked('stale', () => ({})),
    });
    const parts: RequestParts = {
      home,
      host,
      env,
      gate,
      windows,
      vaults,
      pty,
      workspace,
      memory,
      unlock,
      breakGlass,
      slots,
      people,
      lift: new Lift({ home, gate, installed, vaults, unlock, journal }),
      status,
      policy,
      consent: consentOf(installed),
      reasons,
      installed,
      journal,
      evidence: evidenceOf({ home, gate, vaults, pty, workspace, installed, journal }),
      proving: provingOf({ home, gate, vaults, installed }),
      showFolder,
      setup: { auditKey: () => defaultAuditKey(env), medium: (path) => mediumOf(path, home.folder), secretStore: () => secretStoreFacts(home) },
      display,
      clipboard,
      emit,
      openInstalled: () => this.#openInstalled(),
    };
    this.#troubles = new Troubles({ home, gate, windows, workspace, installed, journal, status, say });
    this.socket = new Remote({
      gate,
      windows,
      workspace,
      installed,
      journal,
      host: host.name,
      lowered: () => this.#limits.standing,
      door: door('socket'),
      reopen: () => this.reopen(),
    });
    this.#bridge = new BridgeServer({
      handlers: requestHandlers(parts),
      surface: () => windows.surface,
      door: door('page'),
      post: (text) => windows.post(text),
      document: () => windows.document,
      refused: (code, needs) =>
        journal.log({ action: 'bridge.refused', detail: { surface: windows.surface, peer: 'page', code, ...(needs ? { needs } : {}) } }),
      now,
    });
  }

  static async start(options: AppOptions): Promise<App> {
    const app = new App(options);
    await app.open();
    return app;
  }

  /** The app, before anything of it is open: `stop` can be called from now on. */
  static create(options: AppOptions): App {
    return new App(options);
  }

  // For the tests and the bench: what they cannot see from outside.
  get window(): HostWindow {
    return this.#windows.window;
  }
  get stopping(): boolean {
    return this.#stopping;
  }
  get surface(): Surface {
    return this.#windows.surface;
  }
  get processes(): { readonly pty: number | undefined; readonly vault: number | undefined } {
    return { pty: this.#pty.pid, vault: this.#vaults.current?.pid };
  }

  // ---------------------------------------------------------------- start

  /** Opens the window at the lock page or the first run. @throws Error with a sentence; nothing is left open then but the host. */
  async open(): Promise<void> {
    const { host, clock } = this.#options;
    await this.#openInstalled();
    this.socket.read();
    const { current } = this.#installed;
    this.#breakGlass.settle();
    if (current) await this.#policy.look();
    await this.#revocations.settle();
    if (this.#revocations.standing.barred) this.#gate.stop('unlisted');
    const settled = current ? await recoverRecordings(this.#home.recordings, current.ledger) : [];
    if (settled.length > 0)
      this.#status.flag(
        settledInShort(settled),
        settled.map(({ sentence }) => sentence),
      );
    this.#troubles.sweepExports();
    if (this.#stopping) return;
    this.#journal.log({ action: 'app.start', detail: { version, host: host.name } });
    host.onRefused((what) => this.#journal.refusals.byHost(this.surface, what));
    await this.#windows.open();
    this.#options.say(host.description);
    if (this.#stopping) return;
    host.onSignal((signal) => (signal === 'shutdown' ? this.stop('shutdown') : this.lock(signal)));
    this.#stopTicking = every(clock, 1000, () => void this.tick().catch((error: unknown) => this.doubt(error)));
    this.#endLeases = keepLeases({
      renew: () => {
        if (!this.#gate.session) return;
        this.#pty.lease();
        this.#gate.emit('lease', () => ({}));
      },
      lapsed: () => void this.lock('gap'),
    });
    // The first page is shown in turn too, but a start that cannot show it has failed.
    let failed: unknown;
    await this.#windows.change(() => this.#windows.show(this.#closedSurface()).catch((error: unknown) => void (failed = error)));
    if (failed !== undefined) throw failed instanceof Error ? failed : new SentenceError(sentenceOf(failed));
    this.socket.started();
  }

  /** Policy, signer and ledger, once the first run has been. */
  async #openInstalled(): Promise<void> {
    const installed = await this.#installed.open();
    if (!installed) return;
    this.#gate.configure(installed.policy.policy.lock);
  }

  /** What is shown while nothing is open. */
  #closedSurface(): Surface {
    return this.#installed.current ? 'lock' : 'setup';
  }

  #showAgain(trouble: string): void {
    if (!this.#stopping) this.#windows.again(this.#closedSurface(), trouble);
  }

  /** Once a second: the idle timer, the line, checkpoints. Tests with an injected clock call it by hand. */
  async tick(): Promise<void> {
    const gate = this.#gate;
    this.#troubles.limited(this.#limits.look({ 'pty-host': this.#pty.pid, 'vault-host': this.#vaults.current?.pid }));
    gate.audit(this.#journal.ledgerFault === undefined);
    await gate.tick(gate.holdsKey ? await this.#hostIdle() : undefined);
    this.#troubles.limitComes(this.#machine.view(this.#options.clock.now()).limitIn);
    this.#status.tell();
    // What came of it is told, and stands as long as it is so.
    await this.#policy.glance().catch(() => undefined);
    await this.#standing.tick();
    await this.#person.tick();
    await this.#breakGlass.tick();
    this.#people.tick();
    this.#windows.tick();
    await this.#installed.current?.scheduler.tick(this.#options.clock.now());
    this.#installed.tickAnchors();
  }

  /** The machine's idle time. A host that does not answer is one that cannot tell: the lock does not wait for it. */
  #hostIdle(): Promise<number | undefined> {
    return inTime(this.#options.host.idleSeconds(), HOST_IDLE_MS);
  }

  /** Closes the gate at once; resolves when renderer and keys are gone and the lock page stands. Never rejects. */
  lock(cause: LockCause): Promise<void> {
    return this.#gate.lock(cause);
  }

  /** Something failed that nobody was waiting for: the app locks. */
  doubt(error: unknown): void {
    this.#gate.doubt(error);
  }

  /** Brings a closed window back, at the lock page, and one that is open to the front. */
  reopen(): Promise<void> {
    return this.#windows.change(async () => {
      if (this.#stopping) return;
      if (this.#windows.isOpen) return this.#windows.window.raise();
      await this.#windows.open();
      await this.#windows.show(this.#closedSurface());
      if (this.#windows.isOpen) this.#options.say('the window is open again, at the lock.');
    });
  }

  async #windowClosed(): Promise<void> {
    await this.lock('window-closed');
    if (this.#stopping || this.#windows.isOpen) return;
    // The first run is left, or the lock page is closed: no page needs a vault host now.
    await this.#vaults.kill();
    if (this.#workspace.shellCount === 0) return void this.stop('closed');
    this.#options.say(
      `the window is closed. ${this.#workspace.shellCount} shell(s) run on, locked and recorded. Start Wardmux again to come back, or press ctrl-c here to end them.`,
    );
  }

  /** Locks and closes the window; the shells run on. */
  async #detach(): Promise<void> {
    await this.lock('command');
    await this.#windows.close();
  }

  // ---------------------------------------------------------------- end

  /**
   * Ends everything in good order: window, keys, shells, recordings, ledger. What fails is said, and the rest is ended all
   * the same. `finished` then gives 0, or 1 where something was not sealed, not entered, or did not end.
   */
  async stop(reason: 'closed' | 'signal' | 'shutdown'): Promise<void> {
    if (this.#stopping) return void (await this.finished);
    this.#stopping = true;
    this.#stopTicking();
    this.#endLeases();
    this.#gate.end();
    const attempt = async (step: () => unknown): Promise<void> => {
      try {
        await step();
      } catch (error) {
        this.#journal.failed(error);
      }
    };
    // Nothing of a pane stays on the screen while shells and recordings take their time to end.
    await Promise.all([attempt(() => this.#windows.end()), attempt(() => this.#vaults.kill()), attempt(() => this.#pty.stop())]);
    // A lock that was under way is entered too; what hangs is not waited for.
    await this.#windows.finish();
    await attempt(() => this.#troubles.sweepExports());
    this.#policy.flush();
    this.#journal.log({ action: 'app.stop', detail: { reason } });
    await this.#journal.checkpoint();
    await attempt(() => this.#installed.endAnchors());
    await attempt(async () => {
      const left = await this.#installed.current?.ledger.close();
      if (left !== undefined) throw new SentenceError(left);
    });
    await attempt(() => this.#options.host.quit());
    this.#finished(this.#journal.faulty ? 1 : 0);
  }
}
