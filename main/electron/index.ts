/** The host on Electron. Call `prepareElectron` before the app is ready, and this after. */
import type { Surface } from '../../src/types/words.ts';
import { app, powerMonitor, type Session } from 'electron';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Child, ChildName, Host, HostSignal, HostWindow, RefusedByHost } from '../host.ts';
import { Listeners } from '../../src/types/listeners.ts';
import { watchSignals } from '../machine/signals.ts';
import { watchX11Window, type WindowWatch } from '../machine/x11-window.ts';
import { clearClipboard } from './clipboard.ts';
import { forkUtility } from './child.ts';
import { setMacMenu } from './menu.ts';
import { passkeyLimit } from './passkeys.ts';
import { openSession } from './session.ts';
import { ElectronWindow, type Placement } from './window.ts';
import { SentenceError } from '../../src/types/sentence.ts';

/** A cell of the default font in pixels, and the face's own line and rules, to open the window at a size in cells. */
const CELL = { width: 9, height: 20, extraWidth: 40, extraHeight: 80 };

export interface ElectronHostOptions {
  /** Where pty-host.mjs, vault-host.mjs, audit-host.mjs, preload.cjs and assets/ lie. */
  readonly distFolder: string;
  /** The data folder. */
  readonly home: string;
  /** What `prepareElectron` gave: removed at the end. */
  readonly temporaryFolder: string;
  readonly entries?: Partial<Record<ChildName, string>>;
  readonly env?: NodeJS.ProcessEnv;
  /** For tests: another way to look at the window. `gone` is told when another program has destroyed it. */
  readonly watch?: (env: NodeJS.ProcessEnv, gone: () => void) => WindowWatch;
}

/** Our window as the X server has it. Electron makes the class of the app's name. On Wayland it finds none. */
function watchOwnWindow(env: NodeJS.ProcessEnv, gone: () => void): WindowWatch {
  return watchX11Window({ env, pid: process.pid, wmClass: 'Wardmux', gone });
}

export async function createElectronHost(options: ElectronHostOptions): Promise<Host> {
  const env = options.env ?? process.env;
  const signals = new Listeners<[HostSignal]>();
  const children = new Set<Child>();
  let window: ElectronWindow | undefined;
  let expected: { readonly surface: Surface; taken: boolean } | undefined;
  let session: Session | undefined;
  /** Of a window that was destroyed because it could not be shown to be dark. */
  let placement: Placement | undefined;
  let quitting: Promise<void> | undefined;
  const refused = new Listeners<[RefusedByHost]>();
  const onRefused = (what: RefusedByHost): void => void refused.emit(what);

  powerMonitor.on('suspend', () => signals.emit('suspend'));
  powerMonitor.on('resume', () => signals.emit('resume'));
  powerMonitor.on('lock-screen', () => signals.emit('os-lock'));
  // Prevented: the system waits until we have sealed and locked and this process has ended. Its declaration has no event.
  (powerMonitor as NodeJS.EventEmitter).on('shutdown', (event: { preventDefault(): void }) => {
    event.preventDefault();
    signals.emit('shutdown');
  });
  // On Linux Electron does not hear the desktop's lock; the bus does. The watch on the clock is for all systems.
  const machine = watchSignals(process.platform === 'linux' ? env : undefined);
  machine.onSignal((signal) => signals.emit(signal));

  // The app ends when it has sealed and locked, not when its window is closed.
  app.on('window-all-closed', () => {});
  app.on('before-quit', (event) => {
    if (quitting) return;
    event.preventDefault();
    signals.emit('shutdown');
  });
  app.on('second-instance', () => void window?.raise());

  // Whatever web contents come into being by any way: none may open, leave or embed anything.
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-attach-webview', (event) => event.preventDefault());
    if (window?.creating) return;
    // Developer tools, a window, whatever: it is not our page. Not before it is whole, or it cannot be closed.
    setImmediate(() => {
      if (!contents.isDestroyed()) contents.close();
    });
    onRefused('browser-part');
  });
  app.on('browser-window-created', (_event, stranger) => setImmediate(() => stranger.destroy()));

  async function open(opening: Parameters<Host['open']>[0]): Promise<HostWindow> {
    if (window) throw new SentenceError('The window is open already.');
    if (quitting) throw new SentenceError('Wardmux is ending.');
    // One session for every window: its handlers can be set once only.
    session ??= openSession({
      rendererFolder: opening.rendererFolder,
      surface: () => expected?.surface,
      takeDocument: (pathname) => {
        if (!expected || expected.taken || pathname !== `/${expected.surface}.html`) return false;
        expected.taken = true;
        return true;
      },
      onRefused,
    });
    const gone = (): void => void opened.close();
    const watch = (options.watch ?? watchOwnWindow)(env, gone);
    const opened: ElectronWindow = new ElectronWindow({
      session,
      preload: join(options.distFolder, 'preload.cjs'),
      rendererFolder: opening.rendererFolder,
      width: (opening.cols ?? 140) * CELL.width + CELL.extraWidth,
      height: (opening.rows ?? 40) * CELL.height + CELL.extraHeight,
      placement:
        placement ?? (opening.place && { bounds: { ...opening.place, x: opening.place.left, y: opening.place.top }, maximized: opening.place.maximized }),
      look: async () => ((await watch.watching) ? watch.look : undefined),
      onKilled: (left) => {
        placement = left;
        over();
      },
      icon: join(options.distFolder, 'assets', 'icons', '256x256.png'),
      expect: (surface) => (expected = surface && { surface, taken: false }),
      onLockKey: () => void signals.emit('menu'),
      onRefused,
    });
    const over = (): void => {
      watch.stop();
      if (window === opened) window = undefined;
    };
    placement = undefined;
    window = opened;
    opened.onClosed(over);
    if (process.platform === 'darwin') setMacMenu({ lock: () => void signals.emit('menu'), quit: () => void signals.emit('shutdown') });
    return opened;
  }

  async function quit(): Promise<void> {
    machine.stop();
    await Promise.all([window?.close(), ...[...children].map((child) => child.kill())]);
    rmSync(options.temporaryFolder, { recursive: true, force: true });
  }

  return {
    name: 'electron',
    description: `open in Electron ${process.versions['electron'] ?? ''}, because its runtime is installed.`.replace(' ,', ','),
    passkeyLimit: passkeyLimit(process.platform),
    open,
    fork(name) {
      const child = forkUtility(name, options.entries?.[name] ?? join(options.distFolder, `${name}.mjs`), env, onRefused);
      children.add(child);
      child.onExit(() => children.delete(child));
      return child;
    },
    clearClipboard,
    idleSeconds: async () => powerMonitor.getSystemIdleTime(),
    onSignal: (listener) => signals.add(listener),
    onRefused: (listener) => refused.add(listener),
    // Whoever called ends the process with app.exit: `before-quit` does not hold it up any more.
    quit: () => (quitting ??= quit()),
  };
}
