/** Who is at the other end of a connection over the private socket. */
import type { Socket } from 'node:net';
import { NativeError, peerOf, type SocketPeer } from '../native/addon.ts';

/**
 * By the kernel's word: of one that connected to us as it was then, of one that we connected to as it was when it began to listen.
 * @returns undefined where the system has no such word, or the connection is over.
 */
export function peerOfSocket(socket: Socket): SocketPeer | undefined {
  // Node has no public name for the descriptor of a socket.
  const { fd } = (socket as Socket & { readonly _handle?: { readonly fd?: number } })._handle ?? {};
  try {
    return peerOf(fd ?? -1);
  } catch (error) {
    if (error instanceof NativeError) return undefined;
    throw error;
  }
}
