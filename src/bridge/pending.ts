/**
 * Questions that wait for their answers, by number. A number is used once: an answer that comes too late, or twice, satisfies
 * nobody, whatever was asked since.
 */

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

/** The number of what is asked first. */
export const FIRST_QUESTION = 1;

export class Pending {
  readonly #waiting = new Map<number, Waiting>();
  #next = FIRST_QUESTION;
  #ended: Error | undefined;

  /**
   * @param send puts the question under its number on its way.
   * @param late what is thrown where no answer comes within so many milliseconds; left out, it may take for ever.
   */
  ask<T>(send: (id: number) => void, late?: { readonly ms: number; readonly error: () => Error }): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      const timer =
        late &&
        setTimeout(() => {
          this.#waiting.delete(id);
          reject(late.error());
        }, late.ms);
      // In a page a timer is a number, and keeps nothing alive.
      if (typeof timer === 'object') timer.unref();
      this.#waiting.set(id, { resolve, reject, timer });
      send(id);
    });
  }

  /** Settles a question by what `value` gives, or rejects with what it throws. @returns whether that number was ever given out. */
  settle(id: number, value: () => unknown): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting) {
      this.#waiting.delete(id);
      clearTimeout(waiting.timer);
      try {
        waiting.resolve(value() as never);
      } catch (error) {
        waiting.reject(error as Error);
      }
    }
    return Number.isSafeInteger(id) && id >= 1 && id < this.#next;
  }

  /** Nobody answers any more: all that wait, and all that ask later, get this error. */
  end(error: Error): void {
    this.#ended = error;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
  }
}
