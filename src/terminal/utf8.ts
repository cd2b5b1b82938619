/**
 * Output on its way to an emulator, or to the text of a bundle. Programs print what is no UTF-8 (Latin-1, a file cut in the middle
 * of a character); xterm.js leaves that out without a trace, and it loses a character that is cut behind a byte of 0x80. So
 * all who read output in pieces get whole characters, and U+FFFD for each maximal part that is none (Unicode, section 3.9).
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

const NOTHING = new Uint8Array(0);

/** Lowest and highest second byte after these lead bytes (Unicode, table 3-7); 0x80 to 0xBF after any other. */
const SECOND_BYTES: Readonly<Record<number, readonly [number, number]>> = { 0xe0: [0xa0, 0xbf], 0xed: [0x80, 0x9f], 0xf0: [0x90, 0xbf], 0xf4: [0x80, 0x8f] };

/** Bytes at the end that begin a character and do not end it: 0 to 3. What no byte could make a character of is none of them. verify.py has its twin. */
export function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const lead = bytes[bytes.length - back]!;
    if (lead >= 0x80 && lead <= 0xbf) continue;
    const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (back >= length) return 0;
    const [low, high] = SECOND_BYTES[lead] ?? [0x80, 0xbf];
    const second = bytes[bytes.length - back + 1];
    return back === 1 || (second! >= low && second! <= high) ? back : 0;
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

/** Chunks of bytes as whole characters: what the end of a chunk cuts waits for its rest. */
export class WholeCharacters {
  #tail: Uint8Array = NOTHING;

  /** How many bytes wait: 0 to 3. */
  get waiting(): number {
    return this.#tail.length;
  }

  /** What is whole now. It may be a view of `chunk`. */
  feed(chunk: Uint8Array): Uint8Array {
    const all = this.#tail.length === 0 ? chunk : concat(this.#tail, chunk);
    const cut = cutCharacter(all);
    if (cut === 0) {
      this.#tail = NOTHING;
      return all;
    }
    // A copy, which slice() of a Buffer is not: whoever gave the chunk may wipe it.
    this.#tail = new Uint8Array(all.subarray(all.length - cut));
    return all.subarray(0, all.length - cut);
  }

  /** Nothing more comes: what waits is no character any more. */
  end(): Uint8Array {
    const rest = this.#tail;
    this.#tail = NOTHING;
    return rest;
  }
}

/** Text of bytes that stand alone, or are whole characters. */
export function utf8WithMarks(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
