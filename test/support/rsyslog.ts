/** rsyslog with TLS on a port of its own, as an account without rights can run it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Issued } from './certificates.ts';
import { endProcess } from './end-process.ts';
import { waitFor } from './wait-for.ts';

/** On a machine where everybody works its start alone has taken more than ten seconds. */
const START_MS = 60_000;

/** Why there is no rsyslog with TLS here, or undefined where there is. */
export function noRsyslog(): string | undefined {
  const { status } = spawnSync('rsyslogd', ['-v'], { stdio: 'ignore', env: { PATH: `${process.env['PATH']}:/usr/sbin` } });
  const driver = ['/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so', '/usr/lib/rsyslog/lmnsd_gtls.so', '/usr/lib/aarch64-linux-gnu/rsyslog/lmnsd_gtls.so'];
  if (status !== 0) return 'rsyslogd is not installed: apt-get install rsyslog rsyslog-gnutls';
  return driver.some((path) => existsSync(path)) ? undefined : 'rsyslog has no TLS driver: apt-get install rsyslog-gnutls';
}

function connects(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}

export interface CollectorOptions {
  readonly server: Issued;
  /** PEM file: who may have signed the certificates of senders. */
  readonly ca: string;
  /** Whether a sender has to have a certificate. */
  readonly wantsCertificate?: boolean;
}

export class Collector {
  readonly folder = mkdtempSync(join(tmpdir(), 'wardmux-rsyslog-'));
  readonly log = join(this.folder, 'heads.log');
  port = 0;
  #options: CollectorOptions;
  #child: ChildProcess | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Starts it, on the same port as before where there was one. */
  async start(): Promise<void> {
    const { server, ca, wantsCertificate = false } = this.#options;
    const portFile = join(this.folder, 'port');
    const config = join(this.folder, 'rsyslog.conf');
    writeFileSync(
      config,
      `global(workDirectory="${this.folder}" defaultNetstreamDriver="gtls"
  defaultNetstreamDriverCAFile="${ca}" defaultNetstreamDriverCertFile="${server.certificate}" defaultNetstreamDriverKeyFile="${server.key}")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="${wantsCertificate ? 'x509/certvalid' : 'anon'}")
template(name="raw" type="string" string="%rawmsg%\\n")
input(type="imtcp" port="${this.port}" address="127.0.0.1" listenPortFileName="${portFile}")
action(type="omfile" file="${this.log}" template="raw")
`,
    );
    const child = spawn('rsyslogd', ['-n', '-f', config, '-i', join(this.folder, 'pid')], {
      stdio: 'ignore',
      env: { PATH: `${process.env['PATH']}:/usr/sbin` },
    });
    this.#child = child;
    await waitFor(async () => {
      if (child.exitCode !== null) throw new Error(`rsyslogd ended with status ${child.exitCode}`);
      // The file is written at the first start only, where the system chooses the port.
      this.port ||= Number(readFileSync(portFile, 'utf8').trim());
      await connects(this.port);
    }, START_MS);
  }

  /** Resolves when its process is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await endProcess(child, signal);
  }

  /** Whole lines that it wrote down. */
  lines(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n').slice(0, -1) : [];
  }
}
