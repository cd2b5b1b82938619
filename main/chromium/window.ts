/**
 * The one window on Chromium, over a session with its page that goes on working after a renderer has died. What stands in it
 * comes by page-requests.ts and speaks through page-link.ts; whether it is gone from the screen is darkness.ts's to say.
 * Over 400 lines: a page's coming, its going and its death are one state.
 */
import type { Invisibility, Surface } from '../../src/types/words.ts';
import { SentenceError } from '../../src/types/sentence.ts';
import { inTime } from '../../src/time/in-time.ts';
import { guardChords } from '../../src/bridge/browser-chords.ts';
import { origin, type Appearance, type HostWindow, type Peer, type RefusedByHost, type WindowPlace } from '../host.ts';
import { inStartTime, isProven, missingPageError, replacedError, WindowListeners } from '../window/host-window.ts';
import { hangUpNow, killNow, rendererPids, whenGone } from '../../src/browser/processes.ts';
import type { Look } from '../machine/x11-window.ts';
import { bindingName, pageScript } from './bridge.ts';
import { hasDrawn, isDark, isDestroyed, PROOF_MS, type Sight } from './darkness.ts';
import { DevToolsError, type DevTools, type TargetSession } from '../../src/browser/devtools.ts';
import { darkExpression, drawnExpression, emptyingExpression, emptyPage, ground, groundAddress, groundPage, groundScript } from './ground.ts';
import { PageLink } from './page-link.ts';
import { PageRequests } from './page-requests.ts';
import { clearByPage } from './clipboard.ts';
import { putBack, placeOf, raiseWindow } from './place.ts';
import { dropFiller, forgetTyped } from './typed.ts';
import { TargetGuard } from './targets.ts';

/** The browser's own first document and ours; one more for a machine that is busy. */
const FIRST_DOCUMENTS = 3;
/** The page with nothing in it is asked for after some 100 ms; this is for a machine in trouble. */
const FIRST_MS = 20_000;
/**
 * A headless page, which only tests have, that has not left after this long is not asked any more: its process is killed, and the page of their library,
 * with its authenticators, is lost with it. Leaving takes 5 to 20 ms, and much longer on a machine on which everybody works.
 */
const LEAVE_MS = 2000;
/** Old renderers end by themselves within about 50 ms after the navigation; those that do not are killed. */
const END_MS = 500;
/** What the browser says of a page whose process has ended in an ordinary way, as by SIGHUP. */
const RENDERER_GONE = 'Render process gone.';
/** Whether the end of a page is that of its window is known within some milliseconds; whoever waits to lock waits no longer than this. */
const TOLD_MS = 250;
/** A browser that does not close its page in this time has been stopped, or hangs. */
const CLOSE_MS = 500;
/**
 * The workspace may copy, and paste from its own menu; the browser asks nobody then. The lock may
 * clear the clipboard; it, the first run and a guest may not read what the person before has copied.
 */
const permissions: Readonly<Record<Surface, readonly string[]>> = {
  setup: ['clipboardSanitizedWrite'],
  lock: ['clipboardSanitizedWrite'],
  guest: ['clipboardSanitizedWrite'],
  workspace: ['clipboardReadWrite', 'clipboardSanitizedWrite'],
};

export interface WindowOptions {
  readonly devtools: DevTools;
  readonly browserPid: number;
  /** The browser's one page. */
  readonly targetId: string;
  /** It is held before it has loaded anything: lets it go on. */
  readonly letGo: (() => Promise<void>) | undefined;
  readonly rendererFolder: string;
  readonly appearance: () => Appearance;
  /** Where it was last. */
  readonly place: WindowPlace | undefined;
  /** For tests: the page's size in pixels, in a browser without a screen. */
  readonly headless: { readonly width: number; readonly height: number } | undefined;
  /** The window as the screen has it; undefined where there is none, or where nobody can look (Wayland). Asked at each use. */
  readonly look: () => Promise<(() => Promise<Look>) | undefined>;
  /** Kills the browser and all below it. @returns true when they, and the window with them, are gone. */
  readonly kill: () => Promise<boolean>;
  /** Told about every request and message that was refused, without its content. */
  readonly onRefused: (what: RefusedByHost) => void;
}

