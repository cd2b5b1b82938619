/** The life of the app: its parts (wiring.ts) are opened, looked after once a second, and ended. */
import type { Surface } from '../src/types/words.ts';
import { recoverRecordings, settledInShort } from '../src/records/index.ts';
import { version } from '../src/version.ts';
import { bootClock, every } from '../src/time/clock.ts';
import { inTime } from '../src/time/in-time.ts';
import type { ChildName, HostWindow } from './host.ts';
import { keepLeases } from './lease.ts';
import type { LockCause } from './lock-controller.ts';
import { SentenceError, sentenceOf } from '../src/types/sentence.ts';
import type { Remote } from './remote.ts';
import { wire, type Wiring, type WiringParts } from './wiring.ts';

/** What the app is started with. Of the rest, the system's own unless given. */
export type AppOptions = Pick<WiringParts, 'home' | 'host' | 'rendererFolder'> & Partial<WiringParts>;

/** How long the machine's idle time is waited for. Two calls over the bus take 1 s at most. */
const HOST_IDLE_MS = 1500;

export class App {
  readonly #options: WiringParts;
  readonly #parts: Wiring;
  #stopping = false;
  #stopTicking: () => void = () => {};
  #endLeases: () => void = () => {};
  #finished!: (code: number) => void;
  /** Resolves with the exit status when the app is over. */
  readonly finished: Promise<number>;

