/** Starts the whole app in-process on the shipped Chromium host, headless, with a clock that the test turns. */
import type { Surface } from '../../src/types/words.ts';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CDPSession, Locator, Page } from 'playwright-core';
import { App } from '../../main/app.ts';
import { createChromiumHost, type ChromiumHost } from '../../main/chromium/index.ts';
import type { Clock } from '../../src/time/clock.ts';
import type { Display } from '../support/display.ts';
import { PageDriver } from '../support/page-driver.ts';
import { PATIENCE_MS } from '../support/wait-for.ts';

export const root = resolve(import.meta.dirname, '../..');
export const distFolder = join(root, 'dist');
export const passphrase = 'gloves on at night shift';
export { PATIENCE_MS };

/** Time that stands still until the test moves it. */
export class TestClock implements Clock {
  #now = 1_000_000;
  now(): number {
    return this.#now;
  }
  after(): () => void {
    return () => {};
  }
  advance(ms: number): void {
    this.#now += ms;
  }
}

export interface Running {
  readonly app: App;
  readonly host: ChromiumHost;
  readonly clock: TestClock;
  readonly home: string;
  readonly folder: string;
  /** The page that stood when `surface` or `driver.ready` was awaited last. */
  readonly page: Page;
  readonly driver: PageDriver;
  surface(wanted: Surface): Promise<void>;
  /** Stops the app; the data folder stays for the test until `remove`. */
  stop(): Promise<void>;
  remove(): void;
}

interface StartOptions {
  readonly folder?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** DISPLAY of a screen: the window is opened there. Without it the browser has none. */
  readonly display?: string;
  /** Where the app says its sentences. */
  readonly say?: (line: string) => void;
}

export async function start(options: StartOptions = {}): Promise<Running> {
  const running = await prepare(options);
  await running.app.open();
  await until(async () => (await running.driver.ready()) !== undefined, 'the page');
  return running;
}

/** The app before its window is opened. */
export async function prepare(options: StartOptions = {}): Promise<Running> {
  if (!existsSync(join(distFolder, 'renderer', 'lock.html'))) throw new Error('the app is not built: run npm test, or npm run build, first');
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'e2e-'));
  const home = join(folder, 'home');
  // A plain shell with a plain prompt: the tests look at what it prints. No bus: the file store is used, and said.
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: folder,
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    PS1: 'ready$ ',
    BASH_SILENCE_DEPRECATION_WARNING: '1',
    ...(options.display === undefined ? {} : { DISPLAY: options.display }),
    ...options.env,
  };
  const host = await createChromiumHost({ distFolder, home, headless: options.display === undefined, env, runFolder: join(folder, 'run') });
  const driver = new PageDriver(host);
  const clock = new TestClock();
  const app = App.create({ home, host, rendererFolder: join(distFolder, 'renderer'), clock, env, ...(options.say ? { say: options.say } : {}) });
  return {
    app,
    host,
    clock,
    home,
    folder,
    driver,
    get page() {
      return driver.page;
    },
    async surface(wanted) {
      await until(async () => app.surface === wanted && (await driver.ready()).url().endsWith(`/${wanted}.html`), `the ${wanted} page`);
    },
    stop: () => app.stop('closed'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Polls a condition; fails with its name. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, ms = PATIENCE_MS): Promise<void> {
  const end = Date.now() + ms;
  for (;;) {
    if (await (async () => condition())().catch(() => false)) return;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** A virtual authenticator with or without PRF, and with or without a way to ask who is there: a fresh one for each test, for a failed verification blocks it for good. */
export async function authenticator(
  page: Page,
  hasPrf: boolean,
  verifies = true,
  transport: 'internal' | 'usb' = 'internal',
): Promise<{ session: CDPSession; id: string }> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport,
      hasResidentKey: true,
      hasUserVerification: verifies,
      isUserVerified: verifies,
      automaticPresenceSimulation: true,
      hasPrf,
    } as never,
  });
  return { session, id: authenticatorId };
}

/**
 * The command line of this checkout, as a script would call it. The app runs in this process and may hold the ledger's
 * lock at any moment: waiting for the command must not keep it from letting go.
 */
