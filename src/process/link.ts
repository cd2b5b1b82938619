/**
 * A host process's line to main: `child_process.fork` with advanced serialization (Chromium host, tests), or Electron's
 * utilityProcess. Messages are structured clones, Uint8Array included. Whoever receives one validates it.
 */

export interface Link {
  /**
   * Sends. Resolves when the operating system has taken the message, where the channel can tell, so that a sender that
   * awaits does not fill the memory; rejects where main is gone.
   */
  send(message: unknown): Promise<void>;
  onMessage(listener: (message: unknown) => void): void;
  /** Main is gone, or has closed the line. */
  onClose(listener: () => void): void;
}

/** What Electron adds to `process` in a utility process; typed here because src knows no Electron. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
  on(event: 'close', listener: () => void): void;
}

/** The line to the parent of this process. @throws Error where this process was not started as a host process. */
export function parentLink(): Link {
  const { parentPort } = process as typeof process & { readonly parentPort?: ParentPort };
  if (parentPort) {
    return {
      send: async (message) => parentPort.postMessage(message),
      onMessage: (listener) => parentPort.on('message', ({ data }) => listener(data)),
      onClose: (listener) => parentPort.on('close', listener),
    };
  }
  if (!process.send) throw new Error('This is a part of Wardmux and is started by it. Run: wardmux --help');
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        if (!process.connected) return reject(new Error('main is gone'));
        process.send?.(message, undefined, {}, (error) => (error ? reject(error) : resolve()));
      }),
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) => void process.on('disconnect', listener),
  };
}

/** Two ends in one process, for tests: messages are cloned as between processes, and delivered in order. */
export function linkPair(): readonly [Link, Link & { close(): void }] {
  const ends = [0, 1].map(() => ({ message: [] as ((message: unknown) => void)[], close: [] as (() => void)[] }));
  let open = true;
  const end = (mine: 0 | 1): Link => ({
    send: async (message) => {
      if (!open) throw new Error('main is gone');
      const copy = structuredClone(message);
      queueMicrotask(() => ends[1 - mine]!.message.forEach((listener) => listener(copy)));
    },
    onMessage: (listener) => void ends[mine]!.message.push(listener),
    onClose: (listener) => void ends[mine]!.close.push(listener),
  });
  const close = (): void => {
    open = false;
    ends.forEach(({ close }) => close.forEach((listener) => listener()));
  };
  return [end(0), { ...end(1), close }];
}
