/** The host on an installed Chromium, Chrome or Edge, driven over the DevTools pipe. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Child, ChildName, Host, HostWindow, RefusedByHost, WindowOpening } from '../host.ts';
import { NoWindowError } from '../window/host-window.ts';
import { Listeners } from '../../src/types/listeners.ts';
import { idleReader } from '../machine/idle.ts';
import { sweepTemporaryFolders } from '../../src/browser/owned-folder.ts';
import { watchSignals } from '../machine/signals.ts';
import { X11Selections } from '../machine/x11-selections.ts';
import { lookFor, watchX11Window, type WindowWatch } from '../machine/x11-window.ts';
import { plainPath } from '../../src/disk/held-folder.ts';
import { kindOf, SentenceError } from '../../src/types/sentence.ts';
import { inTime } from '../../src/time/in-time.ts';
import { Browser, BrowserStartError } from '../../src/browser/browser.ts';
import { forkChild } from './child.ts';
import { DevToolsError, type DevTools } from '../../src/browser/devtools.ts';
import { findBrowser, NoBrowserError, type InstalledBrowser } from '../../src/browser/find.ts';
import { browserEnvironment, browserFlags, windowClass } from '../../src/browser/flags.ts';
import { chosenGround, groundAddress } from './ground.ts';
import { createProfile, defaultRunFolder, type Profile } from '../../src/browser/profile.ts';
import { tiedToUs } from '../../src/browser/tied.ts';
import { startFailure } from '../../src/browser/start-failure.ts';
import { ChromiumWindow } from './window.ts';

/** A cell of the default font in pixels, and the face's own line and rules, to open the window at a size in cells. */
const CELL = { width: 9, height: 20, extraWidth: 40, extraHeight: 80 };
/** A killed process, and the window of one, are gone within a few milliseconds; more is for a machine in trouble. */
const KILL_MS = 1000;

export interface ChromiumHostOptions {
  /** Where pty-host.mjs, vault-host.mjs and audit-host.mjs lie. */
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
  /** The pipe to the browser, once it is open: the tests' library speaks through it too. */
  readonly devtools: DevTools | undefined;
}

/** @throws NoWindowError */
function foundBrowser(env: NodeJS.ProcessEnv): InstalledBrowser {
  try {
    return findBrowser(env);
  } catch (error) {
    throw error instanceof NoBrowserError ? new NoWindowError(`No window can be opened: ${error.message}`, { cause: error }) : error;
  }
}

