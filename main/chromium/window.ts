/**
 * The one window on Chromium. It speaks the DevTools protocol on a session of its own (Runtime.addBinding and
 * Runtime.evaluate: under 1 ms a round trip, where the library's own bindings take over 5), so that it goes on working
 * after a renderer has died.
 */
import type { Invisibility, Surface } from '../../src/types/words.ts';
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { origin, type Disposable, type HostWindow, type Peer, type RefusedByHost, type WindowPlace } from '../host.ts';
import { isFrame } from '../limits.ts';
import { Listeners } from '../listeners.ts';
import { ownUrl, servePage } from '../pages.ts';
import { guardChords } from '../../src/bridge/browser-chords.ts';
import { bindingName, fetchExpression, frameExpression, messageExpression, pageScript, readPayload } from './bridge.ts';
import { LARGE_FRAME_BYTES, LargeFrames } from './large-frames.ts';
import { killNow, rendererPids, treeRuns, whenGone } from '../machine/processes.ts';
import type { Look } from '../machine/x11-window.ts';
import { placeOf } from './place.ts';
import { TargetGuard } from './targets.ts';
import { SentenceError } from '../../src/types/sentence.ts';
import { forgetTyped } from './typed.ts';

/** A headless page that has not left after this long is not asked any more: its process is killed. Leaving takes 5 to 20 ms. */
const LEAVE_MS = 50;
/** Old renderers end by themselves within about 50 ms after the navigation; those that do not are killed. */
const END_MS = 500;
/** Without proof that the page is not to be seen any more, the browser is killed after this long, so that its end is within 400 ms. A proof takes 20 to 100 ms. */
const PROOF_MS = 250;
/** Between two looks at the screen. A look takes 2 to 5 ms. */
const LOOK_MS = 4;
/** A browser writes to the clipboard within milliseconds, or not at all: without the focus its promise stays open. */
const CLIPBOARD_MS = 500;
/** A browser that does not close its page in this time has been stopped, or hangs. */
const CLOSE_MS = 500;
/** A built page is on the screen in well under a second; ten are for a machine in trouble. */
const START_MS = 10_000;

/**
 * The workspace may copy, and paste from its own menu; the browser asks nobody then. The lock may
 * clear the clipboard; it and the first run may not read what the person before has copied.
 */
const permissions: Readonly<Record<Surface, readonly string[]>> = {
  setup: ['clipboardSanitizedWrite'],
  lock: ['clipboardSanitizedWrite'],
  workspace: ['clipboardReadWrite', 'clipboardSanitizedWrite'],
};

