/** The host on an installed Chromium, Chrome or Edge, driven over the DevTools pipe. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type BrowserContext, type CDPSession, type Page } from 'playwright-core';
import type { Child, ChildName, Host, HostWindow, RefusedByHost } from '../host.ts';
import { Listeners } from '../listeners.ts';
import { browserEnvironment, browserFlags, windowClass } from './flags.ts';
import { findBrowser } from './find.ts';
import { forkChild } from './child.ts';
import { idleReader } from '../machine/idle.ts';
import { killGroup, killNow, processTree, startedWith, whenGone } from '../machine/processes.ts';
import { isRunning } from '../../src/disk/process-identity.ts';
import { createProfile, defaultRunFolder, type Profile } from './profile.ts';
import { folderArgument, sweepTemporaryFolders } from '../machine/owned-folder.ts';
import { watchSignals } from '../machine/signals.ts';
import { tiedToUs } from './tied.ts';
import { ChromiumWindow } from './window.ts';
import { X11Selections } from '../machine/x11-selections.ts';
import { watchX11Window, type WindowWatch } from '../machine/x11-window.ts';
import { bringOntoScreen } from './place.ts';
import { SentenceError } from '../../src/types/sentence.ts';

/** A cell of the default font in pixels, and the face's own line and rules, to open the window at a size in cells. */
const CELL = { width: 9, height: 20, extraWidth: 40, extraHeight: 80 };
/** The browser shows its first page within 1 s on a slow machine; a start that takes longer than this has failed. */
const START_MS = 30_000;
/** A browser that does not end by itself in this time is killed. */
const QUIT_MS = 2000;
/** A killed process, and the window of one, are gone within a few milliseconds; more is for a machine in trouble. */
const KILL_MS = 1000;

type Opening = Parameters<Host['open']>[0];

export interface ChromiumHostOptions {
  /** Where pty-host.mjs and vault-host.mjs lie. */
  readonly distFolder: string;
  /** The data folder; the host keeps nothing in it. */
  readonly home: string;
  /** Parent of the browser's profile folder. Default: XDG_RUNTIME_DIR, else the system's temporary folder. */
  readonly runFolder?: string;
  /** For tests: no window on a screen. */
  readonly headless?: boolean;
  /** For tests: as on a screen that nobody can look at. */
  readonly blind?: boolean;
  /** For tests: other entries for the children. */
  readonly entries?: Partial<Record<ChildName, string>>;
  readonly env?: NodeJS.ProcessEnv;
  /** Why it is this host, for its description. */
  readonly because?: string;
}

export interface ChromiumHost extends Host {
  readonly name: 'chromium';
  /** Process id of the browser, once it is open. For tests and the canary. */
  readonly browserPid: number | undefined;
  /** The browser's private folder, once it is open. */
  readonly profileFolder: string | undefined;
  /** The driving library's page, for end-to-end tests only. It is another object after a crash. */
  page(): Page;
}

