/** UTF-8 in pieces, U+FFFD for each maximal invalid part (Unicode, section 3.9): as a terminal shows it. verify.py has its twin. */

/** Lowest and highest second byte after these lead bytes (Unicode, table 3-7); 0x80 to 0xBF after any other. */
const SECOND_BYTES: Readonly<Record<number, readonly [number, number]>> = { 0xe0: [0xa0, 0xbf], 0xed: [0x80, 0x9f], 0xf0: [0x90, 0xbf], 0xf4: [0x80, 0x8f] };
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** How many bytes at the end begin a character that is not complete yet: 0 to 3. */
function unfinished(data: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, data.length); back++) {
    const lead = data[data.length - back]!;
    if (lead >= 0x80 && lead <= 0xbf) continue;
    const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (back >= length) return 0;
    const [low, high] = SECOND_BYTES[lead] ?? [0x80, 0xbf];
    const second = data[data.length - back + 1];
    return back === 1 || (second! >= low && second! <= high) ? back : 0;
  }
  return 0;
}

export class Utf8Stream {
  #held: Uint8Array = new Uint8Array(0);

  /** True where nothing of a cut character is held back. */
  get whole(): boolean {
    return this.#held.length === 0;
  }

  /** Text of everything so far that is not text yet, but for a character that its end cuts. */
  decode(data: Uint8Array): string {
    const all = this.#held.length > 0 ? Buffer.concat([this.#held, data]) : data;
    const keep = unfinished(all);
    this.#held = Uint8Array.from(all.subarray(all.length - keep));
    return decoder.decode(all.subarray(0, all.length - keep));
  }

  /** What a cut character leaves. */
  end(): string {
    const rest = decoder.decode(this.#held);
    this.#held = new Uint8Array(0);
    return rest;
  }
}

/** Text of bytes that stand alone. */
export function decodeWhole(data: Uint8Array): string {
  return decoder.decode(data);
}
