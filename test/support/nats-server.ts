/** nats-server with JetStream and TLS on a port of its own, as an account without rights can run it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { NatsSession } from '../../src/sinks/nats-session.ts';
import { fieldOf, headerText } from '../../src/sinks/nats-protocol.ts';
import type { Issued, TestAuthority } from './certificates.ts';
import { endProcess } from './end-process.ts';
import { waitFor } from './wait-for.ts';

/** Debian has it where an account's PATH does not go. */
const env = { PATH: `${process.env['PATH']}:/usr/sbin` };

/** Why there is no NATS server here, or undefined where there is. */
export function noNats(): string | undefined {
  return spawnSync('nats-server', ['--version'], { stdio: 'ignore', env }).status === 0
    ? undefined
    : 'nats-server is not installed: apt-get install nats-server';
}

export const STREAM = 'AUDIT';

interface Options {
  readonly server: Issued;
  readonly authority: TestAuthority;
  readonly token?: string;
  /** Whether a sender has to have a certificate. */
  readonly wantsCertificate?: boolean;
}

/** A message of the stream. */
export interface Kept {
  readonly seq: number;
  readonly subject: string;
  readonly id: string | undefined;
  readonly text: string;
}

const answered = z.object({
  error: z.object({ code: z.int() }).optional(),
  duplicate: z.boolean().optional(),
  state: z.object({ messages: z.int(), last_seq: z.int() }).optional(),
  message: z.object({ subject: z.string(), seq: z.int(), hdrs: z.string().optional(), data: z.string() }).optional(),
});

export class NatsServer {
  readonly #options: Options;
  readonly folder = mkdtempSync(join(tmpdir(), 'wardmux-nats-'));
  port = 0;
  #child: ChildProcess | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Starts it, on the same port as before where there was one, with what it had stored. */
  async start(): Promise<void> {
    const { server, authority, token, wantsCertificate = false } = this.#options;
    const config = join(this.folder, 'nats.conf');
    for (const name of readdirSync(this.folder)) if (name.endsWith('.ports')) rmSync(join(this.folder, name));
    writeFileSync(
      config,
      `host: "127.0.0.1"
port: ${this.port || -1}
ports_file_dir: "${this.folder}"
jetstream { store_dir: "${join(this.folder, 'store')}" }
tls { cert_file: "${server.certificate}", key_file: "${server.key}", ca_file: "${authority.self.certificate}", verify: ${wantsCertificate} }
${token === undefined ? '' : `authorization { token: "${token}" }`}
`,
    );
    const child = spawn('nats-server', ['-c', config], { stdio: 'ignore', env });
    this.#child = child;
    await waitFor(() => {
      if (child.exitCode !== null) throw new Error(`nats-server ended with status ${child.exitCode}`);
      const name = readdirSync(this.folder).find((each) => each.endsWith('.ports'));
      const { nats } = JSON.parse(readFileSync(join(this.folder, name!), 'utf8')) as { nats: string[] };
      this.port = Number(new URL(nats[0]!).port);
    });
    // It listens before its JetStream is there.
    await waitFor(() => this.#with((session) => ask(session, '$JS.API.INFO')));
  }

  /** Resolves when its process is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await endProcess(child, signal);
  }

  /** As a machine that hangs: connections stay, and nothing is answered. */
  async hang(): Promise<void> {
    const tasks = `/proc/${this.#child!.pid}/task`;
    this.#child!.kill('SIGSTOP');
    await waitFor(() => {
      const states = readdirSync(tasks).map((task) => /\) (.)/.exec(readFileSync(join(tasks, task, 'stat'), 'utf8'))?.[1]);
      if (states.some((state) => state !== 'T')) throw new Error(`nats-server is not stopped: ${states.join('')}`);
    });
  }

  /** It goes on with all that was said to it meanwhile. */
  goOn(): void {
    this.#child!.kill('SIGCONT');
  }

  makeStream(more: object = {}): Promise<void> {
    const config = {
      name: STREAM,
      subjects: ['wardmux.>'],
      retention: 'limits',
      storage: 'file',
      max_consumers: -1,
      max_msgs: -1,
      max_bytes: -1,
      max_age: 0,
      num_replicas: 1,
      ...more,
    };
    return this.#with((session) => ask(session, `$JS.API.STREAM.CREATE.${STREAM}`, config).then(() => {}));
  }

  changeStream(more: object): Promise<void> {
    return this.#with(async (session) => {
      const { config } = JSON.parse((await session.ask(`$JS.API.STREAM.INFO.${STREAM}`, '', '')).text) as { config: object };
      await ask(session, `$JS.API.STREAM.UPDATE.${STREAM}`, { ...config, ...more });
    });
  }

  /** All that the stream has, in its order. */
  kept(): Promise<Kept[]> {
    return this.#with(async (session) => {
      const { state } = await ask(session, `$JS.API.STREAM.INFO.${STREAM}`);
      const all: Kept[] = [];
      for (let seq = 1; seq <= state!.last_seq; seq++) {
        const { message } = answered.parse(JSON.parse((await session.ask(`$JS.API.STREAM.MSG.GET.${STREAM}`, '', JSON.stringify({ seq }))).text));
        // One that was taken out.
        if (!message) continue;
        const { subject, hdrs = '', data } = message;
        all.push({
          seq,
          subject,
          id: fieldOf(Buffer.from(hdrs, 'base64').toString('latin1'), 'Nats-Msg-Id'),
          text: Buffer.from(data, 'base64').toString('utf8'),
        });
      }
      return all;
    });
  }

  /** A message of somebody else. @returns its number in the stream */
  put(subject: string, text: string, id?: string): Promise<number> {
    return this.#with(async (session) => {
      const answer = await session.ask(subject, headerText(id === undefined ? {} : { 'Nats-Msg-Id': id }), text);
      return z.object({ seq: z.int() }).parse(JSON.parse(answer.text)).seq;
    });
  }

  /** Takes a message out of the stream. */
  takeOut(seq: number): Promise<void> {
    return this.#with((session) => ask(session, `$JS.API.STREAM.MSG.DELETE.${STREAM}`, { seq }).then(() => {}));
  }

  /** Resolves when the server has forgotten the ids that it was given before this: it does so in the order in which they came. @param subject for a message that is left there */
  forgotten(subject: string): Promise<void> {
    return this.#with(async (session) => {
      const newest = headerText({ 'Nats-Msg-Id': randomUUID() });
      const again = async (): Promise<boolean> => {
        const { text } = await session.ask(subject, newest, 'the newest');
        return answered.parse(JSON.parse(text)).duplicate === true;
      };
      await again();
      await waitFor(async () => {
        if (await again()) throw new Error('it knows the newest id');
      });
    });
  }

  async #with<T>(work: (session: NatsSession) => Promise<T>): Promise<T> {
    const { authority, token, wantsCertificate } = this.#options;
    const own = wantsCertificate ? authority.issue('admin') : undefined;
    const row = { host: 'localhost', port: this.port, ca: authority.self.pem, ...(own && { certificate: own.certificate, key: own.key }) };
    const session = await NatsSession.open(row, { network: ['localhost'], signal: AbortSignal.timeout(60_000), token });
    try {
      return await work(session);
    } finally {
      session.end();
    }
  }
}

async function ask(session: NatsSession, subject: string, question?: object): Promise<z.infer<typeof answered>> {
  const { text } = await session.ask(subject, '', question ? JSON.stringify(question) : '');
  const answer = answered.parse(JSON.parse(text));
  if (answer.error) throw new Error(`${subject}: ${text}`);
  return answer;
}
