/** What the pty host tells main of by itself, seldom enough that a flood of causes is no flood of messages. */
import type { Clock } from '../time/clock.ts';

/** `sealed` at most this often. */
const sealedMs = 1000;
/** Refused messages are reported at most this often, with their number: a flood of them must not become one of ours. */
const refusalMs = 1000;

export interface ReportParts {
  readonly clock: Clock;
  /** All bytes that were sealed so far for somebody. */
  readonly sealed: (person: string, bytes: number) => void;
  readonly fault: (sentence: string) => void;
}

export class Reports {
  readonly #parts: ReportParts;
  /** By person. */
  readonly #sealed = new Map<string, number>();
  /** Whose is told at the end of this moment. */
  readonly #sealing = new Set<string>();
  #refusals = 0;
  #refusalsArmed = false;

  constructor(parts: ReportParts) {
    this.#parts = parts;
  }

  countSealed(person: string, bytes: number): void {
    const sum = (this.#sealed.get(person) ?? 0) + bytes;
    this.#sealed.set(person, sum);
    if (this.#sealing.has(person)) return;
    this.#sealing.add(person);
    this.#parts.clock.after(sealedMs, () => {
      this.#sealing.delete(person);
      this.#parts.sealed(person, this.#sealed.get(person)!);
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
