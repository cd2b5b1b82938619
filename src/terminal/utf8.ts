/**
 * Output on its way to an emulator. Programs print what is no UTF-8 (Latin-1, a file cut in the middle of a character); xterm.js
 * leaves that out without a trace, and it loses a character that is cut behind a byte of 0x80. So it is given whole
 * characters, and U+FFFD for each maximal part that is none (Unicode, section 3.9), as in a bundle's session.cast.
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Bytes at the end that begin a character (UTF-8, RFC 3629) and do not end it: 0 to 3. */
export function cutCharacter(bytes: Uint8Array): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const byte = bytes[bytes.length - count]!;
    if (byte >= 0x80 && byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > count ? count : 0;
  }
  return 0;
}

/** @param bytes end with a whole character, or with what none can begin. @returns the same array where it is UTF-8, as it nearly always is. */
export function repairUtf8(bytes: Uint8Array): Uint8Array {
  try {
    strict.decode(bytes);
    return bytes;
  } catch {
    return encoder.encode(lenient.decode(bytes));
  }
}

/** The same for output in chunks: what is cut by the end of a chunk waits for its rest. */
export class Utf8Repair {
  #tail: Uint8Array = new Uint8Array(0);

  feed(chunk: Uint8Array): Uint8Array {
    const all = this.#tail.length === 0 ? chunk : concat(this.#tail, chunk);
    const whole = all.subarray(0, all.length - cutCharacter(all));
    this.#tail = all.slice(whole.length);
    return repairUtf8(whole);
  }
}

export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
