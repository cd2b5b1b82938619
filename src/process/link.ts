/**
 * A helper process's line to main: `child_process.fork` with advanced serialization (Chromium host, tests), or Electron's
 * utilityProcess. Messages are structured clones, Uint8Array included; a view takes nothing along of the memory around it.
 * Whoever receives one validates it.
 */
import { isOwnMessage, ownMessage } from '../bridge/own-memory.ts';

export interface Link {
  /** Sends without a word about it: where main is gone nothing happens, and `onClose` tells. */
  post(message: unknown): void;
  /**
   * Sends. Resolves when the operating system has taken the message, where the channel can tell, so that a sender that
   * awaits does not fill the memory; rejects where main is gone.
   */
  send(message: unknown): Promise<void>;
  onMessage(listener: (message: unknown) => void): void;
  /** Main is gone, or has closed the line. */
  onClose(listener: () => void): void;
  /** Resolves when everything sent so far is on its way: before this process ends itself. */
  flush(): Promise<void>;
}

/** parentPort says nothing of what it has passed on: this is given to it before the process ends. */
const PARENT_PORT_FLUSH_MS = 100;

/** What Electron adds to `process` in a utility process; typed here because src knows no Electron. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown; readonly ports: readonly MainPort[] }) => void): void;
}

/** One end of a message channel whose other end main holds for as long as it lives. */
interface MainPort {
  on(event: 'close', listener: () => void): void;
  start(): void;
}

/** The line to the parent of this process. Call it once. @throws Error where this process was not started as a helper process. */
export function parentLink(): Link {
  const { parentPort } = process as typeof process & { readonly parentPort?: ParentPort };
  const link = parentPort ? utilityLink(parentPort) : forkLink();
  // Electron only warns of a rejection that nobody handles: a helper would go on with half of what it was about to do.
  process.on('unhandledRejection', (reason) => {
    throw reason;
  });
  return link;
}

/**
 * A utility process of Electron. Its parentPort says nothing when main is gone, so main's first message brings a port, which
 * closes then. (On Linux and macOS the browser's own line may end this process before that: nothing is kept from ending.)
 */
function utilityLink(parentPort: ParentPort): Link {
  const messages: ((message: unknown) => void)[] = [];
  const closes: (() => void)[] = [];
  let open = true;
  parentPort.on('message', ({ data, ports }) => {
    // Held by this listener for good: a port that nobody holds may be collected, and is not heard then.
    for (const port of ports) {
      port.on('close', () => {
        if (!open) return;
        open = false;
        for (const listener of closes) listener();
      });
      port.start();
    }
    if (ports.length > 0) return;
    // Main copies before it sends. What comes otherwise has brought some of main's memory here: this process does not go on.
    if (!isOwnMessage(data)) throw new Error('A message from main came with more memory than it shows.');
    for (const listener of messages) listener(data);
  });
  return {
    post: (message) => {
      if (open) parentPort.postMessage(ownMessage(message));
    },
    send: async (message) => {
      if (!open) throw new Error('main is gone');
      parentPort.postMessage(ownMessage(message));
    },
    onMessage: (listener) => void messages.push(listener),
    onClose: (listener) => void closes.push(listener),
    flush: () => new Promise((resolve) => setTimeout(resolve, PARENT_PORT_FLUSH_MS)),
  };
}

/** A child of `child_process.fork`. */
function forkLink(): Link {
  if (!process.send) throw new Error('This is a part of Wardmux and is started by it. Run: wardmux --help');
  let underWay = 0;
  let idle: (() => void)[] = [];
  const pass = (message: unknown, done: (error: Error | null) => void): void => {
    underWay++;
    process.send?.(ownMessage(message), undefined, {}, (error) => {
      done(error);
      if (--underWay > 0) return;
      for (const resolve of idle) resolve();
      idle = [];
    });
  };
  return {
    post: (message) => {
      // An error says that the channel has just closed: `onClose` tells about it.
      if (process.connected) pass(message, () => undefined);
    },
    send: (message) =>
      new Promise((resolve, reject) => {
        if (!process.connected) return reject(new Error('main is gone'));
        pass(message, (error) => (error ? reject(error) : resolve()));
      }),
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) => void process.on('disconnect', listener),
    flush: () =>
      new Promise((resolve) => {
        if (underWay === 0 || !process.connected) resolve();
        else idle.push(resolve);
      }),
  };
}