/** A frame that is fetched is sealed; it must not be kept all the same. */
const frameHeaders: Readonly<Record<string, string>> = { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' };

export interface WindowOptions {
  readonly context: BrowserContext;
  /** Session with the browser itself. */
  readonly browser: CDPSession;
  readonly browserPid: number;
  readonly rendererFolder: string;
  readonly headless: boolean;
  /** The window as the screen has it; undefined where there is none, or where nobody can look (Wayland). Asked at each use. */
  readonly look: () => Promise<(() => Promise<Look>) | undefined>;
  /** Kills the browser and all below it. @returns true when they, and the window with them, are gone. */
  readonly kill: () => Promise<boolean>;
  /** Told about every request and message that was refused, without its content. */
  readonly onRefused: (what: RefusedByHost) => void;
}

export class ChromiumWindow implements HostWindow {
  readonly #options: WindowOptions;
  readonly #messages = new Listeners<[string]>();
  readonly #frames = new Listeners<[Peer, Uint8Array]>();
  readonly #gone = new Listeners<[string]>();
  readonly #closed = new Listeners<[]>();
  /** Resolvers of frames that the page has not taken yet. */
  readonly #pending = new Set<() => void>();
  #page!: Page;
  #session!: CDPSession;
  #targets!: TargetGuard;
  #script: string | undefined;
  /** Counts shows and blanks: whatever belongs to an older number is dropped. */
  #generation = 0;
  /** Frames to the document of this generation. */
  #frameCount = 0;
  #large = new LargeFrames();
  /** True from the moment the document of this generation is asked for. */
  #live = false;
  /** The one document that may be loaded now, once. */
  #expected: string | undefined;
  #documentStatus = 0;
  #documentReady: (() => void) | undefined;
  #crashed = false;
  /** A document of ours is or was in the window since it last was at about:blank. */
  #dirty = false;
  /** The document runs in a renderer of its own: a crash from now on is not our doing. */
  #settled = false;
  #crashHeard: (() => void) | undefined;
  /** The browser has told of the end of the last document. */
  #heardEnd = false;
  /** How it is known that nothing is to be seen, while nothing is. */
  #known: Invisibility = 'gone';
  /** The same of a window that is closed. */
  #left: Promise<Invisibility> | undefined;
  #adopting = false;
  #isClosed = false;
  #pid: number | undefined;

  private constructor(options: WindowOptions) {
    this.#options = options;
  }

  static async open(options: WindowOptions, page: Page): Promise<ChromiumWindow> {
    const window = new ChromiumWindow(options);
    await window.#adopt(page);
    window.#targets = await TargetGuard.watch(options.browser, { refused: options.onRefused, stays: () => void window.close() });
    options.context.on('close', () => window.#close());
    return window;
  }

  /** For tests and the bench: strange targets that were closed, and how long each was there. */
  get closedTargets(): TargetGuard['closed'] {
    return this.#targets.closed;
  }

  /** The page as the driving library sees it, for tests only. Another object after a crash of a headless page. */
  get page(): Page {
    return this.#page;
  }

  async show(surface: Surface): Promise<void> {
    const pid = this.#pid;
    const generation = this.#forget();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new SentenceError(`The page ${surface} did not start within ${START_MS / 1000} seconds.`)), START_MS);
    });
    const run = this.#show(surface, generation, pid);
    // When the time is up nobody waits for it any more, and its end must not be an unhandled one.
    run.catch(() => {});
    try {
      await Promise.race([run, late]);
    } catch (error) {
      if (generation === this.#generation) this.#forget();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The keyboard belonged to the document that is gone; without this the person would have to click before typing. */
  async #focus(): Promise<void> {
    if (!this.#options.headless) await this.#session.send('Page.bringToFront').catch(() => {});
  }

  async blank(): Promise<Invisibility> {
    const pid = this.#pid;
    this.#forget();
    if (this.#isClosed) return (this.#left ??= this.#proveClosed());
    if (!this.#dirty && this.#known !== 'unknown') return this.#known;
    // No screen: what was shown is gone with its process.
    if (this.#options.headless) {
      await this.#leave(pid);
      return 'gone';
    }
    const late = new Promise<false>((resolve) => setTimeout(resolve, PROOF_MS, false));
    const left = this.#leave(pid);
    const proven = await Promise.race([left.then(() => this.#isDark()).catch(() => false), late]);
    if (proven) return (this.#known = 'gone');
    // Nobody is told of this end: whoever asked for the dark gets its answer.
    this.#isClosed = true;
    this.#forget();
    this.#left = this.#options.kill().then((gone) => (this.#known = gone ? 'killed' : 'unknown'));
    return this.#left;
  }

  /** A window is closed because somebody has said so: the browser, or whoever asked for it. It is dark when a look, or the end of the browser's processes, says so. */
  async #proveClosed(): Promise<Invisibility> {
    if (this.#known !== 'unknown') return this.#known;
    const late = new Promise<false>((resolve) => setTimeout(resolve, PROOF_MS, false));
    if (await Promise.race([this.#isDestroyed().catch(() => false), late])) return (this.#known = 'gone');
    this.#known = (await this.#options.kill()) ? 'killed' : 'unknown';
    return this.#known;
  }

  /** Looks until the X server has no such window any more. False where nobody can look (also because there is no screen), or in vain. */
  async #isDestroyed(): Promise<boolean> {
    const look = await this.#options.look();
    for (const end = performance.now() + PROOF_MS; look && performance.now() < end; await new Promise((resolve) => setTimeout(resolve, LOOK_MS)))
      if ((await look()) === 'gone') return true;
    return false;
  }

  /**
   * By the page that stands, as if a person had asked for it: without a gesture the browser refuses. It puts every text into the
   * selection of the middle button too, but not an empty one, so a space goes first. @returns true when it was done
   */
  async clearClipboard(): Promise<boolean> {
    if (!this.#live || this.#isClosed) return false;
    const expression = `navigator.clipboard.writeText(' ').then(() => navigator.clipboard.writeText('')).then(() => true, () => false)`;
    const cleared = this.#session.send('Runtime.evaluate', { expression, userGesture: true, awaitPromise: true, returnByValue: true }).then(
      ({ result }) => result.value === true,
      () => false,
    );
    return Promise.race([cleared, new Promise<false>((resolve) => setTimeout(resolve, CLIPBOARD_MS, false))]);
  }

  /** True when the browser and its GPU process have drawn the page as it is now. A page that is just being loaded is not there yet. */
  async #hasDrawn(): Promise<boolean> {
    return this.#session.send('Page.captureScreenshot', { format: 'png', clip: { x: 0, y: 0, width: 1, height: 1, scale: 1 } }).then(
      () => true,
      () => false,
    );
  }

  /**
   * Resolves with true once the screen shows nothing of a page. Where nobody can look: once the browser has drawn an empty page. A
   * look counts only between two moments in which every process of the browser runs: one that is stopped shows later what it has.
   */
  async #isDark(): Promise<boolean> {
    const runs = (): boolean => treeRuns(this.#options.browserPid);
    return runs() && (await this.#looksDark()) && runs();
  }

  async #looksDark(): Promise<boolean> {
    // Closed meanwhile, which is a word and no look.
    if (this.#isClosed) return this.#isDestroyed();
    const look = await this.#options.look();
    let blind = !look;
    for (const end = performance.now() + PROOF_MS; performance.now() < end; await new Promise((resolve) => setTimeout(resolve, LOOK_MS))) {
      if (blind) {
        if (this.#crashed) await this.#revive();
        if (await this.#hasDrawn()) return true;
        continue;
      }
      const seen = await look!();
      // What stands above it can go again: that is no look at all.
      if (seen === 'covered') return false;
      if (seen === 'unclear') blind = true;
      if (seen === 'plain' || seen === 'gone') return true;
      // Not on the screen: the browser has heard that its page has died, and draws another picture before it comes back.
      if (seen === 'hidden' && this.#heardEnd) return true;
    }
    return false;
  }

  async #show(surface: Surface, generation: number, pid: number | undefined): Promise<void> {
    const check = (): void => {
      if (generation !== this.#generation || this.#isClosed) throw new SentenceError(`The page ${surface} was replaced before it ran.`);
    };
    // On the screen the old picture goes first. A headless page lives on at about:blank, in a process that may be counted as old.
    let before = this.#options.headless ? this.#renderers() : [];
    await this.#leave(pid);
    check();
    if (!this.#options.headless) before = this.#renderers();
    await this.#options.browser.send('Browser.grantPermissions', { origin, permissions: [...permissions[surface]] as never });
    check();
    for (let attempt = 0; attempt < 3; attempt++) {
      if (this.#crashed) await this.#revive();
      check();
      // On the empty page: none of ours hears of it.
      if (!this.#options.headless) await forgetTyped(this.#session);
      check();
      await this.#installScript(generation);
      await this.#session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
      check();
      if (!(await this.#load(surface, check))) continue;
      // Whatever was there before must be gone. A survivor is killed; if the new document lived in it, it is loaded again.
      await this.#end(await whenGone(before, END_MS));
      check();
      const own = await this.#ownRenderers(before);
      this.#pid = own.length === 1 ? own[0] : undefined;
      if (own.length === 0 || this.#crashed) continue;
      this.#settled = true;
      // Nothing to go back to: neither to about:blank nor to the page before.
      await this.#session.send('Page.resetNavigationHistory').catch(() => {});
      return this.#focus();
    }
    throw new SentenceError(`The page ${surface} does not get a renderer of its own: the browser cannot be used for locking.`);
  }

  /** Starts a new generation: nothing of the old one is heard, awaited or loaded any more. */
  #forget(): number {
    this.#settled = false;
    this.#live = false;
    this.#expected = undefined;
    this.#pid = undefined;
    this.#dropPending();
    this.#large = new LargeFrames();
    this.#frameCount = 0;
    this.#documentReady?.();
    return ++this.#generation;
  }

  /**
   * Takes the document away. On the screen its process is killed at once: the browser drops the picture of a dead renderer
   * in 25 to 100 ms on a machine under load, where going to about:blank needs a new process and a new picture first, 75 to
   * 450 ms (and a busy page more). Headless there is no picture, so the page is asked to leave, which keeps the library's
   * page object usable for tests; it is killed when it does not.
   */
  async #leave(pid: number | undefined): Promise<void> {
    if (this.#isClosed || !this.#dirty) return;
    const gone = new Promise<void>((resolve) => (this.#crashHeard = resolve));
    if (!this.#options.headless) {
      killNow(pid === undefined ? this.#renderers() : [pid]);
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, END_MS))]);
      this.#crashed = true;
      this.#dirty = false;
      return;
    }
    const old = this.#renderers();
    const left = this.#session.send('Page.navigate', { url: 'about:blank' }).then(
      ({ errorText }) => errorText === undefined,
      () => false,
    );
    const inTime = await Promise.race([left, new Promise<false>((resolve) => setTimeout(resolve, LEAVE_MS, false))]);
    if (inTime) this.#dirty = false;
    if (inTime || this.#isClosed) return;
    // The page is busy, or the browser is. The process ends now, and the picture with it.
    const ended = this.#end(old);
    // Either the page has come to about:blank after all, or the browser has noticed the death: both are an end.
    await Promise.race([Promise.all([ended, left]), Promise.all([ended, gone]), new Promise((resolve) => setTimeout(resolve, END_MS))]);
    this.#dirty = false;
  }

  async #end(pids: readonly number[]): Promise<void> {
    killNow(pids);
    await whenGone(pids, END_MS);
  }

  post(text: string): void {
    if (!this.#live) return;
    this.#session.send('Runtime.evaluate', { expression: messageExpression(this.#generation, text), silent: true, returnByValue: true }).catch(() => {});
  }

  postFrame(peer: Peer, bytes: Uint8Array): Promise<void> {
    if (!this.#live) return Promise.resolve();
    if (!isFrame(bytes)) return Promise.reject(new RangeError('A frame to the page is empty or too large.'));
    const large = this.#large;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#pending.delete(done);
        resolve();
      };
      this.#pending.add(done);
      const generation = this.#generation;
      const number = this.#frameCount++;
      const call = (expression: string): Promise<{ readonly result: { readonly value?: unknown } }> =>
        this.#session.send('Runtime.evaluate', { expression, awaitPromise: true, silent: true, returnByValue: true });
      const whole = (): Promise<unknown> => call(frameExpression(generation, number, peer, bytes));
      if (bytes.length < LARGE_FRAME_BYTES) {
        whole().then(done, done);
        return;
      }
      const id = large.put(bytes);
      const fetched = call(fetchExpression(generation, number, peer, id));
      // A page that could not fetch it gets it the other way: every frame must come, or none behind it opens.
      const taken = fetched.then(({ result }) => (result.value === false && generation === this.#generation ? whole() : undefined));
      taken.then(done, done).finally(() => large.remove(id));
    });
  }

  onMessage(listener: (text: string) => void): Disposable {
    return this.#messages.add(listener);
  }

  onFrame(listener: (peer: Peer, bytes: Uint8Array) => void): Disposable {
    return this.#frames.add(listener);
  }

  onRendererGone(listener: (reason: string) => void): Disposable {
    return this.#gone.add(listener);
  }

  onClosed(listener: () => void): Disposable {
    return this.#closed.add(listener);
  }

  async rendererPid(): Promise<number | undefined> {
    return this.#pid;
  }

  async place(): Promise<WindowPlace | undefined> {
    const { browser, headless } = this.#options;
    if (headless || this.#isClosed) return undefined;
    return placeOf(browser);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#forget();
    const closed = this.#page.close({ runBeforeUnload: false }).catch(() => {});
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
    this.#close();
  }

  /** Makes a page ours: interception first, so that it never loads anything that was not looked at. */
  async #adopt(page: Page): Promise<void> {
    const session = await this.#options.context.newCDPSession(page);
    this.#page = page;
    this.#session = session;
    this.#script = undefined;
    this.#crashed = false;
    session.on('Fetch.requestPaused', (event) => void this.#answer(session, event));
    session.on('Runtime.bindingCalled', (event) => {
      if (event.name === bindingName) this.#receive(event.payload);
    });
    session.on('Page.domContentEventFired', () => this.#documentReady?.());
    session.on('Inspector.targetCrashed', () => this.#onCrash(session));
    page.on('close', () => {
      if (page === this.#page && !this.#adopting) this.#close();
    });
    // A dialog would stop the page and could be made to look like ours: answered with no.
    page.on('dialog', (dialog) => {
      this.#options.onRefused('dialog');
      void dialog.dismiss().catch(() => {});
    });
    await session.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
    await session.send('Page.enable');
    // In every document, so that there is no moment with a page and without it: about:blank has no other script.
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${guardChords.toString()})(window);` });
    // Taken over, so that no chooser opens; and never answered.
    session.on('Page.fileChooserOpened', () => this.#options.onRefused('file-chooser'));
    await session.send('Page.setInterceptFileChooserDialog', { enabled: true });
    // Without it the binding's calls are not told. Console output comes along: a page must not log what it shows.
    await session.send('Runtime.enable');
    await session.send('Runtime.addBinding', { name: bindingName });
  }

  /**
   * Gives a crashed page a renderer again. The library's page object stays dead after a crash, so a headless page, which
   * only tests have, is replaced; a window on the screen stays where it is.
   */
  async #revive(): Promise<void> {
    if (!this.#options.headless) {
      await this.#session.send('Page.navigate', { url: 'about:blank' });
      this.#crashed = false;
      return;
    }
    this.#adopting = true;
    try {
      const old = this.#page;
      await this.#targets.opening(async () => this.#adopt(await this.#options.context.newPage()));
      void old.close().catch(() => {});
    } finally {
      this.#adopting = false;
    }
  }

  async #installScript(generation: number): Promise<void> {
    const old = this.#script;
    this.#script = undefined;
    if (old !== undefined) await this.#session.send('Page.removeScriptToEvaluateOnNewDocument', { identifier: old });
    this.#script = (await this.#session.send('Page.addScriptToEvaluateOnNewDocument', { source: pageScript(generation) })).identifier;
  }

  /** Loads the document; true when its scripts have run, false when its renderer died on the way. */
  async #load(surface: Surface, check: () => void): Promise<boolean> {
    const url = `${origin}/${surface}.html`;
    const ready = new Promise<void>((resolve) => (this.#documentReady = resolve));
    this.#expected = url;
    this.#documentStatus = 0;
    // A document that is loaded a second time counts its frames from the beginning.
    this.#dropPending();
    this.#large = new LargeFrames();
    this.#frameCount = 0;
    this.#live = true;
    this.#dirty = true;
    this.#heardEnd = false;
    this.#known = 'unknown';
    const { errorText } = await this.#session.send('Page.navigate', { url });
    check();
    if (this.#crashed) return false;
    if (errorText !== undefined) throw new SentenceError(`The page ${surface} could not be loaded: ${errorText}.`);
    await ready;
    check();
    if (this.#crashed) return false;
    if (this.#documentStatus !== 200) throw new SentenceError(`The page ${surface}.html is missing in ${this.#options.rendererFolder}. Build the app again.`);
    return true;
  }

  async #answer(session: CDPSession, event: { requestId: string; request: { url: string; method: string }; resourceType: string }): Promise<void> {
    const { requestId, request } = event;
    const document = event.resourceType === 'Document';
    try {
      // Navigations are ours alone: one per show. A reload or a link is cancelled, and the page stays as it is.
      if (document && request.url !== this.#expected) {
        this.#options.onRefused('navigation');
        return await session.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' }).then(() => {});
      }
      if (document) this.#expected = undefined;
      if (request.method !== 'GET' || !ownUrl(request.url)) {
        this.#options.onRefused('foreign-request');
        return await session.send('Fetch.failRequest', { requestId, errorReason: 'AccessDenied' }).then(() => {});
      }
      const frame = document ? undefined : this.#large.at(new URL(request.url).pathname);
      const answer = frame ? { status: 200, headers: frameHeaders, body: frame } : await servePage(this.#options.rendererFolder, request.url);
      if (document) this.#documentStatus = answer.status;
      await session.send('Fetch.fulfillRequest', {
        requestId,
        responseCode: answer.status,
        responseHeaders: Object.entries(answer.headers).map(([name, value]) => ({ name, value })),
        body: Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength).toString('base64'),
      });
    } catch {
      // The page that asked is gone.
    }
  }

  #receive(payload: string): void {
    if (!this.#live) return;
    const from = readPayload(payload, this.#generation);
    if (!from) this.#options.onRefused('message');
    else if (from.kind === 'message') this.#messages.emit(from.text);
    else this.#frames.emit(from.peer, from.bytes);
  }

  #onCrash(session: CDPSession): void {
    if (session !== this.#session) return;
    this.#crashed = true;
    this.#heardEnd = true;
    const wasSettled = this.#settled;
    this.#settled = false;
    this.#live = false;
    this.#dirty = false;
    this.#pid = undefined;
    this.#dropPending();
    this.#documentReady?.();
    this.#crashHeard?.();
    if (wasSettled) this.#gone.emit('The page ended unexpectedly.');
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forget();
    this.#closed.emit();
  }

  /** The renderers that are new since `before`: one, once that of about:blank has ended, which held nothing. */
  async #ownRenderers(before: readonly number[]): Promise<number[]> {
    const end = performance.now() + END_MS;
    for (;;) {
      const own = this.#renderers().filter((pid) => !before.includes(pid));
      if (own.length <= 1 || performance.now() > end) return own;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #dropPending(): void {
    for (const done of [...this.#pending]) done();
  }

  #renderers(): number[] {
    return rendererPids(this.#options.browserPid);
  }
}