export class ChromiumWindow extends WindowListeners implements HostWindow {
  readonly #options: WindowOptions;
  readonly #session: TargetSession;
  readonly #link: PageLink;
  readonly #sight: Sight;
  #requests!: PageRequests;
  #targets!: TargetGuard;
  #script: string | undefined;
  /** Counts shows and blanks: whatever belongs to an older number is dropped. */
  #generation = 0;
  #documentReady: (() => void) | undefined;
  #crashed = false;
  #reviving: Promise<void> | undefined;
  /** The renderers that were there when the last document had gone, before the empty page's. */
  #before: readonly number[] | undefined;
  /** A document of ours is or was in the window since it last was at the empty page. */
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
  #isClosed = false;
  #pid: number | undefined;
  /** The last page that has stood. */
  #shown: Surface | undefined;

  private constructor(options: WindowOptions, session: TargetSession) {
    super();
    this.#options = options;
    this.#session = session;
    this.#link = new PageLink({
      session,
      message: (text) => void this.messages.emit(text),
      frame: (peer, bytes) => {
        this.frames.emit(peer, bytes);
        // What goes to the vault is a secret that was taken out of its field. The page may stand on, whatever comes of it.
        if (peer === 'vault' && !options.headless) void forgetTyped(session);
      },
      refused: options.onRefused,
    });
    this.#sight = {
      browser: options.browserPid,
      look: options.look,
      isClosed: () => this.#isClosed,
      heardEnd: () => this.#heardEnd,
      drawEmpty: async () => {
        // Its ground is painted all the same; the page with our name takes longer, and a proof has little time.
        if (this.#crashed) await this.#revive('about:blank');
        return hasDrawn(session);
      },
    };
  }

  static async open(options: WindowOptions): Promise<ChromiumWindow> {
    const { devtools, onRefused, targetId } = options;
    const window = new ChromiumWindow(options, await devtools.attach(targetId));
    await window.#begin();
    if (options.place && !options.headless) await putBack(devtools.browser, window.#session, targetId, options.place).catch(() => undefined);
    await window.#prepare();
    window.#targets = await TargetGuard.watch(devtools.browser, {
      refused: onRefused,
      stays: () => void window.close(),
      gone: (target) => {
        if (target === targetId) window.#close();
      },
    });
    devtools.onTooLong(() => onRefused('message'));
    devtools.onGone(() => window.#close());
    return window;
  }

  /** For tests and the bench: strange targets that were closed, and how long each was there. */
  get closedTargets(): TargetGuard['closed'] {
    return this.#targets.closed;
  }

  async show(surface: Surface): Promise<void> {
    const pid = this.#pid;
    // The lock page shows nothing of anybody: it may stand until the workspace comes in its place, so nothing is waited for in between.
    const straight = surface === 'workspace' && this.#shown === 'lock' && this.#settled && !this.#options.headless;
    const generation = this.#forget();
    try {
      await inStartTime(surface, this.#show(surface, generation, pid, straight));
    } catch (error) {
      if (generation === this.#generation) this.#forget();
      throw error;
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
    const dark = this.#leave(pid).then(() => isDark(this.#sight));
    if (await isProven(dark, PROOF_MS)) {
      this.#known = 'gone';
      this.#coverCrash();
      return this.#known;
    }
    // Nobody is told of this end: whoever asked for the dark gets its answer.
    this.#isClosed = true;
    this.#forget();
    this.#left = this.#options.kill().then((gone) => (this.#known = gone ? 'killed' : 'unknown'));
    return this.#left;
  }

  /** A window is closed because somebody has said so: the browser, or whoever asked for it. It is dark when a look, or the end of the browser's processes, says so. */
  async #proveClosed(): Promise<Invisibility> {
    if (this.#known !== 'unknown') return this.#known;
    if (await isProven(isDestroyed(this.#sight), PROOF_MS)) return (this.#known = 'gone');
    this.#known = (await this.#options.kill()) ? 'killed' : 'unknown';
    return this.#known;
  }

  /** By the page that stands. @returns true when it was done */
  async clearClipboard(): Promise<boolean> {
    return this.#link.live && !this.#isClosed && clearByPage(this.#session);
  }

  async #show(surface: Surface, generation: number, pid: number | undefined, straight: boolean): Promise<void> {
    const check = (): void => {
      if (generation !== this.#generation || this.#isClosed) throw replacedError(surface);
    };
    // On the screen the old picture goes first. A headless page lives on as the empty one, in a process that may be counted as old.
    let before: readonly number[] = this.#options.headless || straight ? this.#renderers() : [];
    if (!straight) await this.#leave(pid);
    check();
    if (!this.#options.headless && !straight) before = this.#before ?? this.#renderers();
    this.#before = undefined;
    if (!straight) await this.#grant(surface);
    check();
    for (let attempt = 0; attempt < 3; attempt++) {
      if (this.#crashed) await this.#revive();
      check();
      const from = straight && attempt === 0 ? before : undefined;
      if (straight && !from) await this.#grant(surface);
      // On the empty page: none of ours hears of it.
      if (!this.#options.headless && !from) await forgetTyped(this.#session);
      check();
      await Promise.all([this.#paintGround(from ? darkExpression : drawnExpression), this.#installScript(generation)]);
      if (!from) await this.#clearStorage();
      check();
      if (!(await this.#load(surface, generation, check, from))) continue;
      // Whatever was there before must be gone. A survivor is killed; if the new document lived in it, it is loaded again.
      await this.#end(await whenGone(before, END_MS));
      check();
      const own = await this.#ownRenderers(before);
      this.#pid = own.length === 1 ? own[0] : undefined;
      if (own.length === 0 || this.#crashed) continue;
      this.#settled = true;
      this.#shown = surface;
      // Nothing to go back to: neither to the empty page nor to the page before.
      await this.#session.send('Page.resetNavigationHistory').catch(() => {});
      return this.#focus();
    }
    throw new SentenceError(`The page ${surface} does not get a renderer of its own: the browser cannot be used for locking.`);
  }

  /** For all documents of the origin. */
  async #grant(surface: Surface): Promise<void> {
    await this.#options.devtools.browser.send('Browser.grantPermissions', { origin, permissions: permissions[surface] });
  }

  async #clearStorage(): Promise<void> {
    await this.#session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
  }

  /** The document has come straight in the place of the lock page: that ends, and what it may not do, or has left, is seen to now. */
  async #takeOver(surface: Surface, before: readonly number[]): Promise<void> {
    hangUpNow(before);
    await Promise.all([this.#grant(surface), this.#clearStorage(), forgetTyped(this.#session)]);
  }

  /** Starts a new generation: nothing of the old one is heard, awaited or loaded any more. */
  #forget(): number {
    this.#settled = false;
    this.#link.end();
    this.#requests.expect(undefined);
    this.#pid = undefined;
    this.#documentReady?.();
    return ++this.#generation;
  }

  /**
   * Takes the document away. On the screen its process is killed at once: the browser drops the picture of a dead renderer
   * in 25 to 100 ms on a machine under load, where going to another page needs a new process and a new picture first, 75 to
   * 450 ms (and a busy page more). Headless, which only tests are, there is no picture, so the page is asked to leave, which keeps
   * their library's page usable; it is killed when it does not.
   */
  async #leave(pid: number | undefined): Promise<void> {
    if (this.#isClosed || !this.#dirty) return;
    const gone = new Promise<void>((resolve) => (this.#crashHeard = resolve));
    if (!this.#options.headless) {
      hangUpNow(pid === undefined ? this.#renderers() : [pid]);
      await inTime(gone, END_MS);
      this.#before = this.#renderers();
      this.#crashed = true;
      this.#dirty = false;
      return;
    }
    const old = this.#renderers();
    const left = this.#session.send('Page.navigate', { url: emptyPage(this.#options.appearance()) }).then(
      ({ errorText }) => errorText === undefined,
      () => false,
    );
    const hasLeft = await inTime(left, LEAVE_MS, () => false);
    if (hasLeft) this.#dirty = false;
    if (hasLeft || this.#isClosed) return;
    // The page is busy, or the browser is. The process ends now, and the picture with it.
    const ended = this.#end(old);
    // Either the page has come to the empty one after all, or the browser has noticed the death: both are an end.
    await inTime(Promise.all([ended, Promise.race([left, gone])]), END_MS);
    this.#dirty = false;
  }

  async #end(pids: readonly number[]): Promise<void> {
    killNow(pids);
    await whenGone(pids, END_MS);
  }

  post(text: string): void {
    this.#link.post(text);
  }

  postFrame(peer: Peer, bytes: Uint8Array): Promise<void> {
    return this.#link.postFrame(peer, bytes);
  }

  async rendererPid(): Promise<number | undefined> {
    return this.#pid;
  }

  async place(): Promise<WindowPlace | undefined> {
    const { devtools, headless, targetId } = this.#options;
    return headless || this.#isClosed ? undefined : placeOf(devtools.browser, targetId);
  }

  async raise(): Promise<void> {
    if (this.#isClosed) return;
    const { devtools, targetId } = this.#options;
    // Not done: a window that is just going, or a desktop that knows better.
    await raiseWindow(devtools.browser, this.#session, targetId).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#forget();
    const closed = this.#options.devtools.browser.send('Target.closeTarget', { targetId: this.#options.targetId }).catch(() => {});
    await inTime(closed, CLOSE_MS);
    this.#close();
  }

  /** Interception first, so that the page never loads anything that was not looked at. One that is held goes on in the same breath: it has no title yet. */
  async #begin(): Promise<void> {
    const { rendererFolder, appearance, letGo, onRefused } = this.#options;
    const session = this.#session;
    const requests = PageRequests.watch(
      { session, rendererFolder, frameAt: (path) => this.#link.frameAt(path), ground: () => groundPage(appearance()), refused: onRefused },
      letGo && groundAddress,
    );
    const { theme } = appearance();
    // Where the system decides, the page itself does: nobody can be asked before there is one.
    const known = letGo && theme !== 'system' && session.send('Emulation.setDefaultBackgroundColorOverride', { color: ground(appearance(), theme === 'dark') });
    const script = session.send('Page.addScriptToEvaluateOnNewDocument', { source: groundScript(appearance()) });
    const [watching, { identifier }] = await Promise.all([requests, script, known, letGo?.()]);
    this.#requests = watching;
    this.#script = identifier;
    // Else its request would meet the next page's.
    if (letGo)
      await inTime(watching.served, FIRST_MS, () => {
        throw new SentenceError('the browser does not load the page that it was given');
      });
    await this.#emptyFirst();
  }

  /** Makes the page ours. */
  async #prepare(): Promise<void> {
    const { headless, onRefused } = this.#options;
    const session = this.#session;
    session.on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name === bindingName) this.#link.receive(payload);
    });
    session.on('Page.domContentEventFired', () => this.#documentReady?.());
    session.on('Inspector.targetCrashed', () => this.#onCrash());
    // The same of a process that ended without a crash, which is how one ends, too, whose window is just being closed.
    session.on('Inspector.detached', ({ reason }) => {
      if (reason === RENDERER_GONE) this.#onCrash(this.#isStillThere());
    });
    // A dialog would stop the page and could be made to look like ours: answered with no.
    session.on('Page.javascriptDialogOpening', () => {
      onRefused('dialog');
      session.send('Page.handleJavaScriptDialog', { accept: false }).catch(() => {});
    });
    // Taken over, so that no chooser opens; and never answered.
    session.on('Page.fileChooserOpened', () => onRefused('file-chooser'));
    await session.send('Page.enable');
    // In every document, so that there is no moment with a page and without it: the empty one has no other script.
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${guardChords.toString()})(window);` });
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${dropFiller.toString()})(window);` });
    await session.send('Page.setInterceptFileChooserDialog', { enabled: true });
    // Without it the binding's calls are not told. Console output comes along: a page must not log what it shows.
    await session.send('Runtime.enable');
    await session.send('Runtime.addBinding', { name: bindingName });
    if (headless) await session.send('Emulation.setDeviceMetricsOverride', { ...headless, deviceScaleFactor: 1, mobile: false });
  }

  /** Gives a crashed page a renderer again, once for all who ask meanwhile. */
  #revive(url = emptyPage(this.#options.appearance())): Promise<void> {
    return (this.#reviving ??= this.#session
      .send('Page.navigate', { url })
      .then(() => void (this.#crashed = false))
      .finally(() => (this.#reviving = undefined)));
  }

  /** What the browser shows of a page that has died is its own, and may be bright: ours comes at once, not only with the next page. */
  #coverCrash(): void {
    if (this.#options.headless || !this.#crashed || this.#isClosed) return;
    this.#revive().catch(() => {});
  }

  /** The browser may still be on its way to its first document: what was begun in the one before ends with it, and is asked of the next. */
  async #emptyFirst(): Promise<void> {
    const expression = emptyingExpression(this.#options.appearance());
    for (let left = FIRST_DOCUMENTS; ; left -= 1) {
      try {
        await this.#session.send('Runtime.evaluate', { expression, returnByValue: true });
        return;
      } catch (error) {
        if (!(error instanceof DevToolsError) || left === 1) throw error;
      }
    }
  }

  /** Where a document has drawn nothing yet its ground is to be seen. */
  async #paintGround(expression: string): Promise<void> {
    const { result } = await this.#session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    await this.#session.send('Emulation.setDefaultBackgroundColorOverride', { color: ground(this.#options.appearance(), result.value === true) });
  }

  async #installScript(generation: number): Promise<void> {
    const old = this.#script;
    this.#script = undefined;
    if (old !== undefined) await this.#session.send('Page.removeScriptToEvaluateOnNewDocument', { identifier: old });
    const appearance = this.#options.appearance();
    const source = `${groundScript(appearance)}\n${pageScript(generation, appearance)}`;
    this.#script = (await this.#session.send('Page.addScriptToEvaluateOnNewDocument', { source })).identifier;
  }

  /**
   * Loads the document; true when its scripts have run, false when its renderer died on the way.
   * @param from the renderers of the page that stands until then, where one does
   */
  async #load(surface: Surface, generation: number, check: () => void, from: readonly number[] | undefined): Promise<boolean> {
    const url = `${origin}/${surface}.html`;
    const ready = new Promise<void>((resolve) => (this.#documentReady = resolve));
    this.#requests.expect(url);
    // What the page that stands has still to say is not listened to.
    if (!from) this.#link.start(generation);
    this.#dirty = true;
    this.#heardEnd = false;
    this.#known = 'unknown';
    const { errorText } = await this.#session.send('Page.navigate', { url });
    check();
    if (this.#crashed) return false;
    if (errorText !== undefined) throw new SentenceError(`The page ${surface} could not be loaded: ${errorText}.`);
    if (from) this.#link.start(generation);
    await Promise.all([ready, from && this.#takeOver(surface, from)]);
    check();
    if (this.#crashed) return false;
    if (this.#requests.documentStatus !== 200) throw missingPageError(surface, this.#options.rendererFolder);
    return true;
  }

  /** The browser tells of a window's end right after that of its page, before it answers. No answer: what is known is the end of the page. */
  async #isStillThere(): Promise<boolean> {
    const answered = this.#options.devtools.browser.send('Target.getTargets', { filter: [{ type: 'page' }] }).catch(() => {});
    await inTime(answered, TOLD_MS);
    return !this.#isClosed;
  }

  /** @param unasked resolves with false where the whole window goes, which is told as that. */
  #onCrash(unasked?: Promise<boolean>): void {
    this.#crashed = true;
    this.#heardEnd = true;
    const wasSettled = this.#settled;
    this.#settled = false;
    this.#link.end();
    this.#dirty = false;
    this.#pid = undefined;
    this.#documentReady?.();
    this.#crashHeard?.();
    if (!wasSettled) return;
    this.#before = this.#renderers();
    const tell = (): void => {
      this.#coverCrash();
      this.gone.emit('The page ended unexpectedly.');
    };
    if (!unasked) return tell();
    const generation = this.#generation;
    void unasked.then((here) => {
      if (here && generation === this.#generation) tell();
    });
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forget();
    this.closed.emit();
  }

  /** The renderers that are new since `before`: one, once that of the empty page has ended, which held nothing. */
  async #ownRenderers(before: readonly number[]): Promise<number[]> {
    const end = performance.now() + END_MS;
    for (;;) {
      const own = this.#renderers().filter((pid) => !before.includes(pid));
      if (own.length <= 1 || performance.now() > end) return own;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #renderers(): number[] {
    return rendererPids(this.#options.browserPid);
  }
}
