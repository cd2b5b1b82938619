/**
 * The sealed view channel, wire format. It keeps pane text and typed secrets out of every process that only relays
 * them (main, the browser process): after a lock nothing that is left there can be opened.
 *
 * Both ends make an ephemeral P-256 key. `page` is the renderer's end, `peer` the pty host's or the vault host's.
 *   shared = ECDH(page, peer), the x coordinate, 32 bytes (SP 800-56A)
 *   salt   = SHA-256(page public key || peer public key), each raw and uncompressed, 65 bytes
 *   key    = HKDF-SHA256(shared, salt, "wardmux/v1/view/" + direction, 32)      direction: "to-page" or "from-page"
 *   frame  = u64 counter || AES-256-GCM(key, iv = 0x00000000 || counter, plaintext) || tag
 * The counter starts at 0 in each direction; a receiver takes exactly the next one, so nothing is replayed or dropped.
 */
export type Direction = 'to-page' | 'from-page';
export const keyInfo = (direction: Direction): string => `wardmux/v1/view/${direction}`;
export const counterBytes = 8;
export const tagBytes = 16;
export const publicKeyBytes = 65;

/** A frame that does not open: not ours, changed, replayed, or out of order. */
export class ChannelError extends Error {
  override name = 'ChannelError';
}
