/**
 * The one window on Electron. Each document lives in a view of its own: the lock takes the view out of the window, which
 * hides it with the next picture whatever its renderer does, kills the renderer, and puts a fresh view in. Reloading one
 * view would be shorter, but then the old picture stays until the renderer answers.
 */
import type { Invisibility, Surface } from '../../src/types/words.ts';
import { BaseWindow, WebContentsView, type IpcMainEvent, type Rectangle, type Session, type WebContents } from 'electron';
import { SentenceError } from '../../src/types/sentence.ts';
import { ownMemory, ownsMemory } from '../../src/bridge/own-memory.ts';
import { origin, type HostWindow, type Peer, type RefusedByHost, type WindowPlace } from '../host.ts';
import { isFrame, isMessage, isPeer } from '../limits.ts';
import { inStartTime, isProven, missingPageError, replacedError, WindowListeners } from '../window/host-window.ts';
import { commandLine, killNow, processTree, rendererPids, whenGone } from '../../src/browser/processes.ts';
import { lookFor, type Look } from '../machine/x11-window.ts';
import { channels } from './channels.ts';
import { isLockKey } from './menu.ts';

/** A killed renderer is gone within milliseconds; its end is not waited for longer than this. */
const END_MS = 500;
/** Without proof that the page is not to be seen any more, the window is destroyed after this long. A proof takes 30 to 100 ms. */
const PROOF_MS = 300;

/** Where a window was, for one that takes its place. */
export interface Placement {
  readonly bounds: Rectangle;
  readonly maximized: boolean;
}

export interface WindowOptions {
  readonly session: Session;
  readonly preload: string;
  readonly rendererFolder: string;
  readonly width: number;
  readonly height: number;
  /** Of the window that this one takes the place of. */
  readonly placement: Placement | undefined;
  readonly icon: string;
  /** The window as the screen has it; undefined where nobody can look (Wayland, macOS). Asked at each use. */
  readonly look: () => Promise<(() => Promise<Look>) | undefined>;
  /** The window was destroyed, because it could not be shown to be dark. */
  readonly onKilled: (placement: Placement) => void;
  /** Told which surface stands in the window, and which document may be loaded, once. */
  readonly expect: (surface: Surface | undefined) => void;
  /** The lock's key was pressed on the way to the page. */
  readonly onLockKey: () => void;
  readonly onRefused: (what: RefusedByHost) => void;
}

interface Current {
  readonly view: WebContentsView;
  readonly contents: WebContents;
  readonly pending: Map<number, () => void>;
  readonly replaced: Promise<never>;
  readonly replace: () => void;
  /** The document runs: from now on a death is not part of loading. */
  settled: boolean;
}

export class ElectronWindow extends WindowListeners implements HostWindow {
  readonly #options: WindowOptions;
  readonly #window: BaseWindow;
  #current: Current | undefined;
  #frameNumber = 0;
  /** Counts shows and blanks: the later one wins. */
  #changes = 0;
  #isClosed = false;
  /** How it is known that nothing is to be seen, while nothing is. */
  #known: Invisibility = 'gone';
  #proof: Promise<Invisibility> | undefined;
  #creating = false;

