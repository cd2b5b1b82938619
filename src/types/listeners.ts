/** What ends what was begun: a listener hears no more. */
export interface Disposable {
  dispose(): void;
}

/** A list of listeners. A listener that throws does not keep the others from hearing. */
export class Listeners<Arguments extends unknown[]> {
  readonly #all = new Set<(...args: Arguments) => unknown>();

  add(listener: (...args: Arguments) => unknown): Disposable {
    // A wrapper of its own, so that the same function added twice is heard twice and disposed once.
    const entry = (...args: Arguments): unknown => listener(...args);
    this.#all.add(entry);
    return { dispose: () => void this.#all.delete(entry) };
  }

  /** Resolves when what listeners have given back is over, well or not. */
  emit(...args: Arguments): Promise<void> {
    const waiting: Promise<unknown>[] = [];
    for (const listener of [...this.#all]) {
      try {
        const given = listener(...args);
        if (given instanceof Promise) waiting.push(given.then(undefined, fail));
      } catch (error) {
        fail(error);
      }
    }
    return waiting.length === 0 ? done : Promise.all(waiting).then(() => undefined);
  }
}

const done = Promise.resolve();

/** For the last net of the process, which nobody else may swallow it from. */
function fail(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
