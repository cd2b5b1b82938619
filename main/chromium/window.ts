/**
 * The one window on Chromium. It speaks the DevTools protocol on a session of its own (Runtime.addBinding and
 * Runtime.evaluate: under 1 ms a round trip, where the library's own bindings take over 5), so that it goes on working
 * after a renderer has died.
 */
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { origin, type Disposable, type HostWindow, type Peer, type Surface } from '../host.ts';
import { isFrame } from '../limits.ts';
import { Listeners } from '../listeners.ts';
import { ownUrl, servePage } from '../pages.ts';
import { bindingName, frameExpression, messageExpression, pageScript, readPayload } from './bridge.ts';
import { killNow, rendererPids, whenGone } from './processes.ts';

/**
 * A page that has not left after this long is not asked any more: its process is killed. Leaving takes 5 to 20 ms; 50 ms
 * leave another 50 of the 100 that the lock promises.
 */
const LEAVE_MS = 50;
/** Old renderers end by themselves within about 50 ms after the navigation; those that do not are killed. */
const END_MS = 500;
/** A built page is on the screen in well under a second; ten are for a machine in trouble. */
const START_MS = 10_000;

/**
 * The workspace may copy, and paste from its own menu; the browser asks nobody then. The lock and the first run may not
 * read what the person before has copied.
 */
const permissions: Readonly<Record<Surface, readonly string[]>> = {
  setup: ['clipboardSanitizedWrite'],
  lock: [],
  workspace: ['clipboardReadWrite', 'clipboardSanitizedWrite'],
};

export interface WindowOptions {
  readonly context: BrowserContext;
  /** Session with the browser itself. */
  readonly browser: CDPSession;
  readonly browserPid: number;
  readonly rendererFolder: string;
  readonly headless: boolean;
  /** Told about every request and message that was refused, without its content. */
  readonly onRefused: (what: string) => void;
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
  #script: string | undefined;
  /** Counts shows and blanks: whatever belongs to an older number is dropped. */
  #generation = 0;
  /** True from the moment the document of this generation is asked for. */
  #live = false;
  /** The one document that may be loaded now, once. */
  #expected: string | undefined;
  #documentStatus = 0;
  #documentReady: (() => void) | undefined;
  #crashed = false;
  #killing = false;
  #isClosed = false;
  #pid: number | undefined;

  private constructor(options: WindowOptions) {
    this.#options = options;
  }

