/** The app at the private socket: what its words do (src/control/verbs.ts). Nothing here opens anything; commands for the windows are in given.ts. */
import type { Door } from '../src/access/index.ts';
import type { SocketOptions, SocketRefusal } from '../src/control/listen.ts';
import type { AppFacts, VerbHandlers } from '../src/control/verbs.ts';
import { version } from '../src/version.ts';
import type { Gate } from './gate.ts';
import type { Given } from './given.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';
import type { Lowered } from '../src/native/process-limits.ts';
import type { WindowKeeper } from './window/keeper.ts';
import type { Workspaces } from './workspace/workspaces.ts';

export interface RemoteParts {
  readonly gate: Gate;
  readonly windows: WindowKeeper;
  readonly workspace: Workspaces;
  readonly installed: InstalledHolder;
  readonly journal: Journal;
  readonly host: AppFacts['host'];
  /** Limits of our processes that another program has lowered. */
  readonly lowered: () => readonly Lowered[];
  readonly door: Door;
  readonly given: Pick<Given, 'handlers'>;
  /** Brings a closed window back, at the lock page, and one that is open to the front. */
  readonly reopen: () => Promise<void>;
}

export class Remote implements Pick<SocketOptions, 'handlers' | 'door' | 'refused' | 'sign'> {
  readonly #parts: RemoteParts;
  /** ISO 8601 UTC. Before the first unlock it is the time since which nothing is to be seen. */
  readonly #startedAt = new Date().toISOString();
  /** The first page stands: there is something to act on. */
  #started = false;
  #wasRead!: () => void;
  readonly #read = new Promise<void>((resolve) => (this.#wasRead = resolve));
  readonly door: Door;

  constructor(parts: RemoteParts) {
    this.#parts = parts;
    this.door = parts.door;
  }

  /** It is known whether there is an installation, and its key is open. */
  read(): void {
    this.#wasRead();
  }

  started(): void {
    this.#started = true;
  }

  readonly handlers: VerbHandlers = {
    lock: async () => {
      const { gate } = this.#parts;
      // The lock page may take its time: what counts is that nothing is to be seen.
      void gate.lock('command');
      await gate.proven;
      const entered = await gate.entered();
      return { ...this.#facts(), entered };
    },
    status: async () => this.#facts(),
    show: async () => {
      if (this.#started) await this.#parts.reopen();
      return this.#facts();
    },
    challenge: (input) => this.#parts.given.handlers.challenge(input),
    command: (input) => this.#parts.given.handlers.command(input),
  };

  #facts(): AppFacts {
    const { gate, windows, workspace, installed, host, lowered } = this.#parts;
    const { session, lastLock, invisible } = gate;
    return {
      window: windows.isOpen || !this.#started,
      state: !this.#started ? 'starting' : session ? 'unlocked' : installed.current ? 'locked' : 'first-run',
      locked: session === undefined,
      since: session ? null : (lastLock?.at ?? this.#startedAt),
      visible: invisible ?? null,
      shells: workspace.shellCount,
      host,
      version,
      pid: process.pid,
      lowered: [...lowered()],
    };
  }

  /** For answers at the socket only, which puts their text together. Undefined before the first run. */
  readonly sign = async (text: Uint8Array): Promise<Uint8Array | undefined> => {
    await this.#read;
    return this.#parts.installed.current?.signer.sign(text);
  };

  readonly refused = (code: SocketRefusal): void => this.#parts.journal.refusals.badMessage('socket', code);
}
