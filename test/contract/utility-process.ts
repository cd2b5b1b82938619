/**
 * Turns a child of the fake into what Electron's utility process is for its entry: a `process.parentPort` that only ever
 * emits `message`, and that holds messages until somebody listens; no `process.send`; nothing that says main is gone, but
 * ports that were given over, which close (shell/services/node/parent_port.cc, shell/browser/api/message_port.cc).
 */
import { EventEmitter } from 'node:events';
import { pack, unpack } from './serializer.ts';

type Message = { readonly data: unknown; readonly ports: readonly Port[] };

class Port extends EventEmitter {
  start(): void {}
  remoteGone(): void {
    this.emit('close');
  }
}

const send = process.send!.bind(process);
const ports: Port[] = [];

class ParentPort extends EventEmitter {
  readonly #waiting: Message[] = [];
  constructor() {
    super();
    this.on('newListener', (name) => {
      if (name === 'message') setImmediate(() => this.#waiting.splice(0).forEach((message) => this.give(message)));
    });
  }
  postMessage(message: unknown): void {
    if (process.connected) send(pack(message), () => {});
  }
  give(message: Message): void {
    if (this.listenerCount('message') > 0) this.emit('message', message);
    else this.#waiting.push(message);
  }
}

const parentPort = new ParentPort();
process.on('message', ({ packed, ports: given }: { packed: Uint8Array; ports: readonly number[] }) => {
  const own = given.map(() => new Port());
  ports.push(...own);
  parentPort.give({ data: unpack(packed), ports: own });
});
process.on('disconnect', () => ports.forEach((port) => port.remoteGone()));
// A utility process runs until somebody ends it, whether or not there is anything to wait for.
setInterval(() => {}, 1_000_000);

Object.defineProperty(process, 'parentPort', { value: parentPort, enumerable: true });
// The fake's own arguments: the entry sees those of its fork only.
process.execArgv = process.execArgv.filter(
  (argument, at, all) => argument !== '--import' && all[at - 1] !== '--import' && !argument.startsWith('--unhandled-'),
);
delete process.send;
