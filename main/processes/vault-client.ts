/**
 * Main's end of the vault's process. One process for each lock surface and the workspace that follows from it: the lock
 * kills it, and with it every private key of a person.
 */
import { openDoor, type DenialReason, type Permission } from '../../src/access/index.ts';
import type { BundleStatement } from '../../src/export/statement.ts';
import { Endpoint } from '../../src/process/endpoint.ts';
import type { Asked, OutputOf } from '../../src/process/service.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { vaultParentService, vaultService, type VaultInput, type VaultParentService, type VaultService } from '../../src/vault/service.ts';
import type { Child, Host } from '../host.ts';
import { exitDetail } from './exit-detail.ts';

/** @returns an armored signature. */
type Attest = (statement: BundleStatement) => Promise<string>;

export interface VaultEvents {
  readonly frame: (bytes: Uint8Array) => void;
  readonly badMessage: () => void;
  /** It found text in a recording, in the search of this ticket. Rejects where that cannot be entered. */
  readonly looked: (ticket: number, recording: string) => Promise<void>;
  /** It was asked for something that whoever is in may not do. */
  readonly denied: (denial: { readonly needs: Permission; readonly why: DenialReason; readonly person: string | undefined }) => void;
  /** The process died while it was wanted: its exit status, or the number of the signal that ended it. */
  readonly died: (exit: { readonly code?: number; readonly signal?: number }) => void;
}

export class VaultClient {
  readonly #child: Child;
  readonly #line: Endpoint<VaultParentService, VaultService>;
  /** Exports that are under way and not signed for yet, by ticket. */
  readonly #attest = new Map<number, Attest>();
  #page: Uint8Array | undefined;
  #nextTicket = 1;
  #killed = false;

  constructor(host: Host, configuration: VaultInput<'configure'>, events: VaultEvents) {
    this.#child = host.fork('vault-host');
    this.#line = new Endpoint<VaultParentService, VaultService>({
      table: vaultParentService,
      handlers: {
        ready: () => {},
        denied: ({ needs, why, person }) => events.denied({ needs, why, person }),
        looked: async ({ ticket, recording }) => {
          await events.looked(ticket, recording);
          return {};
        },
        attest: async ({ ticket, statement }) => {
          // One signature for one export that we have asked for, and for nothing else.
          const attest = this.#attest.get(ticket);
          this.#attest.delete(ticket);
          if (!attest) events.badMessage();
          const signature = await attest?.(statement).catch(() => undefined);
          if (signature === undefined) throw new Refusal('not-signed', 'Nothing was signed.');
          return { signature };
        },
      },
      theirs: vaultService,
      door: openDoor({ standing: () => ({ phase: 'locked' }), denied: events.badMessage }),
      post: (message) => {
        if (!this.#killed) this.#child.post(message);
      },
      frame: events.frame,
      trouble: events.badMessage,
      bad: events.badMessage,
    });
    this.#child.onMessage((message) => this.#line.receive(message));
    this.#child.onExit((code, signal) => {
      this.#line.end(ended());
      if (!this.#killed) events.died(exitDetail(code, signal));
    });
    this.#line.tell('configure', configuration);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The page that it was given last. */
  get page(): Uint8Array | undefined {
    return this.#page;
  }

  /** The vault's public key for this page. */
  async connect(publicKey: Uint8Array): Promise<Uint8Array> {
    this.#page = publicKey;
    return (await this.#line.ask('connect', { publicKey })).publicKey;
  }

  frame(bytes: Uint8Array): void {
    if (!this.#killed) this.#child.post({ frame: bytes });
  }

  /** @throws Refusal with the vault's code and sentence. */
  ask<N extends Exclude<Asked<VaultService>, 'connect' | 'export'>>(request: N, input: VaultInput<N>): Promise<OutputOf<VaultService, N>> {
    return this.#killed ? Promise.reject(ended()) : this.#line.ask(request, input);
  }

  /** Has a recording exported. @param attest signs for the bundle of these facts, once, or rejects. @throws Refusal */
  async export(input: Omit<VaultInput<'export'>, 'ticket'>, attest: Attest): Promise<OutputOf<VaultService, 'export'>> {
    if (this.#killed) throw ended();
    const ticket = this.#nextTicket++;
    this.#attest.set(ticket, attest);
    try {
      return await this.#line.ask('export', { ...input, ticket });
    } finally {
      this.#attest.delete(ticket);
    }
  }

  /** SIGKILL: its memory is gone when this resolves. */
  async kill(): Promise<void> {
    this.#killed = true;
    await this.#child.kill();
  }
}

function ended(): Refusal {
  return new Refusal('vault-ended', 'The part of Wardmux that holds your keys has ended. Lock and unlock again.');
}
