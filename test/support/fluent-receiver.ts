/** A receiver of Fluent's forward protocol, made with Debian's python3-msgpack and nothing of ours, on a port of its own. */
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Issued } from './certificates.ts';
import { endProcess } from './end-process.ts';

/** Debian's, whatever else is called python3 here. */
export const PYTHON = '/usr/bin/python3';

/** Why there is no such receiver here, or undefined where there is. */
export const noMsgpack = (): string | undefined =>
  spawnSync(PYTHON, ['-c', 'import msgpack'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'python3-msgpack is not installed: apt-get install python3-msgpack';

export interface FluentEvent {
  readonly tag: string;
  /** Of the extension that its time has. */
  readonly code: number;
  readonly ms: number;
  /** Events of its chunk, as the sender says. */
  readonly size: number;
  readonly record: Readonly<Record<string, unknown>>;
}

export interface FluentGreeting {
  readonly host: string;
  readonly good: boolean;
  readonly user: string;
  readonly password: string;
}

/** What it does at its next connection (fluent-receiver.py). */
export type FluentOrder = 'silent' | 'cut' | 'other' | 'no-proof' | 'reflect' | 'user';

export class FluentReceiver {
  readonly #server: Issued;
  readonly #key: string | undefined;
  readonly events: FluentEvent[] = [];
  readonly greetings: FluentGreeting[] = [];
  port = 0;
  #child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #ordered = Promise.withResolvers<void>();

  /** @param key that it asks for; left out: none */
  constructor(server: Issued, key?: string) {
    this.#server = server;
    this.#key = key;
  }

  /** Starts it, on the same port as before where there was one. */
  async start(): Promise<void> {
    const args = [join(import.meta.dirname, 'fluent-receiver.py'), String(this.port), this.#server.certificate, this.#server.key];
    const child = spawn(PYTHON, [...args, ...(this.#key === undefined ? [] : [this.#key])], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child = child;
    const listening = Promise.withResolvers<number>();
    child.once('exit', (status) => listening.reject(new Error(`the receiver ended with status ${status}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as number | FluentEvent | FluentGreeting | { readonly ordered: string };
      if (typeof said === 'number') listening.resolve(said);
      else if ('ordered' in said) this.#ordered.resolve();
      else if ('tag' in said) this.events.push(said);
      else this.greetings.push(said);
    });
    this.port = await listening.promise;
  }

  /** Resolves when it has heard it. */
  async order(word: FluentOrder): Promise<void> {
    this.#ordered = Promise.withResolvers();
    this.#child!.stdin.write(`${word}\n`);
    await this.#ordered.promise;
  }

  /** Resolves when its process is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await endProcess(child, signal);
  }
}
