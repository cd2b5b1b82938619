/**
 * The gate: the one place that says whether frames and keys pass. While it is closed no frame passes in either direction,
 * whatever a page or a process says. It also holds the order of a lock: cut, kill, then tell; and of an unlock: prove, then
 * show.
 */
import { Refusal } from '../src/bridge/server.ts';
import type { EventName, Events, Surface } from '../src/bridge/schema.ts';
import type { PersonRecord } from '../src/vault/types.ts';
import type { Clock } from './clock.ts';
import type { Peer } from './host.ts';
import type { Journal } from './journal.ts';
import type { LockCause, LockController } from './lock-controller.ts';
import type { PtyClient } from './pty-client.ts';
import type { VaultClient } from './vault-client.ts';
import type { VaultKeeper } from './vault-keeper.ts';
import type { WindowKeeper } from './window-keeper.ts';

/** The person whose identity is open, and how they opened it. */
export interface Session {
  readonly person: PersonRecord;
  readonly method: 'passphrase' | 'passkey';
}

/** A pane that the pty host shows from here on, and what of it came before. */
export interface Attached {
  readonly pane: number;
  readonly recording: string;
  readonly outputBytes: number;
}

export interface GateParts {
  readonly windows: WindowKeeper;
  readonly vaults: VaultKeeper;
  readonly pty: PtyClient;
  readonly timer: LockController;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly emit: <E extends EventName>(event: E, payload: Events[E]) => void;
  /** What a killed vault host may have left in the clear. */
  readonly sweep: () => void;
  readonly say: (sentence: string) => void;
}

export class Gate {
  readonly #parts: GateParts;
  /** Present only while unlocked. */
  #session: Session | undefined;
  /** An unlock under way. A lock forgets it, and then it opens nothing. */
  #opening: symbol | undefined;
  /** The first run's vault host, which holds the new person's identity open until the first run is finished or left. */
  #created: VaultClient | undefined;
  /** What the workspace has yet to be shown again. */
  #attached: readonly Attached[] = [];
  #lockedAt: string | null = null;
  #ended = false;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** ISO 8601 UTC of the last lock since the start. */
  get lockedAt(): string | null {
    return this.#lockedAt;
  }

  /** True while a private key of a person is, or may be about to be, in the vault host. */
  get holdsKey(): boolean {
    return this.#session !== undefined || this.#opening !== undefined || this.#created !== undefined;
  }

  /** For requests that only an open workspace may make. @throws Refusal */
  requireSession(): Session {
    if (!this.#session) throw new Refusal('locked', 'Wardmux is locked.');
    return this.#session;
  }

  // ---------------------------------------------------------------- what passes

  mayShow(surface: Surface): boolean {
    return surface !== 'workspace' || this.#session !== undefined;
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

  /** Tells the workspace, where one stands and listens. */
  emit<E extends EventName>(event: E, payload: () => Events[E]): void {
    const { windows, emit } = this.#parts;
    if (this.#session && windows.surface === 'workspace' && windows.greeted) emit(event, payload());
  }

  notice(level: 'ok' | 'warn' | 'stop', sentence: string, pane?: number): void {
    this.emit('notice', () => ({ level, sentence, ...(pane === undefined ? {} : { pane }) }));
  }

  attached(panes: readonly Attached[]): void {
    this.#attached = panes;
  }

  /** What is to be shown again, once. */
  takeAttached(): readonly Attached[] {
    const panes = this.#attached;
    this.#attached = [];
    return panes;
  }

  // ---------------------------------------------------------------- unlock

  /** @throws Refusal while another attempt is under way. */
  begin(what: string): symbol {
    if (this.#opening) throw new Refusal('busy', 'An attempt is being looked at. Wait a moment.');
    return (this.#opening = Symbol(what));
  }

  /** Nobody has locked since this attempt began. */
  stands(attempt: symbol): boolean {
    return this.#opening === attempt && !this.#ended;
  }

  abandon(attempt: symbol): void {
    if (this.#opening === attempt) this.#opening = undefined;
  }

  /** The first run's vault host has made a person, and holds the identity open. */
  created(vault: VaultClient): void {
    if (vault === this.#parts.vaults.current) this.#created = vault;
  }

  /** The new identity is open in the vault host: from here on an unattended first run locks like a workspace. */
  watchFirstRun(): void {
    if (this.hasCreated()) this.#parts.timer.unlocked('passphrase', this.#parts.clock.now());
  }

  /** True for the vault host that has made the person of this first run: nothing else may open the workspace there. */
  hasCreated(): boolean {
    return this.#created !== undefined && this.#created === this.#parts.vaults.current;
  }

  /** @throws Error when the idle timer does not run: nothing would lock an idle workspace. */
  open(session: Session): void {
    const { timer, clock } = this.#parts;
    if (!timer.unlocked(session.method, clock.now())) throw new Error('The idle timer does not run, so Wardmux stays locked. Unlock again.');
    this.#session = session;
    this.#opening = undefined;
    this.#created = undefined;
  }

  // ---------------------------------------------------------------- lock

  /** Closes the gate at once; resolves when renderer and keys are gone and the lock page stands. Never rejects. */
  lock(cause: LockCause): Promise<void> {
    const { windows, vaults, pty, timer, journal, clock, sweep } = this.#parts;
    if (!this.holdsKey || this.#ended) return windows.settled;
    const person = this.#session?.person.id;
    const wasOpen = this.#session !== undefined;
    this.#cut();
    timer.locked(cause, clock.now());
    this.#lockedAt = new Date().toISOString();
    // The picture and the keys go now, and not after whatever else is being changed.
    const blanked = windows.cut().catch(() => {});
    const killed = vaults.kill();
    return windows.change(async () => {
      // A pty host that does not answer could still be showing: it is ended, and the recordings with it.
      const detached = wasOpen ? pty.detach(cause).catch(() => pty.kill9()) : undefined;
      await Promise.all([blanked, killed, detached]);
      journal.log({ action: 'lock', ...(person === undefined ? {} : { person }), detail: { cause } });
      sweep();
      await journal.checkpoint();
      await windows.show('lock');
    });
  }

  /** Something failed that nobody was waiting for, so nobody knows what state it left: the app locks. */
  doubt(error: unknown): void {
    if (this.#ended) return;
    this.#parts.say(error instanceof Error ? error.message : 'Something went wrong.');
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
    this.#cut();
  }

  #cut(): void {
    this.#session = undefined;
    this.#opening = undefined;
    this.#created = undefined;
    this.#attached = [];
  }
}
