/**
 * Holds the browser to one page. Whatever else it opens (developer tools, a window, a tab, a worker, an extension's page) is
 * closed as soon as the browser tells of it, whoever asked for it and whether or not anything of it is on the screen.
 */
import type { RefusedByHost } from '../host.ts';
import type { TargetSession } from '../../src/browser/devtools.ts';
import type { TargetInfo } from '../../src/browser/protocol.ts';

/** A target that is still there after this long does not close: nobody may work beside it. Closing takes 5 to 20 ms. */
const CLOSE_MS = 1000;
/** So many closings are kept in mind. */
const MAX_CLOSED = 1000;

export interface TargetGuardOptions {
  /** Told once for each target that was not ours, before it is closed. */
  readonly refused: (what: RefusedByHost) => void;
  /** A target that could not be closed. */
  readonly stays: () => void;
  /** A target of ours is gone. */
  readonly gone: (targetId: string) => void;
}

export class TargetGuard {
  readonly #session: TargetSession;
  readonly #options: TargetGuardOptions;
  readonly #ours = new Set<string>();
  readonly #closing = new Map<string, { readonly late: NodeJS.Timeout; readonly type: string; readonly at: number }>();
  /** For tests and the bench: what was closed, and how long after the browser had told of it (ms), by a clock that only goes on. */
  readonly closed: { readonly type: string; readonly ms: number }[] = [];
  /** What comes up now is ours. */
  #opening = true;

  private constructor(session: TargetSession, options: TargetGuardOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** Takes what is there now for ours: the browser has just been started, with one page. */
  static async watch(session: TargetSession, options: TargetGuardOptions): Promise<TargetGuard> {
    const guard = new TargetGuard(session, options);
    session.on('Target.targetCreated', ({ targetInfo }) => guard.#see(targetInfo));
    session.on('Target.targetInfoChanged', ({ targetInfo }) => guard.#see(targetInfo));
    session.on('Target.targetDestroyed', ({ targetId }) => guard.#gone(targetId));
    // An empty filter lets every type through; the default one hides the developer tools.
    await session.send('Target.setDiscoverTargets', { discover: true, filter: [{}] });
    guard.#opening = false;
    return guard;
  }

  #see({ targetId, type }: TargetInfo): void {
    // The browser itself, once for each session with it.
    if (type === 'browser' || this.#ours.has(targetId) || this.#closing.has(targetId)) return;
    if (this.#opening) return void this.#ours.add(targetId);
    const late = setTimeout(() => this.#options.stays(), CLOSE_MS);
    late.unref();
    this.#closing.set(targetId, { late, type, at: performance.now() });
    // A window's tab and its page are two targets, and one thing to tell of.
    if (type !== 'tab') this.#options.refused(type === 'page' ? 'window' : 'browser-part');
    // A tab goes with its page, and answers then that it is not there.
    this.#session.send('Target.closeTarget', { targetId }).catch(() => {});
  }

  #gone(targetId: string): void {
    const closing = this.#closing.get(targetId);
    clearTimeout(closing?.late);
    if (closing && this.closed.length < MAX_CLOSED) this.closed.push({ type: closing.type, ms: performance.now() - closing.at });
    this.#closing.delete(targetId);
    if (this.#ours.delete(targetId)) this.#options.gone(targetId);
  }
}
