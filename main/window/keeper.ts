/**
 * Keeps the one window and its page: what is shown, in which order, and how often what fails is tried again. Whether
 * anything may be shown at all is the gate's to say.
 */
import type { Invisibility, Surface } from '../../src/types/words.ts';
import type { Clock } from '../../src/time/clock.ts';
import { inTime } from '../../src/time/in-time.ts';
import type { PlaceFile } from './place.ts';
import { SentenceError } from '../../src/types/sentence.ts';
import type { Appearance, Host, HostWindow, Peer } from '../host.ts';

/** A page or a process that dies this often in this time (ms) will not stand by being started once more. */
const RESTARTS = { most: 5, within: 60_000 };

/** How often it is asked where the window is: a person who moves it does not end the app in the same moment. */
const PLACE_MS = 15_000;

/** At the end a change of the window that is under way gets this long: a lock takes a tenth of it. */
const CHANGE_MS = 2000;

export interface KeeperParts {
  readonly host: Host;
  readonly rendererFolder: string;
  readonly places: Pick<PlaceFile, 'value' | 'keep'>;
  readonly appearance: () => Appearance;
  readonly clock: Pick<Clock, 'now'>;
  readonly onMessage: (text: string) => void;
  readonly onFrame: (peer: Peer, bytes: Uint8Array) => void;
  /** The page ended without our doing. */
  readonly onGone: () => void;
  /** The person closed the window, or its browser ended. Told once for each window, and not for one that we closed at the end. */
  readonly onClosed: () => void;
  /** Asked just before a page is shown, whoever wanted it and whatever came in between. */
  readonly mayShow: (surface: Surface) => boolean;
  /** Told when it is decided. */
  readonly onShow: (surface: Surface) => void;
  /** A change of the window has failed: no page stands, or nobody knows which. */
  readonly onFailed: (error: unknown) => void;
}

export class WindowKeeper {
  readonly #parts: KeeperParts;
  #window!: HostWindow;
  #isOpen = false;
  /** The window was ended because it could not be shown to be dark: the next page gets another one. */
  #killed = false;
  #surface: Surface = 'lock';
  /** Counts what decides about the window: a page whose number has passed is not missed. */
  #shows = 0;
  #greeted = false;
  #restarts: number[] = [];
  #changing: Promise<void> = Promise.resolve();
  #ended = false;
  #placedAt = -Infinity;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** For the tests and the bench: what they cannot see from outside. */
  get window(): HostWindow {
    return this.#window;
  }
  get isOpen(): boolean {
    return this.#isOpen;
  }
  /** What stands in the window, or is on its way there. */
  get surface(): Surface {
    return this.#surface;
  }
  /** Another number for each document. */
  get document(): number {
    return this.#shows;
  }
  /** The page has said hello: it listens. */
  get greeted(): boolean {
    return this.#greeted;
  }

  /** Once a second: keeps where the window is, every few seconds. Nobody waits for it. */
  tick(): void {
    const { clock, places } = this.#parts;
    if (!this.#isOpen || clock.now() - this.#placedAt < PLACE_MS) return;
    this.#placedAt = clock.now();
    const window = this.#window;
    void window.place().then(
      (place) => place && window === this.#window && places.keep(place),
      () => undefined,
    );
  }

  /** @throws Error with a sentence */
  async open(): Promise<void> {
    const { host, rendererFolder, appearance, places, onMessage, onFrame, onGone, onClosed } = this.#parts;
    const window = await host.open({ rendererFolder, appearance, place: places.value });
    this.#window = window;
    this.#isOpen = true;
    this.#killed = false;
    const ours = (): boolean => window === this.#window;
    window.onMessage((text) => {
      if (ours()) onMessage(text);
    });
    window.onFrame((peer, bytes) => {
      if (ours()) onFrame(peer, bytes);
    });
    window.onRendererGone(() => {
      if (ours() && !this.#ended) onGone();
    });
    window.onClosed(() => {
      if (!ours() || this.#ended || !this.#isOpen) return;
      this.#isOpen = false;
      onClosed();
    });
  }

  /** One change of the window after another. It never rejects: a page that could not be shown holds up no later lock. */
  change(what: () => Promise<void>): Promise<void> {
    this.#changing = this.#changing.then(what).catch((error: unknown) => this.#parts.onFailed(error));
    return this.#changing;
  }

  /** Resolves after the changes that are under way. */
  get settled(): Promise<void> {
    return this.#changing;
  }

  /** @throws Error when the page does not come up; where something else has decided about the window meanwhile it is quiet. */
  async show(surface: Surface): Promise<void> {
    if (this.#ended || !this.#parts.mayShow(surface)) return;
    if (this.#killed) await this.open();
    if (!this.#isOpen || this.#ended || !this.#parts.mayShow(surface)) return;
    const number = ++this.#shows;
    this.#greeted = false;
    this.#surface = surface;
    this.#parts.onShow(surface);
    try {
      await this.#window.show(surface);
    } catch (error) {
      if (number === this.#shows && this.#isOpen && !this.#ended) throw error;
    }
  }

  /** Shows a page anew, unless that has not helped several times in a row. */
  again(surface: Surface, trouble: string): void {
    if (this.tooOften()) return this.#parts.onFailed(new SentenceError(trouble));
    void this.change(() => this.show(surface));
  }

  /** Counts something that was started again. @returns true when that has not helped several times in a row. */
  tooOften(): boolean {
    const now = this.#parts.clock.now();
    this.#restarts = [...this.#restarts.filter((at) => now - at < RESTARTS.within), now];
    return this.#restarts.length > RESTARTS.most;
  }

  /**
   * The page of the moment counts for nothing any more, and its picture goes. Resolves with how that is known, also of a window that
   * is said to be closed; at once where there never was one. Never rejects.
   */
  async cut(): Promise<Invisibility> {
    this.#shows++;
    this.#greeted = false;
    this.#surface = 'lock';
    const window = this.#window as HostWindow | undefined;
    if (!window) return 'gone';
    const known = await window.blank().catch(() => 'unknown' as const);
    // A window of which nobody knows what it shows is no window for the lock page: whatever is left of it is closed.
    if (known !== 'gone' && window === this.#window && this.#isOpen) {
      this.#isOpen = false;
      this.#killed = true;
      if (known === 'unknown') void window.close().catch(() => {});
    }
    return known;
  }

  /** The page of `document` has said hello. */
  greet(document: number): void {
    if (document === this.#shows) this.#greeted = true;
  }

  post(text: string): void {
    this.#window.post(text);
  }

  postFrame(peer: Peer, bytes: Uint8Array): void {
    void this.#window.postFrame(peer, bytes).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#isOpen) await this.#window.close();
  }

  /** From here on nothing is shown. Resolves when the picture is gone. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.cut();
  }

  /** A change that was under way at the end, such as a lock, is waited for; what hangs is not. */
  async finish(): Promise<void> {
    await inTime(this.#changing, CHANGE_MS);
  }
}
