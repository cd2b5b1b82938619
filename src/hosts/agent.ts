/**
 * What ssh says of a host once it has proven its key. ssh asks its agent after the exchange of keys, before it tries a key of the account, and tells it first to
 * which host it is bound: that host's key, whose signature of this very exchange it has verified by then (session-bind@openssh.com, OpenSSH 8.9 and later).
 * What ssh prints proves nothing: a server's words stand in between, with its line feeds. So the agent of a look is one of ours, in a folder that nobody
 * else can look into. It takes the first message, and never answers.
 */
import { createServer, type Socket } from 'node:net';
import { hostKeyOf, type HostKey } from './key.ts';

/** A host's key and signature, and what was signed. Bytes. */
const MOST_BYTES = 16 * 1024;
const SSH_AGENTC_EXTENSION = 27;
const BIND = 'session-bind@openssh.com';

/** The first string of some bytes, and what follows. @returns undefined where they are too short */
function stringOf(bytes: Buffer): readonly [Buffer, Buffer] | undefined {
  if (bytes.length < 4) return undefined;
  const end = 4 + bytes.readUInt32BE(0);
  return end <= bytes.length ? [bytes.subarray(4, end), bytes.subarray(end)] : undefined;
}

/** The key of the host that a message to an agent binds to. @param message without its length. @returns undefined where it says something else */
export function boundKey(message: Buffer): HostKey | undefined {
  if (message[0] !== SSH_AGENTC_EXTENSION) return undefined;
  const [name, rest] = stringOf(message.subarray(1)) ?? [];
  const [key] = (name?.toString('latin1') === BIND && stringOf(rest!)) || [];
  return key && hostKeyOf(key);
}

/** What came to an agent. */
export interface Asked {
  /** undefined: of a kind that is not taken, or an ssh that does not say it. */
  readonly key: HostKey | undefined;
}

/** An agent that is asked once. Whoever starts it ends it with `close`. */
interface LookAgent {
  /** Never rejects. */
  readonly asked: Promise<Asked>;
  readonly close: () => void;
}

/** @param path in a folder of our own. @throws Error where nothing can listen there */
export function listenAsAgent(path: string): Promise<LookAgent> {
  const { promise: asked, resolve: tell } = Promise.withResolvers<Asked>();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    let came = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      came = Buffer.concat([came, bytes]);
      const [message] = stringOf(came) ?? [];
      if (message) tell({ key: boundKey(message) });
      else if (came.length > MOST_BYTES) socket.destroy();
    });
  });
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve({ asked, close }));
  });
}