  static async open(options: WindowOptions, page: Page): Promise<ChromiumWindow> {
    const window = new ChromiumWindow(options);
    await window.#adopt(page);
    options.context.on('page', (other) => {
      if (other === window.#page || window.#adopting) return;
      options.onRefused('a second window');
      void other.close().catch(() => {});
    });
    options.context.on('close', () => window.#close());
    return window;
  }

  /** The page as the driving library sees it, for tests only. Another object after a crash of a headless page. */
  get page(): Page {
    return this.#page;
  }

  async show(surface: Surface): Promise<void> {
    const before = this.#renderers();
    await this.blank();
    const generation = ++this.#generation;
    const superseded = (): boolean => generation !== this.#generation || this.#isClosed;
    if (this.#crashed && this.#options.headless) await this.#replacePage();
    await this.#options.browser.send('Browser.grantPermissions', { origin, permissions: [...permissions[surface]] as never });
    await this.#installScript(generation);

    for (let attempt = 0; ; attempt++) {
      if (superseded()) throw new Error(`The page ${surface} was replaced before it ran.`);
      await this.#load(surface, generation);
      // Whatever was there before must be gone. A survivor is killed; if the new document lived in it, it is loaded again.
      const survivors = await whenGone(before, END_MS);
      this.#killing = true;
      killNow(survivors);
      await whenGone(survivors, END_MS);
      this.#killing = false;
      if (superseded()) throw new Error(`The page ${surface} was replaced before it ran.`);
      const own = this.#renderers().filter((pid) => !before.includes(pid));
      this.#pid = own.length === 1 ? own[0] : undefined;
      if (own.length > 0) return;
      if (attempt === 1) throw new Error(`The page ${surface} does not get a renderer of its own: the browser cannot be used for locking.`);
      if (this.#options.headless) await this.#replacePage();
    }
  }

  async blank(): Promise<void> {
    this.#generation++;
    this.#live = false;
    this.#expected = undefined;
    this.#pid = undefined;
    this.#dropPending();
    if (this.#isClosed || this.#crashed) return;
    const left = await Promise.race([this.#leave(), new Promise<false>((resolve) => setTimeout(resolve, LEAVE_MS, false))]);
    if (left || this.#isClosed) return;
    // The page is busy or refuses to leave. Its process ends now, and its picture with it.
    this.#killing = true;
    const stuck = this.#renderers();
    killNow(stuck);
    await whenGone(stuck, END_MS);
    this.#killing = false;
  }

  post(text: string): void {
    if (!this.#live) return;
    this.#session.send('Runtime.evaluate', { expression: messageExpression(this.#generation, text), silent: true, returnByValue: true }).catch(() => {});
  }

  postFrame(peer: Peer, bytes: Uint8Array): Promise<void> {
    if (!this.#live) return Promise.resolve();
    if (!isFrame(bytes)) return Promise.reject(new RangeError('A frame to the page is empty or too large.'));
    return new Promise((resolve) => {
      const done = (): void => {
        this.#pending.delete(done);
        resolve();
      };
      this.#pending.add(done);
      const expression = frameExpression(this.#generation, peer, bytes);
      this.#session.send('Runtime.evaluate', { expression, awaitPromise: true, silent: true, returnByValue: true }).then(done, done);
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

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#generation++;
    await this.#page.close({ runBeforeUnload: false }).catch(() => {});
    this.#close();
  }

  #adopting = false;

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
      this.#options.onRefused('a dialog');
      void dialog.dismiss().catch(() => {});
    });
    await session.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
    await session.send('Page.enable');
    // Taken over, so that no chooser opens; and never answered.
    await session.send('Page.setInterceptFileChooserDialog', { enabled: true });
    await session.send('Runtime.addBinding', { name: bindingName });
  }

  /** After a crash the library's page object is dead for good. A headless one, which only tests have, is replaced. */
  async #replacePage(): Promise<void> {
    this.#adopting = true;
    try {
      const old = this.#page;
      await this.#adopt(await this.#options.context.newPage());
      await old.close().catch(() => {});
      await this.#installScript(this.#generation);
    } finally {
      this.#adopting = false;
    }
  }

  async #installScript(generation: number): Promise<void> {
    if (this.#script !== undefined) await this.#session.send('Page.removeScriptToEvaluateOnNewDocument', { identifier: this.#script });
    this.#script = (await this.#session.send('Page.addScriptToEvaluateOnNewDocument', { source: pageScript(generation) })).identifier;
  }

  /** Goes to about:blank; true when it is there. */
  async #leave(): Promise<boolean> {
    try {
      const { errorText } = await this.#session.send('Page.navigate', { url: 'about:blank' });
      return errorText === undefined;
    } catch {
      return false;
    }
  }

  async #load(surface: Surface, generation: number): Promise<void> {
    const url = `${origin}/${surface}.html`;
    const ready = new Promise<void>((resolve) => (this.#documentReady = resolve));
    this.#expected = url;
    this.#documentStatus = 0;
    this.#live = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, START_MS, 'late')));
    try {
      const navigated = this.#session.send('Page.navigate', { url });
      const outcome = await Promise.race([navigated.then(() => ready), late]);
      if (generation !== this.#generation) throw new Error(`The page ${surface} was replaced before it ran.`);
      if (outcome === 'late') throw new Error(`The page ${surface} did not start within ${START_MS / 1000} seconds.`);
      if (this.#documentStatus !== 200) throw new Error(`The page ${surface}.html is missing in ${this.#options.rendererFolder}. Build the app again.`);
      this.#crashed = false;
    } catch (error) {
      if (generation === this.#generation) this.#live = false;
      throw error;
    } finally {
      clearTimeout(timer);
      this.#documentReady = undefined;
    }
  }

  async #answer(session: CDPSession, event: { requestId: string; request: { url: string; method: string }; resourceType: string }): Promise<void> {
    const { requestId, request } = event;
    const document = event.resourceType === 'Document';
    try {
      // Navigations are ours alone: one per show. A reload or a link is cancelled, and the page stays as it is.
      if (document && request.url !== this.#expected) {
        this.#options.onRefused('a navigation');
        return await session.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' }).then(() => {});
      }
      if (document) this.#expected = undefined;
      if (request.method !== 'GET' || !ownUrl(request.url)) {
        this.#options.onRefused('a request to another place');
        return await session.send('Fetch.failRequest', { requestId, errorReason: 'AccessDenied' }).then(() => {});
      }
      const answer = await servePage(this.#options.rendererFolder, request.url);
      if (document) this.#documentStatus = answer.status;
      await session.send('Fetch.fulfillRequest', {
        requestId,
        responseCode: answer.status,
        responseHeaders: Object.entries(answer.headers).map(([name, value]) => ({ name, value })),
        body: Buffer.from(answer.body).toString('base64'),
      });
    } catch {
      // The page that asked is gone.
    }
  }

  #receive(payload: string): void {
    if (!this.#live) return;
    const from = readPayload(payload, this.#generation);
    if (!from) this.#options.onRefused('a message that is not in shape');
    else if (from.kind === 'message') this.#messages.emit(from.text);
    else this.#frames.emit(from.peer, from.bytes);
  }

  #onCrash(session: CDPSession): void {
    if (session !== this.#session) return;
    this.#crashed = true;
    const wasLive = this.#live;
    this.#live = false;
    this.#pid = undefined;
    this.#dropPending();
    this.#documentReady?.();
    if (wasLive && !this.#killing) this.#gone.emit('The page ended unexpectedly.');
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#live = false;
    this.#dropPending();
    this.#closed.emit();
  }

  #dropPending(): void {
    for (const done of [...this.#pending]) done();
  }

  #renderers(): number[] {
    return rendererPids(this.#options.browserPid);
  }
}
