import type { Disposable } from './host.ts';

/** A list of listeners. A listener that throws does not keep the others from hearing. */
export class Listeners<Arguments extends unknown[]> {
  readonly #all = new Set<(...args: Arguments) => void>();

  add(listener: (...args: Arguments) => void): Disposable {
    // A wrapper of its own, so that the same function added twice is heard twice and disposed once.
    const entry = (...args: Arguments): void => listener(...args);
    this.#all.add(entry);
    return { dispose: () => void this.#all.delete(entry) };
  }

  emit(...args: Arguments): void {
    for (const listener of [...this.#all]) {
      try {
        listener(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