  private constructor(options: AppOptions) {
    this.#options = { clock: bootClock, env: process.env, say: () => {}, ...options };
    this.finished = new Promise((resolve) => (this.#finished = resolve));
    this.#parts = wire(this.#options, {
      stopping: () => this.#stopping,
      windowClosed: () => void this.#windowClosed(),
      reopen: () => this.reopen(),
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

  /** What answers at the private socket. */
  get socket(): Remote {
    return this.#parts.socket;
  }

  // For the tests and the bench: what they cannot see from outside.
  get window(): HostWindow {
    return this.#parts.windows.window;
  }
  get stopping(): boolean {
    return this.#stopping;
  }
  get surface(): Surface {
    return this.#parts.windows.surface;
  }
  get processes(): { readonly pty: number | undefined; readonly vault: number | undefined; readonly audit: number | undefined } {
    return { pty: this.#parts.pty.pid, vault: this.#parts.vaults.current?.pid, audit: this.#parts.audit.pid };
  }

  // ---------------------------------------------------------------- start

  /** Opens the window at the lock page or the first run. @throws Error with a sentence; nothing is left open then but the host. */
  async open(): Promise<void> {
    const { home, journal, installed, pty, windows, gate, status, policy, revocations, breakGlass, troubles, socket, openInstalled, closedSurface } =
      this.#parts;
    const { host, clock } = this.#options;
    await openInstalled();
    socket.read();
    const { current } = installed;
    breakGlass.settle();
    if (current) await policy.look();
    await revocations.settle();
    if (revocations.lastLook.barred) gate.stop('unlisted');
    const settled = current ? await recoverRecordings(home.recordings, current.ledger) : [];
    if (settled.length > 0)
      status.flag(
        settledInShort(settled),
        settled.map(({ sentence }) => sentence),
      );
    troubles.sweepExports();
    if (this.#stopping) return;
    journal.log({ action: 'app.start', detail: { version, host: host.name } });
    host.onRefused((what) => journal.refusals.byHost(this.surface, what));
    await windows.open();
    this.#options.say(host.description);
    if (this.#stopping) return;
    host.onSignal((signal) => (signal === 'shutdown' ? this.stop('shutdown') : this.lock(signal)));
    this.#stopTicking = every(clock, 1000, () => void this.tick().catch((error: unknown) => this.doubt(error)));
    this.#endLeases = keepLeases({
      renew: () => {
        if (!gate.session) return;
        pty.lease();
        gate.emit('lease', () => ({}));
      },
      lapsed: () => void this.lock('gap'),
    });
    // The first page is shown in turn too, but a start that cannot show it has failed.
    let failed: unknown;
    await windows.change(() => windows.show(closedSurface()).catch((error: unknown) => void (failed = error)));
    if (failed !== undefined) throw failed instanceof Error ? failed : new SentenceError(sentenceOf(failed));
    socket.started();
  }

  /** Once a second: the idle timer, the line, checkpoints. Tests with an injected clock call it by hand. */
  async tick(): Promise<void> {
    const {
      journal,
      installed,
      machine,
      limits,
      pty,
      vaults,
      audit,
      alertNotes,
      windows,
      gate,
      status,
      policy,
      timeSync,
      person,
      putOut,
      breakGlass,
      people,
      troubles,
    } = this.#parts;
    troubles.limited(
      limits.look({ 'pty-host': pty.pid, 'vault-host': vaults.current?.pid, 'audit-host': audit.pid } satisfies Record<ChildName, number | undefined>),
    );
    gate.audit(journal.ledgerFault === undefined);
    await gate.tick(gate.holdsKey ? await this.#hostIdle() : undefined);
    troubles.limitComes(machine.view(this.#options.clock.now()).limitIn);
    status.tell();
    // What came of it is told, and stands as long as it is so.
    await policy.glance().catch(() => undefined);
    await putOut.tick();
    await person.tick();
    await breakGlass.tick();
    people.tick();
    windows.tick();
    await installed.current?.scheduler.tick(this.#options.clock.now());
    installed.tickAnchors();
    timeSync.tick();
    if (installed.current) audit.tick();
    alertNotes.tick(audit.open);
  }

  /** The machine's idle time. A host that does not answer is one that cannot tell: the lock does not wait for it. */
  #hostIdle(): Promise<number | undefined> {
    return inTime(this.#options.host.idleSeconds(), HOST_IDLE_MS);
  }

  /** Closes the gate at once; resolves when renderer and keys are gone and the lock page stands. Never rejects. */
  lock(cause: LockCause): Promise<void> {
    return this.#parts.gate.lock(cause);
  }

  /** Something failed that nobody was waiting for: the app locks. */
  doubt(error: unknown): void {
    this.#parts.gate.doubt(error);
  }

  /** Brings a closed window back, at the lock page, and one that is open to the front. */
  reopen(): Promise<void> {
    const { windows, closedSurface } = this.#parts;
    return windows.change(async () => {
      if (this.#stopping) return;
      if (windows.isOpen) return windows.window.raise();
      await windows.open();
      await windows.show(closedSurface());
      if (windows.isOpen) this.#options.say('the window is open again, at the lock.');
    });
  }

  async #windowClosed(): Promise<void> {
    const { vaults, windows, workspace } = this.#parts;
    await this.lock('window-closed');
    if (this.#stopping || windows.isOpen) return;
    // The first run is left, or the lock page is closed: no page needs a vault host now.
    await vaults.kill();
    if (workspace.shellCount === 0) return void this.stop('closed');
    this.#options.say(
      `the window is closed. ${workspace.shellCount} shell(s) run on, locked and recorded. Start Wardmux again to come back, or press ctrl-c here to end them.`,
    );
  }

  // ---------------------------------------------------------------- end

  /**
   * Ends everything in good order: window, keys, shells, recordings, ledger. What fails is said, and the rest is ended all
   * the same. `finished` then gives 0, or 1 where something was not sealed, not entered, or did not end.
   */
  async stop(reason: 'closed' | 'signal' | 'shutdown'): Promise<void> {
    const { journal, installed, pty, vaults, audit, windows, gate, policy, troubles } = this.#parts;
    if (this.#stopping) return void (await this.finished);
    this.#stopping = true;
    this.#stopTicking();
    this.#endLeases();
    gate.end();
    const attempt = async (step: () => unknown): Promise<void> => {
      try {
        await step();
      } catch (error) {
        journal.failed(error);
      }
    };
    // Nothing of a pane stays on the screen while shells and recordings take their time to end.
    await Promise.all([attempt(() => windows.end()), attempt(() => vaults.kill()), attempt(() => audit.kill()), attempt(() => pty.stop())]);
    // A lock that was under way is entered too; what hangs is not waited for.
    await windows.finish();
    await attempt(() => troubles.sweepExports());
    policy.flush();
    journal.log({ action: 'app.stop', detail: { reason } });
    await journal.checkpoint();
    await attempt(() => installed.endAnchors());
    await attempt(async () => {
      const left = await installed.current?.ledger.close();
      if (left !== undefined) throw new SentenceError(left);
    });
    await attempt(() => this.#options.host.quit());
    this.#finished(journal.faulty ? 1 : 0);
  }
}
