/** The real sshd on a port of the loopback, with a key of its own, for the account that runs the tests. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { endProcess } from './end-process.ts';
import { ownFolder } from './first-home.ts';
import { waitFor } from './wait-for.ts';

const SSHD = '/usr/sbin/sshd';

/** Why there is no sshd here, or undefined where there is. */
export const noSshd = (): string | undefined => (existsSync(SSHD) ? undefined : 'sshd is not installed: apt-get install openssh-server');

/** A pair of keys in files of its own. @returns the private one's path */
export function makeKey(type: 'ed25519' | 'ecdsa' = 'ed25519'): string {
  const path = join(ownFolder(), 'key');
  const made = spawnSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', path, '-C', 'test'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  return path;
}

/** The fingerprint of a key, as ssh-keygen prints it. */
export const fingerprintOf = (key: string): string => spawnSync('ssh-keygen', ['-l', '-f', `${key}.pub`], { encoding: 'utf8' }).stdout.split(' ')[1]!;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One sshd. `hostKey` and `banner` count from the next start on. Whoever starts it ends it with `stop`. */
export class SshServer {
  /** Of whoever may come in. */
  readonly userKey = makeKey();
  hostKey = makeKey();
  port = 0;
  /** What is said before anybody is let in. */
  banner: string | undefined;
  #child: ChildProcess | undefined;
  #said = '';

  /** Starts it, on the same port as before where there was one. */
  async start(): Promise<void> {
    // As root it wants its folder; whoever installs it by hand has no init that makes it.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const folder = ownFolder();
    const port = this.port || (await freePort());
    const config = join(folder, 'sshd_config');
    writeFileSync(join(folder, 'keys'), readFileSync(`${this.userKey}.pub`));
    if (this.banner !== undefined) writeFileSync(join(folder, 'banner'), this.banner);
    const lines = [
      `HostKey ${this.hostKey}`,
      `AuthorizedKeysFile ${join(folder, 'keys')}`,
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'UsePAM no',
      'StrictModes no',
      'PidFile none',
      'PrintMotd no',
      'PrintLastLog no',
      ...(this.banner === undefined ? [] : [`Banner ${join(folder, 'banner')}`]),
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    this.#said = '';
    const child = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    await waitFor(() => {
      if (!this.#said.includes('Server listening')) throw new Error(`sshd does not listen: ${this.#said}`);
    });
    this.port = port;
  }

  /** What it has logged since its start. */
  get log(): string {
    return this.#said;
  }

  async stop(): Promise<void> {
    await endProcess(this.#child);
  }

  /** The block of ~/.ssh/config that leads here. */
  block(name: string, more: readonly string[] = []): string {
    return [
      `Host ${name}`,
      '  HostName 127.0.0.1',
      `  Port ${this.port}`,
      `  IdentityFile ${this.userKey}`,
      '  IdentitiesOnly yes',
      ...more.map((one) => `  ${one}`),
      '',
    ].join('\n');
  }
}

/** Stands in front of a server, and can be torn away with every connection. */
export async function wireTo(to: number): Promise<{ readonly port: number; readonly cut: () => void }> {
  const sockets: Socket[] = [];
  const wire = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const one of [near, far]) one.on('error', () => undefined);
    sockets.push(near, far);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    wire.close();
    for (const one of sockets) one.destroy();
  };
  return { port: (wire.address() as AddressInfo).port, cut };
}
