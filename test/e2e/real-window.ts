/** The shipped app, started as `npm start` starts it, in a real window on a screen of its own, used by keyboard from outside. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDisplay, readIfThere, type Display } from '../support/display.ts';
import { passphrase, root, until } from './support.ts';

export interface RealApp {
  readonly display: Display;
  readonly child: ChildProcess;
  readonly folder: string;
  readonly home: string;
  /** What the app said on stderr. */
  said(): string;
  wardmux(...args: string[]): string;
  status(): { state: string; shells: number };
  /** Types the passphrase at the lock page until the app is unlocked. */
  enterPassphrase(): Promise<void>;
  /** Unlocks, and waits until a shell has the focus. */
  unlock(): Promise<void>;
  /** Types a command line, and waits until its shell has run it. */
  run(line: string): Promise<void>;
  stop(): Promise<void>;
}

/** The app as another account of the machine uses it: the folder that it is installed in, and that account. */
export interface OtherAccount {
  readonly install: string;
  readonly node: string;
  readonly uid: number;
  readonly gid: number;
}

export async function openRealApp(
  size: {
    width?: number;
    height?: number;
    initialised?: boolean;
    env?: NodeJS.ProcessEnv;
    starter?: NodeJS.ProcessEnv;
    as?: OtherAccount;
    /** A screen, and an installation, that are there already. The test removes the folder. */
    on?: { readonly display: Display; readonly folder: string; readonly home: string };
  } = {},
): Promise<RealApp> {
  const place = size.as?.install ?? root;
  const account = size.as ? { uid: size.as.uid, gid: size.as.gid } : {};
  const folder = size.on?.folder ?? mkdtempSync(join(tmpdir(), 'real-'));
  const home = size.on?.home ?? join(folder, 'home');
  if (size.as) chownSync(folder, size.as.uid, size.as.gid);
  const display = size.on?.display ?? (await openDisplay(size.width, size.height));
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: folder,
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    DISPLAY: display.name,
    WARDMUX_HOME: home,
    XDG_RUNTIME_DIR: undefined,
    TMPDIR: folder,
    ...size.env,
  };
  const wardmux = (...args: string[]): string =>
    execFileSync(join(place, 'bin', 'wardmux'), args, { env, ...account, cwd: '/', encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (!size.on && (size.initialised ?? true)) {
    execFileSync(
      'bash',
      [
        '-c',
        `"$0" init --name "Mara Ueda" --passphrase-fd 3 --audit-key-out "$1" 3<<<"${passphrase}"`,
        join(place, 'bin', 'wardmux'),
        join(folder, 'audit-key.json'),
      ],
      { env, ...account, cwd: '/', stdio: 'ignore' },
    );
  }
  const child = spawn(size.as?.node ?? process.execPath, [join(place, 'dist', 'start.mjs')], {
    env: { ...env, ...size.starter },
    ...account,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const status = (): { state: string; shells: number } => JSON.parse(wardmux('status', '--json')) as { state: string; shells: number };
  let marks = 0;
  const app: RealApp = {
    display,
    child,
    folder,
    home,
    said: () => text,
    wardmux,
    status,
    async enterPassphrase() {
      // The field has the focus as soon as the page stands; typing too early is typed into nothing, so it is tried again:
      // not before the first attempt has had its time, for one that was typed half is a failure, and failures are held back.
      await until(
        () => {
          display.key('ctrl+a');
          display.type(passphrase);
          display.key('Return');
          return settled(() => status().state === 'unlocked');
        },
        'the unlocked app',
        30_000,
      );
    },
    async unlock() {
      await app.enterPassphrase();
      await until(() => status().shells > 0, 'a shell');
      // The shell has the focus once the workspace stands; what is typed before that is typed into nothing.
      // A name that was never used, and a new line first: a word that was typed half is no part of the command.
      const mark = join(folder, `focused-${++marks}`);
      await until(
        () => {
          display.type(`\ntouch ${mark}\n`);
          return settled(() => readIfThere(mark) !== undefined);
        },
        'a shell with the focus',
        30_000,
      );
    },
    async run(line) {
      const mark = join(folder, `mark-${++marks}`);
      display.type(`${line}; touch ${mark}\n`);
      await until(() => readIfThere(mark) !== undefined, `the end of: ${line}`, 20_000);
    },
    async stop() {
      // A test may have ended it.
      const ended = child.exitCode !== null || child.signalCode !== null ? undefined : new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      display.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await until(() => status().state !== undefined, 'the app to answer', 30_000);
  } catch (error) {
    await app.stop();
    throw new Error(`the app did not start: ${text}`, { cause: error });
  }
  return app;
}

async function settled(condition: () => boolean): Promise<boolean> {
  try {
    await until(condition, 'it', 3000);
    return true;
  } catch {
    return false;
  }
}
