/** What the pty host tells main of by itself, seldom enough that a flood of causes is no flood of messages. */
import type { Clock } from '../time/clock.ts';

/** `sealed` at most this often. */
const sealedMs = 1000;
/** Refused messages are reported at most this often, with their number: a flood of them must not become one of ours. */
const refusalMs = 1000;

export interface ReportParts {
  readonly clock: Clock;
  /** All bytes that were sealed so far. */
  readonly sealed: (bytes: number) => void;
  readonly fault: (sentence: string) => void;
}

export class Reports {
  readonly #parts: ReportParts;
  #sealed = 0;
  #sealedArmed = false;
  #refusals = 0;
  #refusalsArmed = false;

  constructor(parts: ReportParts) {
    this.#parts = parts;
  }

  countSealed(bytes: number): void {
    this.#sealed += bytes;
    if (this.#sealedArmed) return;
    this.#sealedArmed = true;
    this.#parts.clock.after(sealedMs, () => {
      this.#sealedArmed = false;
      this.#parts.sealed(this.#sealed);
    });
  }

  /** A message was refused. @param done what is known of what it did. */
  refuse(why: string, done = 'Nothing was changed.'): void {
    this.#refusals++;
    if (this.#refusalsArmed) return;
    this.#refusalsArmed = true;
    const first = this.#refusals;
    this.#parts.fault(`The pty host refused a message: ${why}. ${done}`);
    this.#parts.clock.after(refusalMs, () => {
      this.#refusalsArmed = false;
      const more = this.#refusals - first;
      if (more > 0) this.#parts.fault(`The pty host refused ${more} more messages in the last second.`);
    });
  }
}
