/**
 * The Electron host over a fake of its module: the contract, and every setting that keeps the window shut. The real runtime
 * is not needed, and not used here even where it is installed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { contentSecurityPolicy, type ChildName, type Host, type HostSignal, type HostWindow } from '../../main/host.ts';
import { temporaryPrefixes } from '../../src/browser/owned-folder.ts';
import { isRunning, markOf } from '../../src/disk/process-identity.ts';
import { forkUtility } from '../../main/electron/child.ts';
import { setMacMenu } from '../../main/electron/menu.ts';
import { createElectronHost } from '../../main/electron/index.ts';
import { prepareElectron } from '../../main/electron/prepare.ts';
import { keyName } from '../../src/mux/keys/names.ts';
import { listeningSockets } from '../support/sockets.ts';
import type { WindowWatch } from '../../main/machine/x11-window.ts';
import { waitFor } from '../support/wait-for.ts';
import * as fake from './electron-fake.ts';
import { childEntry, hostContract, listen, pagesFolder } from './suite.ts';

vi.mock('electron', () => import('./electron-fake.ts'));

beforeAll(async () => {
  // The same kind of build as the app's: one CommonJS file.
  const output = (await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: {
      write: false,
      ssr: true,
      minify: false,
      rolldownOptions: {
        input: fileURLToPath(new URL('../../main/electron/preload.ts', import.meta.url)),
        external: ['electron'],
        output: { format: 'cjs', codeSplitting: false },
      },
    },
  })) as Rolldown.RolldownOutput;
  expect(output.output).toHaveLength(1);
  fake.page.preload = output.output[0].code;
  const module = (await import('./pages/page.js' as string)) as { runTestPage: typeof fake.page.run };
  fake.page.run = module.runTestPage;
});

const source = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let home: string;
const refused: string[] = [];

/** Looks at the fake's screen. `blind`: as on Wayland and macOS. */
const watchScreen = (blind: boolean): WindowWatch => ({
  watching: Promise.resolve(!blind),
  look: async () => fake.screen(),
  stop: () => {},
});

async function makeHost(entries: Partial<Record<ChildName, string>> = { 'pty-host': childEntry, 'vault-host': childEntry }, blind = false): Promise<Host> {
  fake.reset();
  refused.length = 0;
  home = mkdtempSync(join(tmpdir(), 'wmx-'));
  const temporaryFolder = prepareElectron({ home });
  const host = await createElectronHost({
    distFolder: '/nonexistent',
    home,
    temporaryFolder,
    entries,
    watch: () => watchScreen(blind),
  });
  host.onRefused((what) => refused.push(what));
  return host;
}

hostContract('The Electron host', async () => ({
  host: await makeHost(),
  killRenderer: async () => fake.state.views.at(-1)!.webContents.dieOfItself('crashed'),
  closeByPerson: async () => fake.state.windows[0]!.close(),
  rendererLives: isRunning,
  cleanUp: async () => rmSync(home, { recursive: true, force: true }),
}));

