/**
 * The gate: the one place that says whether frames and keys pass. While it is closed no frame passes in either direction,
 * whatever a page or a process says. It also holds the order of a lock (cut, kill, then tell) and of an unlock (prove, then show).
 */
import type { Activity, Invisibility, Surface } from '../src/types/words.ts';
import { denials, type Standing } from '../src/access/index.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { EventName, Events, NoticeLevel } from '../src/bridge/schema.ts';
import type { Clock } from '../src/time/clock.ts';
import { inTime } from '../src/time/in-time.ts';
import type { Peer } from './host.ts';
import type { Journal } from './journal.ts';
import type { Glass } from '../src/lock/glass.ts';
import type { LockStep, LogoffCause, RefusedWhy, StopCause, UntimedEvent } from '../src/lock/machine.ts';
import type { LockConfig } from '../src/lock/config.ts';
import type { LockCause, LockController } from './lock-controller.ts';
import { whoseOf, type PersonSession } from './person-session.ts';
import type { PtyClient } from './processes/pty-client.ts';
import type { VaultClient } from './processes/vault-client.ts';
import type { VaultKeeper } from './processes/vault-keeper.ts';
import type { WindowKeeper } from './window/keeper.ts';
import { sentenceOf } from '../src/types/sentence.ts';

/** A lock waits this long for its event. Entering takes milliseconds; a ledger that is held by somebody, or whose disk is full, does not hold up the lock. */
const ENTER_MS = 1000;

/** What whoever wants in is told, where the machine does not take the attempt. */
const refusals: Readonly<Record<RefusedWhy, string>> = {
  busy: 'An attempt is being looked at. Wait a moment.',
  stopped: 'Nobody unlocks here now: this workstation is stopped. Another security admin than who did that lifts it.',
  unlisted: 'Nobody unlocks here now but by break-glass: the revocation list of this workstation is missing, too old, or not to be believed.',
  'back-off': 'Too many attempts. Wait, and try again.',
};

/** Who wants in. */
export interface Asking {
  readonly person?: string | undefined;
  /** How long they have to wait, as the counters have it. */
  readonly waitMs?: number;
  /** By break-glass. */
  readonly glass?: boolean;
  /** To lift the stop of the station, and for nothing else: nothing is opened. */
  readonly lifts?: boolean;
}

export interface GateParts {
  readonly windows: WindowKeeper;
  readonly vaults: VaultKeeper;
  readonly pty: PtyClient;
  /** Decides; the gate does what it says. */
  readonly machine: LockController;
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
  readonly emit: <E extends EventName>(event: E, payload: Events[E]) => void;
  /** What a killed vault host may have left in the clear. */
  readonly sweep: () => void;
  /** What was copied in the workspace goes, as far as the host can without a page; asked again when the lock page stands. Never rejects. */
  readonly clearClipboard: () => Promise<void>;
  /** Somebody is parked: somebody else came in. */
  readonly parked: (person: string) => void;
  /** Nothing of somebody may be left here. @param by who has come in, where they took over */
  readonly loggedOff: (person: string, cause: LogoffCause, by: string | undefined) => void;
  readonly say: (sentence: string) => void;
}

