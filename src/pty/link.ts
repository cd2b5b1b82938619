/** The pty host's line to main: Electron's parentPort in a utility process, else the channel of child_process.fork. */
import type { FromPtyHost } from './protocol.ts';

export interface Link {
  post(message: FromPtyHost): void;
  /** Messages are not checked yet. */
  onMessage(listener: (message: unknown) => void): void;
  /** Main is gone. Called once. */
  onLost(listener: () => void): void;
  /** Resolves when everything posted so far is on its way. */
  flush(): Promise<void>;
}

/** parentPort says nothing of what it has passed on: this is given to it before the process ends. */
const parentPortFlushMs = 100;

interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
  on(event: 'close', listener: () => void): void;
}

/** @throws Error when this process was not forked by main. */
export function linkToMain(): Link {
  const port = (process as unknown as { readonly parentPort?: ParentPort }).parentPort;
  if (port) {
    return {
      post: (message) => port.postMessage(message),
      onMessage: (listener) => port.on('message', (event) => listener(event.data)),
      onLost: (listener) => port.on('close', listener),
      flush: () => new Promise((resolve) => setTimeout(resolve, parentPortFlushMs)),
    };
  }
  if (!process.send) throw new Error('The pty host is started by Wardmux itself: run `wardmux` or the app instead.');
  let underWay = 0;
  let idle: (() => void) | undefined;
  return {
    post(message) {
      if (!process.connected) return;
      underWay++;
      // An error says that the channel has just closed: `disconnect` tells about it.
      process.send?.(message, undefined, undefined, () => {
        if (--underWay === 0) idle?.();
      });
    },
    onMessage: (listener) => void process.on('message', listener),
    onLost: (listener) => void process.once('disconnect', listener),
    flush: () =>
      new Promise((resolve) => {
        if (underWay === 0 || !process.connected) resolve();
        else idle = resolve;
      }),
  };
}