  constructor(options: WindowOptions) {
    super();
    this.#options = options;
    this.#window = new BaseWindow({
      title: 'Wardmux',
      width: options.width,
      height: options.height,
      minWidth: 640,
      minHeight: 400,
      icon: options.icon,
      // What is seen while there is no page.
      backgroundColor: '#111417',
      ...options.placement?.bounds,
    });
    if (options.placement?.maximized) this.#window.maximize();
    // Keeps other programs from taking pictures of the window, where the system knows how (macOS and Windows).
    this.#window.setContentProtection(true);
    this.#window.on('resize', () => this.#fit());
    // What changes the room for the page without changing the window, a menu bar for example, tells only here.
    this.#window.contentView.on('bounds-changed', () => this.#fit());
    this.#window.on('closed', () => this.#close());
  }

  /** True while we make web contents ourselves: all others are strangers. */
  get creating(): boolean {
    return this.#creating;
  }

  async raise(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.focus();
  }

  async show(surface: Surface): Promise<void> {
    const number = ++this.#changes;
    await Promise.all([this.#clear(), this.#proof]);
    if (this.#isClosed || number !== this.#changes) throw replacedError(surface);
    this.#known = 'unknown';
    const current = this.#create(surface);
    const { contents } = current;
    this.#options.expect(surface);
    const died = new Promise<never>((_, reject) => {
      contents.once('render-process-gone', (_event, { reason }) => reject(new SentenceError(`The page ${surface} ended while it started (${reason}).`)));
    });
    const loaded = this.#load(current, surface);
    for (const promise of [died, loaded, current.replaced]) promise.catch(() => {});
    try {
      await inStartTime(surface, Promise.race([loaded, died, current.replaced]));
      current.settled = true;
    } catch (error) {
      if (this.#current === current) await this.#clear();
      throw error;
    }
  }

  async #load({ contents }: Current, surface: Surface): Promise<void> {
    // Nothing of ours is stored. What something else of the page before has stored is not there for this one.
    await this.#options.session.clearStorageData();
    if (contents.isDestroyed()) throw replacedError(surface);
    let status = 0;
    contents.once('did-navigate', (_event, _url, code) => (status = code));
    const ready = new Promise<void>((resolve) => contents.once('dom-ready', () => resolve()));
    await contents.loadURL(`${origin}/${surface}.html`);
    if (status !== 200) throw missingPageError(surface, this.#options.rendererFolder);
    await ready;
  }

  async blank(): Promise<Invisibility> {
    this.#changes++;
    const cleared = this.#clear();
    if (this.#known === 'unknown' && !this.#isClosed) return (this.#proof ??= this.#prove(cleared).finally(() => (this.#proof = undefined)));
    await cleared;
    return this.#known;
  }

  /**
   * The view is out of the window and its renderer gone: this is so in the browser's own book, which the process that draws may
   * not have read yet, or will not where it is stopped. So the screen is looked at. Where nobody can, or it does not change in
   * time, the window itself goes, whose surface is the browser's to destroy.
   */
  async #prove(cleared: Promise<void>): Promise<Invisibility> {
    const dark = cleared.then(() => this.#sees(['plain', 'hidden', 'gone']));
    if (await isProven(dark, PROOF_MS)) return (this.#known = 'gone');
    if (this.#isClosed) return this.#known;
    const placement = { bounds: this.#window.getNormalBounds(), maximized: this.#window.isMaximized() };
    // Nobody is told of this end: whoever asked for the dark gets its answer.
    this.#isClosed = true;
    this.#window.destroy();
    this.#known = 'killed';
    const look = await this.#options.look().catch(() => undefined);
    // The screen was seen not to change: the process that draws it has been stopped, or hangs. The browser starts another one.
    if (look) killNow(processTree(process.pid).filter((pid) => commandLine(pid).includes('--type=gpu-process')));
    if (
      look &&
      !(await isProven(
        this.#sees(['gone']).catch(() => true),
        PROOF_MS,
      ))
    )
      this.#known = 'unknown';
    this.#options.onKilled(placement);
    return this.#known;
  }

  /** False where nobody can look, or in vain. */
  async #sees(wanted: readonly Look[]): Promise<boolean> {
    const look = await this.#options.look();
    return look !== undefined && lookFor(look, wanted, PROOF_MS);
  }

  /** Takes the document out of the window and ends its renderer. */
  async #clear(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    this.#options.expect(undefined);
    if (!current) return;
    current.replace();
    for (const done of current.pending.values()) done();
    current.pending.clear();
    const { contents } = current;
    if (!this.#isClosed) this.#window.contentView.removeChildView(current.view);
    if (contents.isDestroyed()) return;
    // No unload handlers, no goodbye: the process and its memory end here. SIGKILL by ourselves, because Electron's own way
    // asks the renderer to abort, which a stopped one does not do and which leaves a core dump with its text.
    const renderers = rendererProcesses(contents);
    killNow(renderers);
    await whenGone(renderers, END_MS);
    if (!contents.isDestroyed()) contents.close({ waitForBeforeUnload: false });
  }

  post(text: string): void {
    const contents = this.#current?.contents;
    if (contents && !contents.isDestroyed()) contents.send(channels.message, text);
  }

  postFrame(peer: Peer, bytes: Uint8Array): Promise<void> {
    const current = this.#current;
    if (!current || current.contents.isDestroyed()) return Promise.resolve();
    if (!isFrame(bytes)) return Promise.reject(new RangeError('A frame to the page is empty or too large.'));
    const id = ++this.#frameNumber;
    return new Promise((resolve) => {
      current.pending.set(id, resolve);
      current.contents.send(channels.frame, id, peer, ownMemory(bytes));
    });
  }

  async rendererPid(): Promise<number | undefined> {
    const contents = this.#current?.contents;
    return contents && !contents.isDestroyed() ? contents.getOSProcessId() || undefined : undefined;
  }

  async place(): Promise<WindowPlace | undefined> {
    if (this.#isClosed) return undefined;
    const { x, y, width, height } = this.#window.getNormalBounds();
    return { left: x, top: y, width, height, maximized: this.#window.isMaximized() };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#clear();
    if (this.#isClosed) return;
    this.#window.destroy();
    this.#close();
  }

  #create(surface: Surface): Current {
    this.#creating = true;
    const view = new WebContentsView({
      webPreferences: {
        session: this.#options.session,
        preload: this.#options.preload,
        // The renderer has the operating system's sandbox, and no Node anywhere.
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        // The preload's world is not the page's: a page cannot reach what the preload has.
        contextIsolation: true,
        webSecurity: true,
        allowRunningInsecureContent: false,
        experimentalFeatures: false,
        webviewTag: false,
        plugins: false,
        // Nothing that is typed goes to a dictionary service.
        spellcheck: false,
        // Developer tools would be another renderer that holds the text.
        devTools: false,
        zoomFactor: 1,
        // A file dropped on the window must not become its page.
        navigateOnDragDrop: false,
        // alert() and its like could be made to look like our own questions.
        disableDialogs: true,
        safeDialogs: true,
        // Middle clicks open nothing.
        disableBlinkFeatures: 'Auxclick',
        // No compiled code of a page on disk.
        v8CacheOptions: 'none',
        // The lock counts time also behind other windows.
        backgroundThrottling: false,
        enableWebSQL: false,
      },
    });
    this.#creating = false;
    view.setBackgroundColor('#111417');
    const contents = view.webContents;
    let replace = (): void => {};
    const replaced = new Promise<never>((_, reject) => (replace = () => reject(replacedError(surface))));
    replaced.catch(() => {});
    const current: Current = { view, contents, pending: new Map(), replaced, replace, settled: false };
    this.#guard(contents);
    const own = (event: IpcMainEvent): boolean => this.#current === current && event.senderFrame === contents.mainFrame && event.senderFrame.origin === origin;
    contents.ipc.on(channels.message, (event, text: unknown) => {
      if (own(event) && isMessage(text)) this.messages.emit(text);
      else this.#options.onRefused('message');
    });
    contents.ipc.on(channels.frame, (event, peer: unknown, bytes: unknown) => {
      // The preload copies. What comes with more memory than it shows does not come from ours.
      if (own(event) && isPeer(peer) && isFrame(bytes) && ownsMemory(bytes)) this.frames.emit(peer, bytes);
      else this.#options.onRefused('message');
    });
    contents.ipc.on(channels.taken, (event, id: unknown) => {
      if (!own(event) || typeof id !== 'number') return;
      current.pending.get(id)?.();
      current.pending.delete(id);
    });
    contents.on('render-process-gone', (_event, { reason }) => {
      if (this.#current !== current || !current.settled) return;
      void this.#clear();
      this.gone.emit(`The page ended unexpectedly (${reason}).`);
    });
    // A document that was not asked for, a reload for example, has got a refusal in place of a page: it counts as gone.
    contents.on('did-navigate', () => {
      if (this.#current !== current || !current.settled) return;
      void this.#clear();
      this.gone.emit('The page left.');
    });
    this.#current = current;
    this.#window.contentView.addChildView(view);
    this.#fit();
    contents.focus();
    return current;
  }

  /** Nothing leads out of the document. */
  #guard(contents: WebContents): void {
    const deny = (what: RefusedByHost) => (event: { preventDefault(): void }) => {
      event.preventDefault();
      this.#options.onRefused(what);
    };
    contents.setWindowOpenHandler(() => {
      this.#options.onRefused('window');
      return { action: 'deny' };
    });
    contents.on('will-navigate', deny('navigation'));
    contents.on('will-frame-navigate', deny('navigation'));
    contents.on('will-redirect', deny('redirection'));
    contents.on('will-attach-webview', deny('embedded-page'));
    contents.on('devtools-opened', () => {
      contents.closeDevTools();
      this.#options.onRefused('browser-part');
    });
    // Every key is the page's: Electron has no keys of its own where there is no menu.
    contents.on('before-input-event', (event, input) => {
      if (!isLockKey(input)) return;
      event.preventDefault();
      this.#options.onLockKey();
    });
    // A page may not keep itself from being closed.
    contents.on('will-prevent-unload', (event) => event.preventDefault());
  }

  #fit(): void {
    const view = this.#current?.view;
    if (!view || this.#isClosed) return;
    const { width, height } = this.#window.getContentBounds();
    view.setBounds({ x: 0, y: 0, width, height });
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#known = 'gone';
    void this.#clear();
    this.closed.emit();
  }
}

/** Where the system shows them all our renderers, there is one window; else that of the document. */
function rendererProcesses(contents: WebContents): number[] {
  const pid = contents.getOSProcessId();
  return [...new Set([...(pid > 0 ? [pid] : []), ...rendererPids(process.pid)])];
}
