/** What both hosts check of every message from a page before anybody else sees it. A page is not trusted to be ours. */
import { MAX_FRAME_BYTES } from '../src/bridge/frames.ts';
import { peers, type Peer } from '../src/types/words.ts';

/** The longest request is a WebAuthn response, a few KiB; 64 KiB leaves room and keeps a flood of them small. */
export const MAX_MESSAGE_CHARS = 64 * 1024;

export function isPeer(value: unknown): value is Peer {
  return peers.some((peer) => peer === value);
}

export function isMessage(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_MESSAGE_CHARS;
}

export function isFrame(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length > 0 && value.length <= MAX_FRAME_BYTES;
}