/** Finds a browser; throws an Error with a sentence when there is none. The window opens with `open`. */
export async function createChromiumHost(options: ChromiumHostOptions): Promise<ChromiumHost> {
  const env = options.env ?? process.env;
  const headless = options.headless ?? false;
  const browser = findBrowser(env);
  const root = process.getuid?.() === 0;
  const signals = watchSignals(env);
  const selections = new X11Selections(env);
  const refused = new Listeners<[RefusedByHost]>();
  const children = new Set<Child>();
  let profile: Profile | undefined;
  let context: BrowserContext | undefined;
  let window: ChromiumWindow | undefined;
  let watch: WindowWatch | undefined;
  let browserPid: number | undefined;
  /** True from the call of `open` until the window is closed or could not be opened. */
  let isOpen = false;
  /** Windows that were asked for, and the one whose browser was started last: what is asked of an older one must not meet the next. */
  let asked = 0;
  let launched = 0;
  /** The opening and the end of a browser, one after another: neither may meet half of the other. */
  let turn: Promise<unknown> = Promise.resolve();
  let quitting: Promise<void> | undefined;

  function inTurn<T>(what: () => Promise<T>): Promise<T> {
    const result = turn.then(what);
    turn = result.catch(() => undefined);
    return result;
  }

  async function open(opening: Opening): Promise<HostWindow> {
    if (isOpen) throw new SentenceError('The window is open already.');
    if (quitting) throw new SentenceError('Wardmux is ending.');
    isOpen = true;
    const number = ++asked;
    return inTurn(() => launch(opening, number));
  }

  async function launch(opening: Opening, number: number): Promise<HostWindow> {
    launched = number;
    const parent = options.runFolder ?? defaultRunFolder(env);
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    sweepTemporaryFolders(env);
    profile = createProfile(parent);
    const width = (opening.cols ?? 140) * CELL.width + CELL.extraWidth;
    const height = (opening.rows ?? 40) * CELL.height + CELL.extraHeight;
    try {
      const tied = tiedToUs(browser.path, browserFlags({ profileFolder: profile.folder, headless, root, width, height, place: opening.place }));
      context = await chromium.launchPersistentContext(profile.folder, {
        executablePath: tied.path,
        headless,
        // Our own list of switches, whole: see flags.ts.
        ignoreDefaultArgs: true,
        args: tied.args,
        env: browserEnvironment(env, profile.folder, profile.temp),
        artifactsDir: join(profile.temp, 'artifacts'),
        viewport: headless ? { width, height } : null,
        chromiumSandbox: !root,
        acceptDownloads: false,
        // Signals belong to the app: it seals and locks before it ends the browser.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
        timeout: START_MS,
      });
      const page = context.pages()[0] ?? (await context.waitForEvent('page', { timeout: START_MS }));
      const session: CDPSession = await context.browser()!.newBrowserCDPSession();
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      browserPid = processInfo.find(({ type }) => type === 'browser')?.id;
      if (browserPid === undefined) throw new Error('the browser does not say which process it is');
      session.on('Browser.downloadWillBegin', () => refused.emit('download'));
      // The browser does not notice when another program destroys its window: for the person it is closed all the same.
      watch = headless ? undefined : watchX11Window({ env, pid: browserPid, wmClass: windowClass, gone: () => void window?.close() });
      if (opening.place && !headless) await bringOntoScreen(session, page, opening.place).catch(() => undefined);
      await session.send('Browser.setDownloadBehavior', { behavior: 'deny', eventsEnabled: true });
      window = await ChromiumWindow.open(
        {
          context,
          browser: session,
          browserPid,
          rendererFolder: opening.rendererFolder,
          headless,
          look: async () => (watch && !options.blind && (await watch.watching) ? watch.look : undefined),
          kill: () => kill(number),
          onRefused: (what) => refused.emit(what),
        },
        page,
      );
      // A browser without a window holds nothing that is wanted: it goes, and its profile with it.
      const opened = window;
      opened.onClosed(() => {
        isOpen = false;
        // What it takes to look goes with the browser.
        void inTurn(() => opened.blank().then(endBrowser));
      });
      return opened;
    } catch (error) {
      isOpen = false;
      await endBrowser();
      throw new SentenceError(`${browser.name} (${browser.path}) could not be opened: ${firstLine(error)}`, { cause: error });
    }
  }

  /** Kills the browser of a window and all below it, without a word to anybody. @returns true when they and their window are gone. */
  async function kill(number: number): Promise<boolean> {
    if (browserPid === undefined || number !== launched) return true;
    const shown = watch;
    const folder = profile?.folder;
    // First what nothing can keep from working; then whoever is left is looked for.
    killGroup(browserPid);
    const left = await killTree(folder).catch(() => undefined);
    const seen = headless || !shown ? undefined : await windowGone(shown);
    if (number === asked) isOpen = false;
    void inTurn(async () => (number === launched ? endBrowser() : undefined));
    return left?.length === 0 && seen !== false;
  }

  /** @returns those that live on. @throws Error where the machine's processes cannot be listed */
  async function killTree(folder: string | undefined): Promise<number[]> {
    let left = treeNow(folder);
    // What a process has started while it was being killed is found by its folder.
    for (const end = performance.now() + KILL_MS; left.length > 0 && performance.now() < end; left = treeNow(folder)) {
      killNow(left);
      left = await whenGone(left, end - performance.now());
    }
    return left;
  }

  /** The browser's processes that live. */
  function treeNow(folder: string | undefined): number[] {
    const all = [...(browserPid === undefined ? [] : processTree(browserPid)), ...(folder === undefined ? [] : startedWith(folderArgument(folder)))];
    return [...new Set(all)].filter(isRunning);
  }

  /** Undefined where no window is watched. A display that does not answer in time knows nothing: false. */
  async function windowGone(shown: WindowWatch): Promise<boolean | undefined> {
    const late = new Promise<false>((resolve) => setTimeout(resolve, KILL_MS, false));
    const looked = async (): Promise<boolean | undefined> => {
      if (!(await shown.watching)) return undefined;
      for (const end = performance.now() + KILL_MS; performance.now() < end; await new Promise((resolve) => setTimeout(resolve, 5)))
        if ((await shown.look()) === 'gone') return true;
      return false;
    };
    return Promise.race([looked().catch(() => false), late]);
  }

  async function endBrowser(): Promise<void> {
    watch?.stop();
    watch = undefined;
    const tree = browserPid === undefined ? [] : processTree(browserPid);
    const closing = context?.close().catch(() => {});
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, QUIT_MS).unref())]);
    killNow(await whenGone(tree, QUIT_MS / 4));
    await whenGone(tree, QUIT_MS);
    profile?.remove();
    profile = undefined;
    context = undefined;
    window = undefined;
    browserPid = undefined;
  }

  async function quit(): Promise<void> {
    signals.stop();
    selections.close();
    await Promise.all([inTurn(endBrowser), ...[...children].map((child) => child.kill())]);
  }

  return {
    name: 'chromium',
    description:
      `opening in ${browser.name} (${browser.path}), because ${options.because ?? 'the Electron runtime is not installed'}.` +
      (root ? ' You are root, so the browser runs without its sandbox: use an ordinary account for real work.' : ''),
    passkeyLimit: undefined,
    get browserPid() {
      return browserPid;
    },
    get profileFolder() {
      return profile?.folder;
    },
    page() {
      if (!window) throw new SentenceError('The window is not open.');
      return window.page;
    },
    open,
    fork(name) {
      const child = forkChild(options.entries?.[name] ?? join(options.distFolder, `${name}.mjs`), env);
      children.add(child);
      child.onExit(() => children.delete(child));
      return child;
    },
    async clearClipboard() {
      if (!headless && (await watch?.watching)) return selections.clear();
      return (await window?.clearClipboard()) ?? false;
    },
    idleSeconds: idleReader(env),
    onSignal: (listener) => signals.onSignal(listener),
    onRefused: (listener) => refused.add(listener),
    quit: () => (quitting ??= quit()),
  };
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // The library adds a log of the whole command line after the first line.
  return text.split('\n')[0]!.replace(/^\w+(\.\w+)*: /, '');
}
