/** Keeps the lock's state between events (src/lock is pure) and hands out what the app has to do. */
import {
  initialLock,
  isOpen,
  lockView,
  stepLock,
  type LockCause,
  type LockConfig,
  type LockEvent,
  type LockState,
  type LockView,
} from '../src/lock/machine.ts';

export type { LockCause };

export class LockController {
  #state: LockState | undefined;

  /** The policy's times, at the start and whenever they change. */
  configure(config: LockConfig, now: number): LockCause | undefined {
    if (this.#state) return this.#step({ type: 'configure', config, now });
    this.#state = initialLock(config, now);
    return undefined;
  }

  /** @returns the cause when the app has to lock now. */
  input(kind: 'key' | 'pointer' | 'move', now: number): LockCause | undefined {
    return this.#step({ type: 'input', kind, now });
  }

  /** Once a second. @returns the cause when the app has to lock now. */
  tick(now: number, hostIdleSeconds: number | undefined): LockCause | undefined {
    return this.#step({ type: 'tick', now, hostIdleSeconds });
  }

  /** The app locks for a reason of its own. */
  locked(cause: LockCause, now: number): void {
    this.#step({ type: 'lock', cause, now });
  }

  /**
   * The vault host has opened an identity: it alone knows whether an attempt counts, and holds attempts back.
   * @returns false when the idle timer does not run: without a policy, or because time ran backwards. The app must not open
   * then, because nothing would lock it on idle. The timer begins anew, so that the next attempt opens.
   */
  unlocked(method: 'passphrase' | 'passkey', now: number): boolean {
    this.#step({ type: 'unlockSucceeded', method, now });
    if (!this.#state) return false;
    if (isOpen(this.#state)) return true;
    this.#state = initialLock(this.#state.config, now);
    return false;
  }

  view(now: number): LockView | undefined {
    return this.#state && lockView(this.#state, now);
  }

  #step(event: LockEvent): LockCause | undefined {
    if (!this.#state) return undefined;
    const { state, effects } = stepLock(this.#state, event);
    this.#state = state;
    return effects[0]?.cause;
  }
}