export class Gate {
  readonly #parts: GateParts;
  /** Present only while the machine is open. */
  #session: PersonSession | undefined;
  /** The first run's vault host, which holds the new person's identity open until the first run is finished or left. */
  #created: { readonly vault: VaultClient; readonly person: string } | undefined;
  /** What the workspace has yet to be shown again: panes that the pty host shows from here on, and what of them came before. */
  /** For a page that has not been greeted yet. */
  #early: Events['notice'][] = [];
  #lastLock: { readonly at: string; readonly cause: LockCause } | null = null;
  /** The last lock, until it is done. */
  #closing: Promise<void> = Promise.resolve();
  /** How it is known that nothing of a workspace is on the screen. */
  #invisible: Invisibility = 'gone';
  #proven: Promise<void> = Promise.resolve();
  /** The event of the last lock, until it is in the ledger, or the ledger has refused it for now. */
  #entering: Promise<boolean> = Promise.resolve(true);
  #ended = false;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  get session(): PersonSession | undefined {
    return this.#session;
  }

  /** The last lock since the start: when (ISO 8601 UTC), and why. */
  get lastLock(): { readonly at: string; readonly cause: LockCause } | null {
    return this.#lastLock;
  }

  /** How it is known that nothing of a workspace is on the screen; undefined while one may be. */
  get invisible(): Invisibility | undefined {
    return this.#session ? undefined : this.#invisible;
  }

  /** Resolves when the last lock has been proven, or has not: picture, keys and view are gone, whatever the ledger does. */
  get proven(): Promise<void> {
    return this.#proven;
  }

  /** Resolves, soon in any case, with true where the ledger has everything up to the last lock that was proven. */
  entered(): Promise<boolean> {
    return inTime(
      this.#entering.then((entered) => entered && !this.#parts.journal.waits),
      ENTER_MS,
      () => false,
    );
  }

  /** True while a private key of a person is, or may be about to be, in the vault host. */
  get holdsKey(): boolean {
    return this.#parts.machine.held;
  }

  /** Where whoever asks for something stands. @param installed the first run has been, or has made its person. */
  standing(installed: boolean): Standing {
    if (this.#session) return { phase: 'open', grant: this.#session.grant };
    return { phase: installed && this.created === undefined ? 'locked' : 'first-run' };
  }

  /** Who is in, for what the door has let through. @throws Refusal */
  requireSession(): PersonSession {
    if (!this.#session) throw new Refusal('locked', denials.locked);
    return this.#session;
  }

  // ---------------------------------------------------------------- what passes

  mayShow(surface: Surface): boolean {
    return (surface !== 'workspace' && surface !== 'guest') || this.#session !== undefined;
  }

  toPage(peer: Peer, bytes: Uint8Array): void {
    if (peer === 'pty' && !this.#session) return;
    this.#parts.windows.postFrame(peer, bytes);
  }

  fromPage(peer: Peer, bytes: Uint8Array): void {
    const { vaults, pty, windows } = this.#parts;
    if (peer === 'vault') vaults.current?.frame(bytes);
    else if (this.#session && windows.surface === 'workspace') pty.frame(bytes);
  }

  /** For the lock page, which hears of nothing else. */
  emitLocked(event: 'stale', payload: () => Events['stale']): void {
    const { windows, emit } = this.#parts;
    if (!this.#session && windows.surface === 'lock' && windows.greeted) emit(event, payload());
  }

  /** Tells the workspace, where one stands and listens. */
  emit<E extends EventName>(event: E, payload: () => Events[E]): void {
    const { windows, emit } = this.#parts;
    if (this.#session && windows.surface === 'workspace' && windows.greeted) emit(event, payload());
  }

  /** A page that has not been greeted yet is told when it has. @param more what stands behind the sentence, to be read again. */
  notice(level: NoticeLevel, sentence: string, pane?: number, more: readonly string[] = []): void {
    const notice = { level, sentence, ...(pane === undefined ? {} : { pane }), ...(more.length === 0 ? {} : { more }) };
    const { windows } = this.#parts;
    if (this.#session && (windows.surface !== 'workspace' || !windows.greeted)) this.#early.push(notice);
    else this.emit('notice', () => notice);
  }

  /** The page listens: what was to be said to it before that. */
  greeted(): void {
    for (const notice of this.#early.splice(0)) this.emit('notice', () => notice);
  }

  // ---------------------------------------------------------------- unlock

  /** @returns the attempt's number. @throws Refusal `busy`, `stopped`, `back-off` */
  begin(asking: Asking = {}): number {
    const { machine } = this.#parts;
    const { accepted, refused = 'busy' } = this.#send({ type: 'attempt', ...asking });
    if (!accepted) throw new Refusal(refused, refusals[refused]);
    return machine.attempt;
  }

  /** Nobody has locked since this attempt began. */
  stands(attempt: number): boolean {
    const { machine } = this.#parts;
    return machine.phase === 'opening' && machine.attempt === attempt && !this.#ended;
  }

  abandon(attempt: number): void {
    this.#send({ type: 'failed', attempt });
  }

  /** The first run's vault host has made a person, and holds the identity open: from here on an unattended first run locks like a workspace. */
  hold(vault: unknown, person: string): void {
    const { current } = this.#parts.vaults;
    if (current && vault === current && this.#send({ type: 'created' }).accepted) this.#created = { vault: current, person };
  }

  /** Who was made by the vault host that stands, in this first run: nobody else may open the workspace there. */
  get created(): string | undefined {
    return this.#created?.vault === this.#parts.vaults.current ? this.#created?.person : undefined;
  }

  /**
   * @param glass of the emergency that they come into: until when it runs.
   * @returns false where the machine does not open: somebody has locked since, or time ran backwards, which locks.
   */
  open(attempt: number, session: PersonSession, glass?: Glass): boolean {
    if (!this.#send({ type: 'opened', attempt, person: session.person.id, glass }).accepted) return false;
    this.#session = session;
    // What whoever was in before wanted is theirs.
    this.configure();
    this.#invisible = 'unknown';
    this.#created = undefined;
    return true;
  }

  /**
   * Somebody else takes the keyboard of an open session: its page goes, the shells show nothing, and the guest's page stands. Who is in stays in; keys reach
   * no shell, and no request but the guest's is taken. Never rejects.
   */
  cover(): Promise<void> {
    return this.#turnTo('guest', async () => {
      const { pty, clearClipboard } = this.#parts;
      await Promise.all([pty.detach('covered').catch(() => pty.kill9()), clearClipboard()]);
    });
  }

  /** Who is in is back at the keyboard: their page stands again, and proves itself to the shells as after an unlock. Never rejects. */
  uncover(): Promise<void> {
    return this.#turnTo('workspace', async () => {});
  }

  /** Another page for who is in, in turn with everything else that changes the window. */
  #turnTo(surface: Surface, before: () => Promise<void>): Promise<void> {
    const { windows } = this.#parts;
    const session = this.#session;
    return windows.change(async () => {
      if (!session || this.#session !== session) return;
      await before();
      if (this.#session === session) await windows.show(surface);
    });
  }

  // ---------------------------------------------------------------- lock

  /** The policy's times; as before where they are left out. */
  configure(policy?: LockConfig): void {
    this.#send({ type: 'configure', config: this.#parts.machine.times(whoseOf(this.#session), policy) });
  }

  /** After how many seconds somebody wants to be locked out (lock-after-time). @param whose as `whoseOf` has it */
  lockAfter(whose: string, seconds: number): void {
    if (this.#parts.machine.wants(whose, seconds)) this.configure();
  }

  /** Somebody is logged off now. @returns false where they were neither in front nor away */
  logOff(person: string, cause: LogoffCause): boolean {
    return this.#send({ type: 'logoff', person, cause }).accepted;
  }

  /** Nobody comes in but by break-glass; undefined: everybody may again. */
  stop(cause: StopCause | undefined): void {
    const { machine, emit, windows } = this.#parts;
    if (machine.stop === cause) return;
    this.#send({ type: 'stop', cause });
    // A lock page that stands says it now; one that is to come says it when it comes.
    if (!this.#session && windows.surface === 'lock' && windows.greeted) emit('stale', {});
  }

  /** The emergency of whoever is in goes on, once. */
  extendGlass(): void {
    this.#send({ type: 'glass-extend' });
  }

  /** Whether what happens can be entered. */
  audit(whole: boolean): void {
    if (this.#parts.machine.degraded === whole) this.#send({ type: 'audit', whole });
  }

  /** Asked before anything new begins. @throws Refusal */
  requireWhole(): void {
    if (this.#parts.machine.degraded)
      throw new Refusal('degraded', 'The ledger cannot be written, so no new pane opens. Those that are open go on, and stay recorded.');
  }

  /** Something a person did. */
  activity(kind: Activity): void {
    this.#send({ type: 'input', kind });
  }

  /** Once a second. Resolves when a lock that it led to is done. */
  tick(hostIdleSeconds: number | undefined): Promise<void> {
    return this.#send({ type: 'tick', hostIdleSeconds }).lock ? this.#closing : Promise.resolve();
  }

  /** Closes the gate at once; resolves when renderer and keys are gone and the lock page stands. Never rejects. */
  lock(cause: LockCause): Promise<void> {
    return this.#send({ type: 'lock', cause }).lock ? this.#closing : this.#parts.windows.settled;
  }

  /** Every event goes to the machine here, and what it decides is done before anybody hears of it. */
  #send(event: UntimedEvent): LockStep {
    const { machine, clock } = this.#parts;
    const step = machine.send({ ...event, now: clock.now() });
    if (step.jiggled) this.#jiggled();
    if (step.lock && !this.#ended) this.#closing = this.#close(step.lock);
    if (!this.#ended) this.#settle(event, step);
    return step;
  }

  /** What the machine has decided of those who are not in front. */
  #settle(event: UntimedEvent, { parked, logoffs }: LockStep): void {
    const by = event.type === 'opened' ? event.person : undefined;
    for (const person of parked) this.#parts.parked(person);
    for (const { person, cause } of logoffs) this.#parts.loggedOff(person, cause, cause === 'takeover' ? by : undefined);
  }

  #jiggled(): void {
    const person = this.#session?.person.id;
    this.#parts.journal.log({ action: 'input.jiggled', ...(person === undefined ? {} : { person }) });
  }

  #close(cause: LockCause): Promise<void> {
    const { windows, vaults, pty, journal, sweep, clearClipboard } = this.#parts;
    const person = this.#session?.person.id;
    const wasOpen = this.#session !== undefined;
    this.#cut();
    this.#lastLock = { at: new Date().toISOString(), cause };
    // The picture and the keys go now, and not after whatever else is being changed.
    const blanked = windows.cut();
    const killed = vaults.kill();
    const cleared = clearClipboard();
    // A pty host that does not answer could still be showing: it is ended, and the recordings with it.
    const detached = wasOpen ? pty.detach(cause).catch(() => pty.kill9()) : undefined;
    // Told when it is true, and not when it was asked for.
    const proven = Promise.all([blanked, killed, detached]).then(([visible]) => {
      this.#invisible = visible;
      this.#entering = journal.enter({ action: 'lock', ...(person === undefined ? {} : { person }), detail: { cause, visible } });
      sweep();
      void journal.checkpoint();
    });
    this.#proven = proven.catch(() => {});
    return windows
      .change(async () => {
        await proven;
        await cleared;
        await windows.show('lock');
        await clearClipboard();
      })
      .then(async () => void (await this.entered()));
  }

  /** Something failed that nobody was waiting for, so nobody knows what state it left: the app locks. */
  doubt(error: unknown): void {
    if (this.#ended) return;
    this.#parts.say(sentenceOf(error));
    if (this.holdsKey) void this.lock('unknown');
  }

  /** A page does not stand. Where even the lock's does not, the window is closed: one that shows nothing tells nothing. */
  pageless(error: unknown): void {
    const open = this.holdsKey;
    this.doubt(error);
    if (!open && !this.#ended) void this.#parts.windows.close().catch(() => {});
  }

  /** Closed for good. */
  end(): void {
    this.#ended = true;
    this.#send({ type: 'lock', cause: 'window-closed' });
    this.#cut();
  }

  #cut(): void {
    this.#parts.journal.locked();
    this.#session = undefined;
    this.#created = undefined;
    this.#early = [];
  }
}
