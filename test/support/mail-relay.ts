/** aiosmtpd (Debian: python3-aiosmtpd) as a relay on a port of its own, as an account without rights can run it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Issued } from './certificates.ts';
import { endProcess } from './end-process.ts';

/** Debian's, whatever else is called python3 here. */
const PYTHON = '/usr/bin/python3';

/** Why there is no relay here, or undefined where there is. */
export function noRelay(): string | undefined {
  return spawnSync(PYTHON, ['-c', 'import aiosmtpd'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'aiosmtpd is not installed: apt-get install python3-aiosmtpd';
}

export interface RelayedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly ehlo: string;
  readonly tls: boolean;
  readonly user: string | null;
  /** As it came, without the dots of the protocol. */
  readonly text: string;
}

interface Options {
  readonly mode: 'implicit' | 'starttls' | 'none';
  readonly server: Issued;
  readonly account?: readonly [user: string, password: string];
}

export class MailRelay {
  readonly #options: Options;
  readonly mails: RelayedMail[] = [];
  port = 0;
  #child: ChildProcess | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Starts it, on the same port as before where there was one. */
  async start(): Promise<void> {
    const { mode, server, account = [] } = this.#options;
    const args = [join(import.meta.dirname, 'mail-relay.py'), mode, String(this.port), server.certificate, server.key, ...account];
    const child = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    const listening = Promise.withResolvers<number>();
    child.once('exit', (status) => listening.reject(new Error(`the relay ended with status ${status}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as number | (Omit<RelayedMail, 'text'> & { readonly mail: string });
      if (typeof said === 'number') return listening.resolve(said);
      const { mail, ...rest } = said;
      this.mails.push({ ...rest, text: Buffer.from(mail, 'base64').toString('latin1') });
    });
    this.port = await listening.promise;
  }

  /** Resolves when its process is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await endProcess(child, signal);
  }
}
