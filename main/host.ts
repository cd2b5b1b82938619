/**
 * The one interface to the world outside the core. main/electron and main/chromium implement it; test/contract holds
 * both to it. A host is thin: it opens a window, serves files, carries messages, reports idle and suspend, forks.
 */
import type { Invisibility, LimitedProcess, Peer, Surface } from '../src/types/words.ts';
import type { Disposable } from '../src/types/listeners.ts';
import type { hostRefusals } from '../src/ledger/table/app.ts';

export type { Peer };

/** Where a window is on the screens, in pixels, with its frame; maximised, where it is then. */
export interface WindowPlace {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly maximized: boolean;
}

/** How a person wants pages to look, as far as what stands between two pages must know it. */
export interface Appearance {
  readonly theme: 'system' | 'dark' | 'light';
  /** More of it than usual. */
  readonly contrast: boolean;
}

/** The one window. `show` ends the renderer that was there: it is gone, not hidden, when the promise resolves. */
export interface HostWindow {
  /**
   * Resolves when the new document runs. The old document is not visible any more after 100 ms at most. Rejects when the
   * page is missing, or when `blank`, another `show` or `close` came before the document ran.
   */
  show(surface: Surface): Promise<void>;
  /**
   * Takes the page away at once, without waiting for anything. Resolves within half a second, with how it is known that the
   * page is not to be seen: an answer of the browser or of its renderer is no proof. After `killed` this window is gone for
   * good, without `onClosed`: the host opens another one.
   */
  blank(): Promise<Invisibility>;
  /** JSON text to the page. Messages to a page that is gone are dropped. */
  post(text: string): void;
  /**
   * An opaque frame to the page. Resolves when the page has taken it: the caller's flow control. A frame to a page that is
   * gone, or goes before it has taken it, is dropped and resolves, so that nobody waits for a page that will never answer.
   */
  postFrame(peer: Peer, bytes: Uint8Array): Promise<void>;
  onMessage(listener: (text: string) => void): Disposable;
  onFrame(listener: (peer: Peer, bytes: Uint8Array) => void): Disposable;
  /** The renderer died without our doing. */
  onRendererGone(listener: (reason: string) => void): Disposable;
  /** Puts the window before those of others, as far as the desktop lets it. */
  raise(): Promise<void>;
  /** The person closed the window, or the browser ended. */
  onClosed(listener: () => void): Disposable;
  /** Process id of the document's renderer, where the host knows it. For tests and the canary. */
  rendererPid(): Promise<number | undefined>;
  /** Undefined where nobody knows, or it is closed. */
  place(): Promise<WindowPlace | undefined>;
  close(): Promise<void>;
}

/** A child process of ours: structured-clone messages, Uint8Array included. */
export interface Child {
  /** Undefined before the process runs, where the host does not know it at once, and in Electron after its end. */
  readonly pid: number | undefined;
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): Disposable;
  onExit(listener: (code: number | null, signal: string | null) => void): Disposable;
  /** SIGKILL: no goodbye. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Our own processes beside main. */
export type ChildName = Exclude<LimitedProcess, 'main'>;

/** What the machine tells us; `menu` is Lock in the host's own menu. All optional: the app's own input timer is the first source. */
export type HostSignal = 'suspend' | 'resume' | 'os-lock' | 'user-switch' | 'lid' | 'shutdown' | 'menu';

/**
 * What a host refuses to a page, or to whoever sits at it: a `browser-part` is a piece of the browser that came up beside the
 * page, such as its developer tools. No page of ours does such a
 * thing, so each is an event of the ledger: never with its content.
 */
export type RefusedByHost = (typeof hostRefusals)[number];

export interface WindowOpening {
  readonly rendererFolder: string;
  /** Asked at each page. Default: as the system is. */
  readonly appearance?: () => Appearance;
  /** Where it was last. */
  readonly place?: WindowPlace | undefined;
  /** Size in cells, of one that was nowhere yet. */
  readonly cols?: number;
  readonly rows?: number;
}

export interface Host {
  readonly name: 'electron' | 'chromium';
  /** One line, said when its window is open: which host, and why. */
  readonly description: string;
  /** What of passkeys cannot work in this host on this system, as a sentence; undefined where nothing is known. */
  readonly passkeyLimit: string | undefined;
  /** Opens the window: one at a time, and again after it was closed. @throws Error with a sentence. */
  open(options: WindowOpening): Promise<HostWindow>;
  fork(name: ChildName): Child;
  /** Seconds since the last input anywhere on the machine, or undefined where nobody can tell. */
  idleSeconds(): Promise<number | undefined>;
  /**
   * Takes what was copied out of the clipboard, and out of the selection of the middle button where the system has one. Needs
   * neither focus nor a gesture where the system lets it. Resolves with true when both are known to be empty.
   */
  clearClipboard(): Promise<boolean>;
  /** A sleep or an end of the machine waits until what the listener gives back is over, where the system waits at all. */
  onSignal(listener: (signal: HostSignal) => unknown): Disposable;
  onRefused(listener: (what: RefusedByHost) => void): Disposable;
  /** Ends every process of the host. */
  quit(): Promise<void>;
}

/** The origin of every document, in both hosts. WebAuthn refuses app://. */
export const origin = 'https://wardmux.localhost';
export const rpId = 'wardmux.localhost';

/**
 * Sent with every document. xterm's DOM renderer needs style elements: the one opening (docs/threat-model.md). A host may
 * hand over frames as the answers to requests for /frames/, which it intercepts; nothing else can be asked for.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-elem 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  `connect-src ${origin}/frames/`,
  "worker-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');
