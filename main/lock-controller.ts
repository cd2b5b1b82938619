/** Keeps the lock's state between events: src/lock is pure, and what it decides is what happens. */
import { initialLock, isHeld, lockView, stepLock, type LockCause, type LockEvent, type LockState, type LockStep, type LockView } from '../src/lock/machine.ts';

export type { LockCause };

export class LockController {
  #state: LockState = initialLock();

  get phase(): LockState['phase'] {
    return this.#state.phase;
  }

  /** A private key of a person is, or may be about to be, open. */
  get held(): boolean {
    return isHeld(this.#state);
  }

  /** The number of the last attempt. */
  get attempt(): number {
    return this.#state.attempts;
  }

  send(event: LockEvent): LockStep {
    const step = stepLock(this.#state, event);
    this.#state = step.state;
    return step;
  }

  view(now: number): LockView {
    return lockView(this.#state, now);
  }
}
