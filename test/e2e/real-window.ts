/** The shipped app, started as `npm start` starts it, in a real window on a screen of its own, used by keyboard from outside. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askApp, socketPath } from '../../src/control/ask.ts';
import type { AppFacts } from '../../src/control/verbs.ts';
import { openDisplay, readIfThere, type Display } from '../support/display.ts';
import { initialise } from './initialised.ts';
import { passphrase, root, until } from './support.ts';

/** `--fg` of the light and of the dark theme. */
const ink = /--fg: light-dark\(#(\w+), #(\w+)\)/
  .exec(readFileSync(join(root, 'renderer', 'shared', 'tokens.css'), 'utf8'))!
  .slice(1)
  .map((hex) => Number.parseInt(hex, 16));
/** The lock page's filled button is wider than this, in points, at every size. */
const BUTTON = 150;
/** A lock page that cannot be seen (ms), as below another window, is typed at all the same. */
const PAGE_MS = 10_000;
/** An attempt is entered before anything is derived. Within this time (ms) there is one, or what was typed went nowhere. */
const ATTEMPT_MS = 1500;
/** A shell with the focus has run a command of a few letters within this time (ms); on a busy machine it runs it twice, which does no harm. */
const FOCUS_MS = 400;

/** Whether the lock page's filled button is on the screen. */
export const showsLockButton = (display: Display): boolean => display.hasBlock(ink, BUTTON);

export interface RealApp {
  readonly display: Display;
  readonly child: ChildProcess;
  readonly folder: string;
  readonly home: string;
  /** What the app said on stderr. */
  said(): string;
  wardmux(...args: string[]): string;
  /** What `wardmux status --json` says. */
  status(): AppFacts;
  /** The same, asked at the socket: a wait that starts a command for each look would keep the machine from what it waits for. */
  facts(): Promise<AppFacts>;
  /** Resolves when the lock page stands, or a page that looks like it. */
  lockPage(): Promise<void>;
  /** Types the passphrase at the lock page until the app is unlocked. @returns when the key that ended it was pressed: ms since the epoch */
  enterPassphrase(): Promise<number>;
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
  if (!size.on && (size.initialised ?? true)) initialise(folder);
  if (size.as) execFileSync('chown', ['-R', `${size.as.uid}:${size.as.gid}`, folder]);
  const child = spawn(size.as?.node ?? process.execPath, [join(place, 'dist', 'start.mjs')], {
    env: { ...env, ...size.starter },
    ...account,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const status = (): AppFacts => JSON.parse(wardmux('status', '--json')) as AppFacts;
  const socket = socketPath(home, env);
  // The socket takes questions of its own account only.
  const facts = size.as ? async () => status() : () => askApp(socket, 'status', keyOf(home));
  const entered = (pattern: RegExp): number => readIfThere(join(home, 'ledger', 'events.jsonl'))?.match(pattern)?.length ?? 0;
  const attempts = (): number => entered(/"action":"unlock\.attempt"/g);
  const failures = (): number => entered(/"action":"unlock",.*"outcome":"failure"/g);
  let marks = 0;
  const app: RealApp = {
    display,
    child,
    folder,
    home,
    said: () => text,
    wardmux,
    status,
    facts,
    lockPage: () => until(() => showsLockButton(display), 'the lock page', PAGE_MS),
    async enterPassphrase() {
      let pressed = 0;
      // The field has the focus as soon as the page stands. Typing too early is typed into nothing, or the second half of it is a failure:
      // then it is tried again.
      await until(async () => {
        await app.lockPage().catch(() => undefined);
        const before = [attempts(), failures()] as const;
        display.key('ctrl+a');
        display.type(passphrase);
        display.key('Return');
        pressed = Date.now();
        const isUnlocked = async (): Promise<boolean> => (await facts()).state === 'unlocked';
        if (!(await soon(() => attempts() > before[0], ATTEMPT_MS))) return isUnlocked();
        await until(async () => failures() > before[1] || (await isUnlocked()), 'what came of the attempt');
        return isUnlocked();
      }, 'the unlocked app');
      return pressed;
    },
    async unlock() {
      await app.enterPassphrase();
      await until(async () => (await facts()).shells > 0, 'a shell');
      // The shell has the focus once the workspace stands; what is typed before that is typed into nothing.
      // A name that was never used, and a new line first: a word that was typed half is no part of the command.
      const name = `f${++marks}`;
      await until(() => {
        display.type(`\ntouch ~/${name}\n`);
        return soon(() => readIfThere(join(folder, name)) !== undefined, FOCUS_MS);
      }, 'a shell with the focus');
    },
    async run(line) {
      const mark = join(folder, `mark-${++marks}`);
      display.type(`${line}; touch ${mark}\n`);
      await until(() => readIfThere(mark) !== undefined, `the end of: ${line}`);
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
    await until(async () => (await facts()).state !== undefined, 'the app to answer');
  } catch (error) {
    await app.stop();
    throw new Error(`the app did not start: ${text}`, { cause: error });
  }
  return app;
}

/** Of the installation that is there by now: answers are signed by it. */
function keyOf(home: string): Buffer | undefined {
  const text = readIfThere(join(home, 'installation.json'));
  return text === undefined ? undefined : Buffer.from((JSON.parse(text) as { publicKey: string }).publicKey, 'base64url');
}

async function soon(condition: () => boolean, ms: number): Promise<boolean> {
  try {
    await until(condition, 'it', ms);
    return true;
  } catch {
    return false;
  }
}