describe('The Electron host', () => {
  let host: Host;
  let window: HostWindow;

  beforeEach(async () => {
    host = await makeHost();
    window = await host.open({ rendererFolder: pagesFolder });
  });
  afterEach(async () => {
    await host.quit();
    rmSync(home, { recursive: true, force: true });
  });

  test('says everything that must be said before the app is ready', async () => {
    expect(fake.state.sandboxed).toBe(true);
    for (const name of ['disable-background-networking', 'disable-component-update', 'disable-breakpad', 'disable-sync', 'disable-back-forward-cache'])
      expect(fake.state.switches.has(name)).toBe(true);
    expect(fake.state.switches.get('disable-features')).toContain('BackForwardCache');
    expect(fake.state.switches.has('no-sandbox')).toBe(false);
    expect(fake.state.switches.has('remote-debugging-port')).toBe(false);
    expect(fake.state.crashReporterStarted).toBe(false);
    const dumps = fake.state.paths.get('crashDumps')!;
    expect(dumps.startsWith(tmpdir())).toBe(true);
    expect(fake.state.paths.get('sessionData')!.startsWith(tmpdir())).toBe(true);
    await host.quit();
    expect(existsSync(join(dumps, '..'))).toBe(false);
  });

  test('gives every document the whole list of settings', async () => {
    for (const surface of ['setup', 'lock', 'workspace'] as const) await window.show(surface);
    expect(fake.state.views).toHaveLength(3);
    for (const { options } of fake.state.views) {
      expect(options.webPreferences).toMatchObject({
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        experimentalFeatures: false,
        webviewTag: false,
        plugins: false,
        spellcheck: false,
        devTools: false,
        navigateOnDragDrop: false,
        disableDialogs: true,
        disableBlinkFeatures: 'Auxclick',
        v8CacheOptions: 'none',
        preload: '/nonexistent/preload.cjs',
      });
      expect(options.webPreferences).not.toHaveProperty('enableBlinkFeatures');
    }
    expect(fake.state.windows).toHaveLength(1);
    expect(fake.state.windows[0]!.contentProtection).toBe(true);
  });

  test('has one view in the window, and none after a blank', async () => {
    await window.show('workspace');
    await window.show('lock');
    expect(fake.state.windows[0]!.contentView.children).toEqual([fake.state.views.at(-1)]);
    const blanking = window.blank();
    // At once, before the renderer has had a chance to say anything.
    expect(fake.state.windows[0]!.contentView.children).toEqual([]);
    await blanking;
    expect(fake.state.views.every(({ webContents }) => webContents.isDestroyed())).toBe(true);
    await waitFor(() => expect(fake.state.live.size).toBe(0));
  });

  test('ends a renderer by SIGKILL, a stopped one too, and leaves no core dump', async () => {
    await window.show('workspace');
    const pid = (await window.rendererPid())!;
    process.kill(pid, 'SIGSTOP');
    await window.blank();
    expect(isRunning(pid)).toBe(false);
    expect(fake.state.coreDumps).toEqual([]);
  });

  test('says that nothing is to be seen when the screen shows it, in the same window', async () => {
    await window.show('workspace');
    expect(fake.screen()).toBe('picture');
    expect(await window.blank()).toBe('gone');
    expect(fake.screen()).toBe('plain');
    expect(await window.blank()).toBe('gone');
    await window.show('lock');
    expect(fake.state.windows).toHaveLength(1);
  });

  test('a picture that stays is destroyed with its window, and another one opens in its place', async () => {
    let closed = 0;
    window.onClosed(() => closed++);
    await window.show('workspace');
    fake.state.windows[0]!.maximize();
    expect(fake.screen()).toBe('picture');
    fake.state.frozen = true;
    const gpu = spawn('sleep', ['infinity'], { argv0: 'electron --type=gpu-process', stdio: 'ignore' });
    process.kill(gpu.pid!, 'SIGSTOP');
    const [first, second] = await Promise.all([window.blank(), window.blank()]);
    expect([first, second, fake.screen()]).toEqual(['killed', 'killed', 'gone']);
    expect(await window.blank()).toBe('killed');
    expect(closed).toBe(0);
    // It is killed; that it is reaped too takes a turn of this process.
    await waitFor(() => expect(isRunning(gpu.pid!)).toBe(false));
    await expect(window.show('lock')).rejects.toThrow(/replaced/);
    fake.state.frozen = false;
    window = await host.open({ rendererFolder: pagesFolder });
    await window.show('lock');
    expect(fake.state.windows[1]!.getNormalBounds()).toEqual({ x: 120, y: 90, width: 1300, height: 880 });
    expect(fake.state.windows[1]!.isMaximized()).toBe(true);
  });

  test('where nobody can look the window goes at every lock', async () => {
    const own = await makeHost(undefined, true);
    try {
      const blind = await own.open({ rendererFolder: pagesFolder });
      expect(await blind.blank()).toBe('gone');
      await blind.show('workspace');
      expect(await blind.blank()).toBe('killed');
      expect(fake.screen()).toBe('gone');
    } finally {
      await own.quit();
    }
  });

  test('the page fills the window to its last row, and Alt opens no menu bar over it', async () => {
    await window.show('workspace');
    const [own] = fake.state.windows;
    const fits = (): void => {
      const { width, height } = own!.getContentBounds();
      expect(fake.state.views.at(-1)!.bounds).toEqual({ x: 0, y: 0, width, height });
    };
    fits();
    const before = own!.getContentBounds();
    own!.pressAlt();
    fits();
    expect(own!.getContentBounds()).toEqual(before);
  });

  test('hears nothing more from a window that the person has closed, and touches nothing of it', async () => {
    await window.show('workspace');
    fake.state.windows[0]!.close();
    await waitFor(() => expect(fake.state.live.size).toBe(0));
    fake.app.emit('second-instance');
    await window.blank();
    await expect(window.show('lock')).rejects.toThrow();
  });

  test.each([childEntry, source('src/pty/main.ts'), source('src/vault/main.ts')])(
    '%s ends when main is gone, which its own port does not tell',
    async (entry) => {
      const own = await makeHost({ 'pty-host': entry });
      try {
        const child = own.fork('pty-host');
        let ready = false;
        child.onMessage(() => (ready = true));
        // Each answers something: the pty host says what is wrong with it.
        child.post({ do: 'nothing' });
        await waitFor(() => expect(ready).toBe(true));
        const { process: helper } = fake.state.forks.at(-1)!;
        const pid = helper.processId;
        helper.loseMain();
        await waitFor(() => expect(isRunning(pid)).toBe(false));
      } finally {
        await own.quit();
      }
    },
  );

  test('a shutdown of the system waits for the app', () => expect(fake.powerMonitor.shutDown()).toBe(true));

  test('serves our pages with the policy, once a show, and refuses every other place', async () => {
    const [own] = fake.state.sessions;
    const get = async (url: string, init?: RequestInit): Promise<Response> =>
      (await own!.handlers.get(new URL(url).protocol.slice(0, -1))!(new Request(url, init) as never)) as never;
    await window.show('lock');
    const script = await get('https://wardmux.localhost/page.js');
    expect(script.status).toBe(200);
    expect(script.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
    expect(script.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(script.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(script.headers.get('cache-control')).toBe('no-store');
    expect(script.headers.get('referrer-policy')).toBe('no-referrer');
    for (const url of [
      'https://wardmux.localhost/lock.html',
      'https://wardmux.localhost/workspace.html',
      'https://example.org/',
      'https://wardmux.localhost.example.org/page.js',
      'https://wardmux.localhost:8443/page.js',
      'http://wardmux.localhost/page.js',
      'file:///etc/passwd',
    ])
      expect((await get(url)).status, url).toBe(403);
    expect((await get('https://wardmux.localhost/page.js', { method: 'POST', body: 'x' })).status).toBe(403);
    expect((await get('https://wardmux.localhost/%2e%2e%2fsuite.js')).status).toBe(404);
    expect(own!.blocked!.urls).toEqual(['ws://*/*', 'wss://*/*']);
    expect(own!.blocked!.answer('wss://wardmux.localhost/')).toBe(true);
    expect(own!.partition).not.toMatch(/^persist:/);
    expect(own!.options).toEqual({ cache: false });
  });

  test('denies permissions, but for the clipboard: the workspace reads and writes it, the others only write', async () => {
    const [own] = fake.state.sessions;
    const contents = {} as never;
    const check = (permission: string, origin = 'https://wardmux.localhost/'): boolean =>
      own!.permissionCheck!(contents, permission as never, origin, {} as never);
    const request = (permission: string): boolean => {
      let answer = true;
      own!.permissionRequest!(contents, permission as never, (granted) => (answer = granted), { requestingUrl: 'https://wardmux.localhost/x' } as never);
      return answer;
    };
    const all = [
      'geolocation',
      'notifications',
      'media',
      'midi',
      'usb',
      'serial',
      'hid',
      'fullscreen',
      'openExternal',
      'display-capture',
      'fileSystem',
      'unknown',
    ];
    for (const surface of ['setup', 'lock', 'workspace'] as const) {
      await window.show(surface);
      for (const permission of all) expect([permission, check(permission), request(permission)]).toEqual([permission, false, false]);
      expect([surface, check('clipboard-read'), request('clipboard-read')]).toEqual([surface, surface === 'workspace', surface === 'workspace']);
      expect(check('clipboard-sanitized-write')).toBe(true);
      expect(check('clipboard-sanitized-write', 'https://example.org/')).toBe(false);
      expect(check('clipboard-read', 'https://example.org/')).toBe(false);
      expect(check('clipboard-read', '')).toBe(false);
    }
    await window.blank();
    expect(check('clipboard-read')).toBe(false);
    expect(own!.devicePermission!({} as never)).toBe(false);
    expect(own!.displayMedia).toBe(null);
    expect(own!.spellChecker).toBe(false);
  });

  test('nothing leads out of the document', async () => {
    await window.show('workspace');
    const { webContents } = fake.state.views.at(-1)!;
    expect(webContents.openWindow('https://wardmux.localhost/lock.html')).toEqual({ action: 'deny' });
    for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview', 'will-prevent-unload']) {
      const preventDefault = vi.fn();
      webContents.emit(event, { preventDefault }, 'https://wardmux.localhost/lock.html');
      expect(preventDefault, event).toHaveBeenCalled();
    }
    const preventDefault = vi.fn();
    fake.state.sessions[0]!.emit('will-download', { preventDefault });
    expect(preventDefault).toHaveBeenCalled();
    // Contents that come into being by any other way are shut too.
    const stranger = new fake.FakeWebContents(fake.state.sessions[0]!);
    expect(stranger.openWindow('about:blank')).toEqual({ action: 'deny' });
  });

  test('a document that leaves all the same counts as gone', async () => {
    const reasons: string[] = [];
    window.onRendererGone((reason) => reasons.push(reason));
    await window.show('workspace');
    const { webContents } = fake.state.views.at(-1)!;
    await webContents.loadURL('https://wardmux.localhost/workspace.html');
    expect(reasons).toEqual(['The page left.']);
    expect(await window.rendererPid()).toBeUndefined();
  });

  test('messages from another frame or another origin are refused', async () => {
    await window.show('workspace');
    const heard = listen(window);
    const { webContents } = fake.state.views.at(-1)!;
    const before = refused.length;
    webContents.ipc.emit('wardmux:message', { senderFrame: { origin: 'https://wardmux.localhost' } }, '{}');
    webContents.ipc.emit('wardmux:message', { senderFrame: null }, '{}');
    webContents.ipc.emit('wardmux:frame', { senderFrame: webContents.mainFrame }, 'somebody', Uint8Array.of(1));
    webContents.ipc.emit('wardmux:frame', { senderFrame: webContents.mainFrame }, 'pty', 'text');
    webContents.mainFrame.origin = 'https://example.org';
    webContents.ipc.emit('wardmux:message', { senderFrame: webContents.mainFrame }, '{}');
    expect(refused.length - before).toBe(5);
    expect(heard.messages.filter((message) => JSON.stringify(message) === '{}')).toEqual([]);
    expect(heard.frames).toEqual([]);
  });

  test('has no menu at all, and so no keys of the engine, but on macOS the words that its keys need', () => {
    expect(fake.state.menu).toBe(null);
    let locked = 0;
    setMacMenu({ lock: () => locked++, quit: () => {} });
    const items = fake.state.menu!.flatMap(({ submenu }) => submenu as { label?: string; role?: string; accelerator?: string; click?: () => void }[]);
    const lock = items.find(({ label }) => label === 'Lock')!;
    lock.click!();
    expect(locked).toBe(1);
    // Copy and paste have the system's own keys.
    expect(items.filter(({ role }) => role).map(({ role, accelerator }) => [role, accelerator])).toEqual([
      ['hide', undefined],
      ['copy', undefined],
      ['paste', undefined],
      ['selectAll', undefined],
    ]);
    // The page's key; ctrl-alt-l is the lock of KDE, Xfce and Cinnamon.
    expect([lock.accelerator, keyName({ key: 'L', code: 'KeyL', ctrlKey: true, shiftKey: true, altKey: false, metaKey: false })]).toEqual([
      'Control+Shift+L',
      'C-S-l',
    ]);
  });

  test("the lock's key locks before the page gets it, and every other key is the page's", async () => {
    const heard: HostSignal[] = [];
    host.onSignal((signal) => heard.push(signal));
    await window.show('workspace');
    const { webContents } = fake.state.views.at(-1)!;
    for (const key of ['F12', 'F5', 'F11', 'Alt', 'Escape', 'i', 'l', 'r'])
      for (const held of [{}, { control: true }, { control: true, alt: true }, { meta: true, shift: true }])
        expect(webContents.press({ key, ...held }), key).toBe(true);
    expect(heard).toEqual([]);
    expect(webContents.press({ key: 'L', control: true, shift: true })).toBe(false);
    expect(heard).toEqual(['menu']);
  });

  test('closes what is not our page, developer tools first, and says so', async () => {
    await window.show('workspace');
    const { webContents } = fake.state.views.at(-1)!;
    webContents.emit('devtools-opened');
    expect(webContents.devToolsClosed).toBe(1);
    const stranger = new fake.FakeWebContents(fake.state.sessions[0]!);
    await waitFor(() => expect(stranger.isDestroyed()).toBe(true));
    const strange = new fake.BaseWindow();
    fake.app.emit('browser-window-created', {}, strange);
    await waitFor(() => expect(strange.isDestroyed()).toBe(true));
    expect(refused).toEqual(['browser-part', 'browser-part']);
    expect(webContents.isDestroyed()).toBe(false);
  });

  test('storage is empty at every change of surface', async () => {
    for (const surface of ['setup', 'lock', 'workspace'] as const) await window.show(surface);
    expect(fake.state.sessions[0]!.cleared).toBe(3);
  });

  test('a helper gets no environment of ours where it should get nothing', async () => {
    const child = forkUtility('pty-host', childEntry, {}, () => {});
    const heard: { environment?: string[] }[] = [];
    child.onMessage((message) => heard.push(message as never));
    child.post({ do: 'environment' });
    await waitFor(() => expect(heard).toHaveLength(2));
    expect(heard[1]!.environment).not.toContain('PATH');
    await child.kill();
  });

  test('refuses views that bring more memory than they show, from a page and from a helper', async () => {
    await window.show('workspace');
    const heard = listen(window);
    const { webContents } = fake.state.views.at(-1)!;
    webContents.ipc.emit('wardmux:frame', { senderFrame: webContents.mainFrame }, 'pty', new Uint8Array(65536).subarray(100, 157));
    expect(heard.frames).toEqual([]);
    expect(refused).toEqual(['message']);
    const child = host.fork('pty-host');
    const messages: unknown[] = [];
    child.onMessage((message) => messages.push(message));
    fake.state.forks.at(-1)!.process.emit('message', { deep: [new Uint8Array(65536).subarray(100, 157)] });
    expect(messages).toEqual([]);
    expect(refused).toEqual(['message', 'message']);
  });

  test('the folder of a run that was killed is removed at the next start, one of a living run is not', () => {
    const gone = mkdtempSync(join(tmpdir(), temporaryPrefixes.electron));
    writeFileSync(join(gone, 'owner.json'), JSON.stringify({ ...markOf(), started: '1' }));
    const mine = fake.state.paths.get('sessionData')!;
    prepareElectron({ home });
    expect([existsSync(gone), existsSync(mine)]).toEqual([false, true]);
    rmSync(fake.state.paths.get('sessionData')!, { recursive: true });
  });

  test('empties both clipboards without a page, and says when it does not know', async ({ skip }) => {
    skip(process.platform !== 'linux', 'the middle button has a clipboard on Linux only');
    const both = [fake.clipboard, fake.clipboard.selection];
    for (const stuck of [undefined, ...both]) {
      for (const one of both) Object.assign(one, { text: 'a copied secret', stuck: one === stuck });
      expect(await host.clearClipboard()).toBe(true);
      expect(both.map(({ text }) => text)).toEqual(['', '']);
    }
    Object.assign(fake.clipboard.selection, { text: 'a copied secret', stuck: true, deaf: true });
    try {
      expect(await host.clearClipboard()).toBe(false);
    } finally {
      Object.assign(fake.clipboard.selection, { text: '', stuck: false, deaf: false });
    }
  });

  test('reports what the machine says and the idle time', async () => {
    const heard: HostSignal[] = [];
    host.onSignal((signal) => heard.push(signal));
    for (const event of ['suspend', 'resume', 'lock-screen']) fake.powerMonitor.emit(event);
    fake.powerMonitor.shutDown();
    expect(heard).toEqual(['suspend', 'resume', 'os-lock', 'shutdown']);
    expect(await host.idleSeconds()).toBe(7);
    // Quitting goes through the app, which seals and locks first.
    const preventDefault = vi.fn();
    fake.app.emit('before-quit', { preventDefault });
    expect(preventDefault).toHaveBeenCalled();
    expect(heard.at(-1)).toBe('shutdown');
    fake.app.emit('second-instance');
    expect(fake.state.windows[0]!.focused).toBe(1);
  });

  test('forks with a clean environment, no arguments for the engine, and no port', async () => {
    process.env['WARDMUX_TEST_TOKEN'] = 'secret';
    try {
      const child = host.fork('pty-host');
      expect(fake.state.forks.at(-1)).toMatchObject({ args: [], options: { execArgv: [] } });
      const heard: { environment?: string[]; execArgv?: string[] }[] = [];
      child.onMessage((message) => heard.push(message as never));
      child.post({ do: 'environment' });
      await waitFor(() => expect(heard.some(({ environment }) => environment)).toBe(true));
      const { environment, execArgv } = heard.find((message) => message.environment)!;
      expect(environment).not.toContain('WARDMUX_TEST_TOKEN');
      expect(environment).toContain('PATH');
      expect(execArgv).toEqual([]);
      expect(fake.state.forks[0]!.options.stdio).toEqual(['ignore', 'ignore', 'inherit']);
      expect(listeningSockets([process.pid, child.pid!])).toEqual([]);
    } finally {
      delete process.env['WARDMUX_TEST_TOKEN'];
    }
  });
});