/** Finds a browser; throws an Error with a sentence when there is none. The window opens with `open`. */
export async function createChromiumHost(options: ChromiumHostOptions): Promise<ChromiumHost> {
  const env = options.env ?? process.env;
  const headless = options.headless ?? false;
  const installed = foundBrowser(env);
  const root = process.getuid?.() === 0;
  const signals = watchSignals(env);
  const selections = new X11Selections(env);
  const refused = new Listeners<[RefusedByHost]>();
  const children = new Set<Child>();
  let profile: Profile | undefined;
  let browser: Browser | undefined;
  let window: ChromiumWindow | undefined;
  let watch: WindowWatch | undefined;
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

  async function open(opening: WindowOpening): Promise<HostWindow> {
    if (isOpen) throw new SentenceError('The window is open already.');
    if (quitting) throw new SentenceError('Wardmux is ending.');
    isOpen = true;
    const number = ++asked;
    return inTurn(() => launch(opening, number));
  }

  async function launch(opening: WindowOpening, number: number): Promise<HostWindow> {
    launched = number;
    const appearance = opening.appearance ?? (() => ({ theme: 'system', contrast: false }) as const);
    const parent = options.runFolder ?? defaultRunFolder(env);
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    sweepTemporaryFolders(env);
    profile = createProfile(parent, chosenGround(appearance()));
    const width = (opening.cols ?? 140) * CELL.width + CELL.extraWidth;
    const height = (opening.rows ?? 40) * CELL.height + CELL.extraHeight;
    try {
      const { theme } = appearance();
      const tied = tiedToUs(
        installed.path,
        browserFlags({ profileFolder: profile.folder, headless, dark: theme === 'dark', root, width, height, place: opening.place }),
      );
      const started = await Browser.start({
        ...tied,
        env: browserEnvironment(env, { profileFolder: profile.folder, temp: profile.temp, theme }),
        folder: profile.folder,
        ...(headless ? {} : { opens: groundAddress }),
      });
      browser = started.browser;
      const { devtools, pid } = browser;
      devtools.browser.on('Browser.downloadWillBegin', () => refused.emit('download'));
      // The browser does not notice when another program destroys its window: for the person it is closed all the same.
      watch = headless ? undefined : watchX11Window({ env, pid, wmClass: windowClass, gone: () => void window?.close() });
      await devtools.browser.send('Browser.setDownloadBehavior', { behavior: 'deny', eventsEnabled: true });
      window = await ChromiumWindow.open({
        devtools,
        browserPid: pid,
        targetId: started.page.targetId,
        letGo: started.page.letGo,
        rendererFolder: opening.rendererFolder,
        appearance,
        place: opening.place,
        headless: headless ? { width, height } : undefined,
        look: async () => (watch && !options.blind && (await watch.watching) ? watch.look : undefined),
        kill: () => kill(number),
        onRefused: (what) => refused.emit(what),
      });
      // A browser without a window holds nothing that is wanted: it goes, and its profile with it.
      const opened = window;
      opened.onClosed(() => {
        isOpen = false;
        // What it takes to look goes with the browser.
        void inTurn(() =>
          opened
            .blank()
            .catch(() => undefined)
            .then(endBrowser),
        );
      });
      return opened;
    } catch (error) {
      isOpen = false;
      await endBrowser();
      const said = error instanceof BrowserStartError ? error.said : '';
      const ended = error instanceof BrowserStartError || error instanceof DevToolsError || error instanceof SentenceError ? error.message : kindOf(error);
      throw new NoWindowError(`No window can be opened: ${startFailure(ended, said, { ...installed, env })}`, { cause: error });
    }
  }

  /** Kills the browser of a window and all below it, without a word to anybody. @returns true when they and their window are gone. */
  async function kill(number: number): Promise<boolean> {
    if (!browser || number !== launched) return true;
    const shown = watch;
    const left = await browser.kill(KILL_MS).catch(() => undefined);
    const seen = headless || !shown ? undefined : await windowGone(shown);
    if (number === asked) isOpen = false;
    void inTurn(async () => (number === launched ? endBrowser() : undefined));
    return left?.length === 0 && seen !== false;
  }

  /** Undefined where no window is watched. A display that does not answer in time knows nothing: false. */
  async function windowGone(shown: WindowWatch): Promise<boolean | undefined> {
    const looked = async (): Promise<boolean | undefined> => ((await shown.watching) ? lookFor(shown.look, ['gone'], KILL_MS) : undefined);
    return inTime(
      looked().catch(() => false),
      KILL_MS,
      () => false,
    );
  }

  /** Whatever of it fails: the next window is opened in a fresh browser. */
  async function endBrowser(): Promise<void> {
    watch?.stop();
    watch = undefined;
    await browser?.end().catch(() => undefined);
    try {
      profile?.remove();
    } catch {
      // It needs files too. A start after our end removes what still says that it is ours (owned-folder.ts).
    }
    profile = undefined;
    browser = undefined;
    window = undefined;
  }

  async function quit(): Promise<void> {
    signals.stop();
    selections.close();
    await Promise.all([inTurn(endBrowser), ...[...children].map((child) => child.kill())]);
  }

  return {
    name: 'chromium',
    description:
      `open in ${installed.name} (${installed.path}), because ${options.because ?? 'the Electron runtime is not installed'}.` +
      (root ? ' You are root, so the browser runs without its sandbox: use an ordinary account for real work.' : ''),
    passkeyLimit: undefined,
    get browserPid() {
      return browser?.pid;
    },
    get devtools() {
      return browser?.devtools;
    },
    get profileFolder() {
      return profile?.folder;
    },
    open,
    fork(name) {
      const child = forkChild(options.entries?.[name] ?? plainPath(join(options.distFolder, `${name}.mjs`)), env);
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
