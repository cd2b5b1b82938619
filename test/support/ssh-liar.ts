/** A server that shows somebody else's key: it has no private key, signs with random bytes, and says in a debug message what ssh would note of a good exchange. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';

const KEXINIT = 20;
const ECDH_INIT = 30;
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const text = (value: string | Buffer): Buffer => Buffer.concat([number(value.length), Buffer.from(value)]);

function packet(payload: Buffer): Buffer {
  let padding = 8 - ((5 + payload.length) % 8);
  if (padding < 4) padding += 8;
  return Buffer.concat([number(1 + payload.length + padding), Buffer.from([padding]), payload, randomBytes(padding)]);
}

const lists = ['curve25519-sha256', 'ssh-ed25519', 'aes128-ctr', 'aes128-ctr', 'hmac-sha2-256', 'hmac-sha2-256', 'none', 'none', '', ''];
const offer = (): Buffer => packet(Buffer.concat([Buffer.from([KEXINIT]), randomBytes(16), ...lists.map(text), Buffer.alloc(5)]));
/** SSH_MSG_DEBUG, to be displayed. */
const note = (words: string): Buffer => packet(Buffer.concat([Buffer.from([4, 1]), text(words), text('')]));

function answer(shown: Buffer): Buffer {
  const ephemeral = generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  return packet(Buffer.concat([Buffer.from([31]), text(shown), text(ephemeral), text(Buffer.concat([text('ssh-ed25519'), text(randomBytes(64))]))]));
}

/**
 * @param shown the public key of somebody else, as SSH encodes it
 * @param words of its debug message
 */
export async function startLiar(shown: Buffer, words: string): Promise<{ readonly port: number; readonly stop: () => void }> {
  const server = createServer((socket) => {
    let came = Buffer.alloc(0);
    let greeted = false;
    socket.on('error', () => undefined);
    socket.write('SSH-2.0-OpenSSH_9.2\r\n');
    socket.on('data', (bytes: Buffer) => {
      came = Buffer.concat([came, bytes]);
      if (!greeted && came.includes('\n')) {
        greeted = true;
        came = came.subarray(came.indexOf('\n') + 1);
        socket.write(offer());
      }
      while (greeted && came.length > 5 && came.length >= 4 + came.readUInt32BE(0)) {
        const kind = came[5];
        came = came.subarray(4 + came.readUInt32BE(0));
        if (kind === ECDH_INIT) socket.write(Buffer.concat([note(words), answer(shown)]));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, stop: () => void server.close() };
}
