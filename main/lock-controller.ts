/** Keeps the lock's state between events: src/lock is pure, and what it decides is what happens. */
import {
  initialLock,
  isHeld,
  stepLock,
  type Away,
  type LockCause,
  type LockEvent,
  type LockState,
  type LockStep,
  type StopCause,
} from '../src/lock/machine.ts';
import { sooner, strictest, type LockConfig } from '../src/lock/config.ts';
import { lockView, personStage, stageOf, type LockView, type PersonStage, type Stage } from '../src/lock/view.ts';

export type { LockCause };

export class LockController {
  #state: LockState = initialLock();
  #policy: LockConfig = strictest;
  /** After how many seconds each who has been in wants to be locked out. */
  readonly #after = new Map<string, number>();

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

  /** Who was in and is not, and is not logged off. */
  get away(): readonly Away[] {
    return this.#state.away;
  }

  /** Why nobody comes in but by break-glass; undefined where everybody may. */
  get stop(): StopCause | undefined {
    return this.#state.stop;
  }

  /** Something cannot be entered or recorded: nothing new begins. */
  get degraded(): boolean {
    return this.#state.degraded;
  }

  /** The times that hold for whoever is in: the policy's, and sooner where they want it. @param policy as before where it is left out */
  times(whose: string | undefined, policy = this.#policy): LockConfig {
    this.#policy = policy;
    return sooner(policy, (whose !== undefined && this.#after.get(whose)) || 0);
  }

  /** @param seconds 0: as the policy says. @returns false where they wanted that before */
  wants(whose: string, seconds: number): boolean {
    if ((this.#after.get(whose) ?? 0) === seconds) return false;
    this.#after.set(whose, seconds);
    return true;
  }

  send(event: LockEvent): LockStep {
    const step = stepLock(this.#state, event);
    this.#state = step.state;
    return step;
  }

  view(now: number): LockView {
    return lockView(this.#state, now);
  }

  stage(now: number): Stage {
    return stageOf(this.#state, now);
  }

  personStage(person: string): PersonStage {
    return personStage(this.#state, person);
  }
}