export function wardmux(
  args: readonly string[],
  options: { readonly home: string; readonly passphrase?: string },
): Promise<{ status: number; stdout: string; stderr: string }> {
  const shell = options.passphrase === undefined ? '"$@"' : '"$@" 3<<<"$PASS"';
  return new Promise((resolve) => {
    const child = execFile(
      'bash',
      ['-c', shell, 'wardmux', join(root, 'bin', 'wardmux'), ...args],
      {
        env: { PATH: process.env['PATH'], HOME: options.home, WARDMUX_HOME: options.home, PASS: options.passphrase },
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

/** The first run's steps until the person and the audit key are made: the passkey's step comes next. */
export async function firstSteps({ page }: Running): Promise<void> {
  await page.locator('#name').fill('Mara Ueda');
  await page.keyboard.press('Enter');
  await page.locator('#passphrase').fill(passphrase);
  await page.locator('#again').fill(passphrase);
  await page.keyboard.press('Enter');
  await page.locator('#audit').waitFor();
  await page.keyboard.press('Enter');
}

/** Does the first run as a person does, by keyboard. With an authenticator the passkey is enrolled, without one it is skipped. */
export async function firstRun(running: Running, options: { readonly passkey: boolean }): Promise<void> {
  const { page } = running;
  await running.surface('setup');
  await firstSteps(running);
  if (options.passkey) {
    await page.getByRole('button', { name: /^Enrol a passkey/ }).click({ timeout: PATIENCE_MS });
    await page.getByText('same secret twice').waitFor({ timeout: PATIENCE_MS });
    await page.getByRole('button', { name: /^Next/ }).click();
  } else await page.getByRole('button', { name: /^Skip/ }).click({ timeout: PATIENCE_MS });
  await page.getByRole('button', { name: /^Open Wardmux/ }).click({ timeout: PATIENCE_MS });
  await running.surface('workspace');
  await prompt(running);
}

/** An event as the ledger has it, with what these tests look at. */
export interface Entered<Detail = Record<string, unknown>> {
  readonly action: string;
  readonly person?: string;
  readonly outcome?: string;
  readonly aal: number | null;
  readonly credential: string | null;
  readonly detail?: Detail;
}

/** The events that stand in the ledger by now, in their order: all, or those of one action. */
export const entered = <Detail = Record<string, unknown>>({ home }: Pick<Running, 'home'>, action?: string): Entered<Detail>[] =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
    .split('\n')
    // Behind the last end of a line nothing stands, or what is being written.
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Entered<Detail>)
    .filter((event) => action === undefined || event.action === action);

/** Waits until some pane shows a fresh prompt. */
export async function prompt(running: Running): Promise<void> {
  await until(async () => /[$#] /.test(await paneText(running)), 'a prompt');
}

/** All rows that the page shows, as the DOM renderer has them, whichever page it is. */
export async function shownRows({ page }: Pick<Running, 'page'>): Promise<string> {
  // As text, not as a function: the tests are typed without the DOM.
  return page.evaluate<string>(
    String.raw`[...document.querySelectorAll('.xterm-rows')].map((rows) => [...rows.children].map((row) => row.textContent ?? '').join('\n')).join('\n\f\n')`,
  );
}

/** All rows that the panes of the workspace show. The lock page that it has taken the place of answers too, with nothing, so that one is waited out. */
export async function paneText(running: Running): Promise<string> {
  await running.surface('workspace');
  return shownRows(running);
}

/** Types a command line and waits for a text that only its output has: one that stands there already would be waited for by nobody. */
export async function run(running: Running, line: string, expected: string): Promise<void> {
  if (line.includes(expected) || (await paneText(running)).includes(expected))
    throw new Error(`"${expected}" stands in a pane before the output of ${line}: nothing would be waited for`);
  await running.page.keyboard.type(`${line}\n`);
  await until(async () => (await paneText(running)).includes(expected), `"${expected}" in a pane`);
}

export async function unlockWithPassphrase(running: Running): Promise<void> {
  const field = await passphraseField(running);
  await field.fill(passphrase);
  await running.page.keyboard.press('Enter');
  await running.surface('workspace');
  await prompt(running);
}

/** Somebody comes in at a lock that asks who it is. @param name as they type it. @param words their passphrase. */
export async function comeIn(running: Running, name: string, words: string): Promise<void> {
  await running.surface('lock');
  await running.page.locator('#who').waitFor();
  await running.page.locator('#who').fill(name);
  await running.page.keyboard.press('Enter');
  await running.page.locator('input[type=password]').fill(words);
  await running.page.keyboard.press('Enter');
  await running.surface('workspace');
}

/** Waits until what is typed at the screen goes into the lock page's passphrase field. */
export async function takesPassphrase(running: Running): Promise<void> {
  await running.surface('lock');
  await until(() => running.page.evaluate<boolean>("document.activeElement?.type === 'password'"), 'the passphrase field with the focus');
}

/**
 * Unlocks with the keys of a real display, which can be lost while a page takes the place of another: they are typed anew then. Ends when the workspace's
 * own page stands and a pane of it has the keys: what is typed before that goes nowhere.
 */
export async function unlockByKeys(running: Running, display: Pick<Display, 'key' | 'type'>): Promise<void> {
  await takesPassphrase(running);
  await until(
    async () => {
      display.key('ctrl+a');
      display.type(passphrase);
      display.key('Return');
      await until(() => running.app.surface === 'workspace', 'the workspace', 4000);
      return true;
    },
    'the workspace',
    60_000,
  );
  await running.surface('workspace');
  await until(
    () => running.page.evaluate<boolean>("document.hasFocus() && document.activeElement?.classList.contains('xterm-helper-textarea')"),
    'a pane with the focus',
    60_000,
  );
}

/**
 * Presses the lock page's button for a passkey. A browser without a screen gives the focus to no page whose forerunner was killed (on a busy machine) until
 * it is asked to, and a ceremony needs it.
 */
export async function pressPasskey(running: Running): Promise<void> {
  await running.surface('lock');
  const { page } = running;
  const button = page.getByRole('button', { name: /^Unlock with passkey/ });
  await button.waitFor({ timeout: PATIENCE_MS });
  await page.bringToFront();
  await button.click();
}

/** The lock page's passphrase field: there at once for a person without a passkey, else behind its button. */
export async function passphraseField(running: Running): Promise<Locator> {
  // A lock may have taken the page, and its browser, away: the one before it has no field any more.
  await running.surface('lock');
  const field = running.page.locator('input[type=password]');
  const button = running.page.getByRole('button', { name: /^Passphrase/ });
  await field.or(button).first().waitFor({ timeout: PATIENCE_MS });
  if (!(await field.isVisible())) await button.click();
  return field;
}
