/** Text of bytes that came from elsewhere: UTF-8 or nothing, and every byte of it, a byte order mark too. */

// One for all: making a decoder costs more than decoding a line.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of bytes that are UTF-8, or undefined. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
