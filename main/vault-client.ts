/**
 * Main's end of the vault host. One process for each lock surface and the workspace that follows from it: the lock
 * kills it, and with it every private key of a person.
 */
import { constants } from 'node:os';
import { fromVaultHost, type FromVaultHost, type ToVaultHost } from '../src/vault/protocol.ts';
import type { BundleStatement } from '../src/export/statement.ts';
import { Refusal } from '../src/bridge/server.ts';
import type { Child, Host } from './host.ts';

type Answer = Extract<FromVaultHost, { id: number }>;
type Question = Extract<ToVaultHost, { id: number }>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** @returns an armored signature. */
type Attest = (statement: BundleStatement) => Promise<string>;

export interface VaultEvents {
  readonly frame: (bytes: Uint8Array) => void;
  readonly badMessage: () => void;
  /** The process died while it was wanted: its exit status, or the number of the signal that ended it. */
  readonly died: (exit: { readonly code?: number; readonly signal?: number }) => void;
}

export class VaultClient {
  readonly #child: Child;
  readonly #events: VaultEvents;
  readonly #waiting = new Map<number, { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }>();
  #connect: { resolve: (key: Uint8Array) => void; reject: (error: Error) => void } | undefined;
  /** Exports that are under way and not signed for yet. */
  readonly #attest = new Map<number, Attest>();
  #page: Uint8Array | undefined;
  #next = 1;
  #killed = false;

  constructor(host: Host, configure: Omit<Extract<ToVaultHost, { type: 'configure' }>, 'type'>, events: VaultEvents) {
    this.#events = events;
    this.#child = host.fork('vault-host');
    this.#child.onMessage((message) => {
      const parsed = fromVaultHost.safeParse(message);
      if (parsed.success) void this.#receive(parsed.data);
      else events.badMessage();
    });
    this.#child.onExit((code, signal) => {
      const error = ended();
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
      this.#connect?.reject(error);
      if (!this.#killed) events.died(signal === null ? { ...(code === null ? {} : { code }) } : numbered(signal));
    });
    this.#post({ type: 'configure', ...configure });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The page that it was given last. */
  get page(): Uint8Array | undefined {
    return this.#page;
  }

  /** The vault host's public key for this page. */
  connect(publicKey: Uint8Array): Promise<Uint8Array> {
    this.#page = publicKey;
    return new Promise((resolve, reject) => {
      this.#connect = { resolve, reject };
      this.#post({ type: 'connect', publicKey });
    });
  }

  frame(bytes: Uint8Array): void {
    this.#post({ type: 'frame', bytes });
  }

  /** Asks and takes the answer of the wanted type. @throws Refusal with the vault host's code and sentence. */
  async ask<T extends Answer['type']>(question: WithoutId<Question>, wanted: T, id = this.#next++): Promise<Extract<Answer, { type: T }>> {
    if (this.#killed) throw ended();
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ ...question, id } as ToVaultHost);
    });
    if (answer.type === 'refused') throw new Refusal(answer.code, answer.sentence);
    if (answer.type !== wanted) throw new Error(`the vault host answered ${answer.type}`);
    return answer as Extract<Answer, { type: T }>;
  }

  /** Has a recording exported. @param attest signs for the bundle of these facts, once, or rejects. @throws Refusal */
  async export(question: Omit<Extract<ToVaultHost, { type: 'export' }>, 'type' | 'id'>, attest: Attest): Promise<Extract<Answer, { type: 'exported' }>> {
    const id = this.#next++;
    this.#attest.set(id, attest);
    try {
      return await this.ask({ type: 'export', ...question }, 'exported', id);
    } finally {
      this.#attest.delete(id);
    }
  }

  /** SIGKILL: its memory is gone when this resolves. */
  async kill(): Promise<void> {
    this.#killed = true;
    await this.#child.kill();
  }

  #post(message: ToVaultHost): void {
    if (!this.#killed) this.#child.post(message);
  }

  async #receive(message: FromVaultHost): Promise<void> {
    switch (message.type) {
      case 'ready':
        return;
      case 'connected':
        this.#connect?.resolve(message.publicKey);
        this.#connect = undefined;
        return;
      case 'frame':
        return this.#events.frame(message.bytes);
      case 'attest': {
        // One signature for one export that we have asked for, and for nothing else.
        const attest = this.#attest.get(message.export);
        this.#attest.delete(message.export);
        if (!attest) this.#events.badMessage();
        const signature = (await attest?.(message.statement).catch(() => undefined)) ?? '';
        return this.#post({ type: 'attested', export: message.export, signature });
      }
      default: {
        const waiting = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        waiting?.resolve(message);
      }
    }
  }
}

/** The ledger takes no words that a process could choose, and so takes signals by their number. */
function numbered(name: string): { readonly signal?: number } {
  const signal = (constants.signals as Readonly<Record<string, number>>)[name];
  return signal === undefined ? {} : { signal };
}

function ended(): Refusal {
  return new Refusal('vault-ended', 'The part of Wardmux that holds your keys has ended. Lock and unlock again.');
}
