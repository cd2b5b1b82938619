/** What the windows of both hosts have in common: who is told what, how long a page may take, and how its failure is said. */
import { plainPath } from '../../src/disk/held-folder.ts';
import { SentenceError } from '../../src/types/sentence.ts';
import { inTime } from '../../src/time/in-time.ts';
import type { Surface } from '../../src/types/words.ts';
import type { HostWindow, Peer } from '../host.ts';
import { Listeners, type Disposable } from '../../src/types/listeners.ts';

/** A built page is on the screen in well under a second; ten are for a machine in trouble. */
const START_MS = 10_000;

/** No window can be opened on this machine as it is. The message is a sentence that says why, and what to do. */
export class NoWindowError extends SentenceError {}

/** Who listens to a window. */
export abstract class WindowListeners implements Pick<HostWindow, 'onMessage' | 'onFrame' | 'onRendererGone' | 'onClosed'> {
  protected readonly messages = new Listeners<[string]>();
  protected readonly frames = new Listeners<[Peer, Uint8Array]>();
  protected readonly gone = new Listeners<[string]>();
  protected readonly closed = new Listeners<[]>();

  onMessage(listener: (text: string) => void): Disposable {
    return this.messages.add(listener);
  }

  onFrame(listener: (peer: Peer, bytes: Uint8Array) => void): Disposable {
    return this.frames.add(listener);
  }

  onRendererGone(listener: (reason: string) => void): Disposable {
    return this.gone.add(listener);
  }

  onClosed(listener: () => void): Disposable {
    return this.closed.add(listener);
  }
}

/** Resolves with `load`, or rejects when it takes longer than a page may. What comes of it later is no unhandled end. */
export function inStartTime<T>(surface: Surface, load: Promise<T>): Promise<T> {
  return inTime(load, START_MS, () => {
    throw new SentenceError(`The page ${surface} did not start within ${START_MS / 1000} seconds.`);
  });
}

/** Whether `proof` says true within `ms` milliseconds. One that fails, or takes longer, proves nothing. */
export function isProven(proof: Promise<boolean>, ms: number): Promise<boolean> {
  return inTime(
    proof.catch(() => false),
    ms,
    () => false,
  );
}

/** The page did not come up, because something else was wanted of the window meanwhile. */
export function replacedError(surface: Surface): Error {
  return new SentenceError(`The page ${surface} was replaced before it ran.`);
}

/** The built pages are not where they should be. */
export function missingPageError(surface: Surface, rendererFolder: string): Error {
  return new SentenceError(`The page ${surface}.html is missing in ${plainPath(rendererFolder)}. Build the app again, and start it again.`);
}
