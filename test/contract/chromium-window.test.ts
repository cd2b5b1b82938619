/** The Chromium host's window on a screen (Xvfb): the lock's kill path, which a headless page does not take. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createChromiumHost, type ChromiumHost } from '../../main/chromium/index.ts';
import { origin, type HostWindow } from '../../main/host.ts';
import { commandLine, processTree, rendererPids } from '../../src/browser/processes.ts';
import { isRunning } from '../../src/disk/process-identity.ts';
import { waitFor } from '../support/wait-for.ts';
import { listen, pagesFolder } from './suite.ts';

/** Xvfb chooses a free display itself and writes its number to the given descriptor. */
async function startDisplay(size = '1440x900'): Promise<{ display: string; server: ChildProcess }> {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', `${size}x24`, '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const number = await new Promise<string>((resolve, reject) => {
    server.on('error', reject);
    server.stdio[3]!.once('data', (data: Buffer) => resolve(data.toString().trim()));
  });
  return { display: `:${number}`, server };
}

test('A lock on the screen kills the old renderer, leaves no dump, and shows the next page in the same window', async ({ skip }) => {
  skip(!existsSync('/usr/bin/Xvfb'), 'Xvfb is not installed');
  const { display, server } = await startDisplay();
  const runFolder = mkdtempSync(join(tmpdir(), 'wmx-'));
  const host = await createChromiumHost({ distFolder: '/nonexistent', home: runFolder, runFolder, env: { ...process.env, DISPLAY: display } });
  try {
    const window = await host.open({ rendererFolder: pagesFolder });
    const reasons: string[] = [];
    window.onRendererGone((reason) => reasons.push(reason));
    const heard = listen(window);
    for (let i = 0; i < 3; i++) {
      await window.show('workspace');
      const pid = (await window.rendererPid())!;
      expect(isRunning(pid)).toBe(true);
      await window.blank();
      expect(isRunning(pid)).toBe(false);
      heard.messages.length = 0;
      await window.show('lock');
      await waitFor(() => expect(heard.messages).toEqual([{ hello: 'lock' }]));
    }
    expect(reasons).toEqual([]);
    // A death that is not our doing is told, and the window lives on.
    await window.show('workspace');
    process.kill((await window.rendererPid())!, 'SIGKILL');
    await waitFor(() => expect(reasons).toHaveLength(1));
    heard.messages.length = 0;
    await window.show('lock');
    await waitFor(() => expect(heard.messages).toEqual([{ hello: 'lock' }]));
    const files = readdirSync(host.profileFolder!, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => /\.(dmp|meta)$/.test(name))).toEqual([]);
  } finally {
    await host.quit();
    server.kill();
    rmSync(runFolder, { recursive: true, force: true });
  }
});

describe('From a lock page that stands', () => {
  let display: string;
  let server: ChildProcess;
  let runFolder: string;
  let host: ChromiumHost;
  let window: HostWindow;
  let typedInto: number;
  let heard: ReturnType<typeof listen>;
  const unasked: string[] = [];
  beforeEach(async ({ skip }) => {
    skip(!existsSync('/usr/bin/Xvfb'), 'Xvfb is not installed');
    ({ display, server } = await startDisplay());
    runFolder = mkdtempSync(join(tmpdir(), 'wmx-'));
    host = await createChromiumHost({ distFolder: '/nonexistent', home: runFolder, runFolder, env: { ...process.env, DISPLAY: display } });
    window = await host.open({ rendererFolder: pagesFolder });
    unasked.length = 0;
    window.onRendererGone((reason) => unasked.push(reason));
    host.onRefused((what) => unasked.push(what));
    heard = listen(window);
    await window.show('lock');
    await waitFor(() => expect(heard.messages).toEqual([{ hello: 'lock' }]));
    typedInto = (await window.rendererPid())!;
  });
  afterEach(async () => {
    await host.quit();
    server.kill();
    rmSync(runFolder, { recursive: true, force: true });
  });

  test('the workspace comes straight, in a process of its own, and the one in which a passphrase was typed is gone', async () => {
    // Where the browser went, as it tells: to no empty page in between.
    const addresses: string[] = [];
    host.devtools!.onEvent((method, params) => {
      if (method === 'Page.frameNavigated') addresses.push((params as { frame: { url: string } }).frame.url);
    });
    await window.show('workspace');
    const shows = (await window.rendererPid())!;
    expect([isRunning(typedInto), shows === typedInto, isRunning(shows)]).toEqual([false, false, true]);
    expect(rendererPids(host.browserPid!)).toEqual([shows]);
    await waitFor(() => expect(heard.messages).toEqual([{ hello: 'lock' }, { hello: 'workspace' }]));
    expect(addresses).toEqual([`${origin}/workspace.html`]);
    expect(unasked).toEqual([]);
  });

  test('a lock that comes meanwhile leaves neither page', async () => {
    const showing = window.show('workspace').then(
      () => 'shown',
      () => 'not shown',
    );
    expect(await window.blank()).not.toBe('unknown');
    expect(await showing).toBe('not shown');
    expect(isRunning(typedInto)).toBe(false);
    expect(heard.messages).toEqual([{ hello: 'lock' }]);
    expect(unasked).toEqual([]);
  });
});

describe.each([
  ['looked at', false, '1440x900'],
  ['smaller than the window, so that its line cannot be seen', false, '1280x800'],
  ['blind, so that a picture drawn in time is the proof', true, '1440x900'],
])('A screen that is %s', (_, blind, size) => {
  test('knows a page to be gone; a browser that draws no more is killed with its window, and another one opens', async ({ skip }) => {
    skip(!existsSync('/usr/bin/Xvfb'), 'Xvfb is not installed');
    const { display, server } = await startDisplay(size);
    const runFolder = mkdtempSync(join(tmpdir(), 'wmx-'));
    const host = await createChromiumHost({ distFolder: '/nonexistent', home: runFolder, runFolder, blind, env: { ...process.env, DISPLAY: display } });
    try {
      let window = await host.open({ rendererFolder: pagesFolder });
      // A picture that is drawn in time is a matter of the machine's time: where there is none, killing is right too.
      const known: string[] = [];
      for (let i = 0; i < 10 && !known.includes('gone'); i++) {
        await window.show('workspace');
        known.push(await window.blank());
        if (known.at(-1) === 'killed') window = await host.open({ rendererFolder: pagesFolder });
      }
      expect(known).toContain('gone');
      for (const type of ['gpu-process', 'browser']) {
        let closed = 0;
        window.onClosed(() => closed++);
        await window.show('workspace');
        const tree = processTree(host.browserPid!);
        const victim = type === 'browser' ? host.browserPid! : tree.find((pid) => commandLine(pid).includes(`--type=${type}`))!;
        process.kill(victim, 'SIGSTOP');
        expect(await window.blank()).toBe('killed');
        expect(tree.filter(isRunning)).toEqual([]);
        // Whoever asked has its answer: nobody is told of a person who closed the window.
        expect(closed).toBe(0);
        expect(await window.blank()).toBe('killed');
        await expect(window.show('lock')).rejects.toThrow();
        window = await host.open({ rendererFolder: pagesFolder });
        await window.show('lock');
      }
    } finally {
      await host.quit();
      server.kill();
      rmSync(runFolder, { recursive: true, force: true });
    }
  });
});
