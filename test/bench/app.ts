/** The whole app for the benchmarks: a first run by the command line, then the app itself in this process. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import type { ChromiumWindow } from '../../main/chromium/window.ts';
import { hear } from './hear.ts';

const root = resolve(import.meta.dirname, '../..');
export const patienceMs = 120_000;
export const passphrase = 'bench passphrase, of no value';

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${patienceMs / 1000} s for ${what}`);
    await new Promise((next) => setTimeout(next, 5));
  }
}

/** @param version whose `wardmux init` it is: the root of a built clone */
export function initHome(folder: string, version = root): { readonly home: string } {
  const home = join(folder, 'data');
  const secret = join(folder, 'passphrase');
  writeFileSync(secret, `${passphrase}\n`, { mode: 0o600 });
  const script = `exec "$1" init --name Bench --passphrase-fd 3 --audit-key-out "$2" 3< "$3"`;
  execFileSync('sh', ['-c', script, 'sh', join(version, 'bin/wardmux'), join(folder, 'audit-key.json'), secret], {
    env: { ...process.env, WARDMUX_HOME: home },
    stdio: 'ignore',
  });
  return { home };
}

export interface BenchApp {
  readonly surface: string | undefined;
  readonly lockPage: boolean;
  readonly lease: number;
  /** How long main took for what the lock page asked last, in ms. */
  readonly facts: number | undefined;
  /** Opens a page that is not ours. @returns ms until it was closed, from the moment in which the browser had told of it. */
  strange(): Promise<number>;
  /** The page as it is now. */
  page(): Promise<Page>;
  readonly browserPid: number | undefined;
  lock(): Promise<void>;
  stop(): Promise<void>;
}

export async function startApp(folder: string, home: string, options: { readonly headless: boolean; readonly display?: string }): Promise<BenchApp> {
  const { App } = await import('../../main/app.ts');
  const { createChromiumHost } = await import('../../main/chromium/index.ts');
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'], HOME: folder, SHELL: '/bin/sh', ENV: '', LANG: 'C.UTF-8', DISPLAY: options.display };
  const distFolder = join(root, 'dist');
  const host = await createChromiumHost({ distFolder, home, headless: options.headless, env, runFolder: join(folder, 'run') });
  const heard = hear(host);
  const { PageDriver } = await import('../support/page-driver.ts');
  const driver = new PageDriver(host);
  const app = await App.start({ home, host, rendererFolder: join(distFolder, 'renderer'), env });
  return {
    get surface() {
      return app.surface;
    },
    get lockPage() {
      return app.surface === 'lock' && heard.lockPage();
    },
    get lease() {
      return heard.lease();
    },
    get facts() {
      return heard.facts();
    },
    async strange() {
      const { closedTargets } = app.window as ChromiumWindow;
      const before = closedTargets.length;
      const session = await (await driver.ready()).context().browser()!.newBrowserCDPSession();
      await session.send('Target.createTarget', { url: 'about:blank' });
      const page = (): { readonly ms: number } | undefined => closedTargets.slice(before).find(({ type }) => type === 'page');
      await until(() => page() !== undefined, 'the end of a strange page');
      await session.detach();
      return page()!.ms;
    },
    page: () => driver.ready(),
    get browserPid() {
      return host.browserPid;
    },
    lock: () => app.lock('hotkey'),
    stop: () => app.stop('closed'),
  };
}
