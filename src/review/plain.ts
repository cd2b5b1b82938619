/** Output that is nothing but lines one below the other, in colours: what it shows is known without an emulator. Pure. */

const CR = 0x0d;
const LF = 0x0a;
const C1_LEAD = 0xc2;
/** 1 for each byte that is text, whatever follows it. */
const TEXT = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte >= 0x20 && byte !== 0x7f && byte !== C1_LEAD));

/** A shorter run of plain lines is the emulator's like all else. */
export const PASSED_LEAST = 8 * 1024;
/** SGR. */
export const COLOUR = /\x1b\[[\d;:]*m/g;

/** The part of some output that came at one moment, as it is joined with what came before it. */
interface Part {
  readonly from: number;
  to: number;
  readonly timeUs: number;
}

/** So much of a run is waited for. */
const HELD_BYTES = 256 * 1024;
/** It is looked whether a run goes on after so much: a recording has a piece a line. */
const LOOKED_BYTES = 4 * 1024;

/** Output of moments that follow each other, as long as all of it is plain: a run is seldom within one event. */
export class Joined {
  #parts: Part[] = [];
  #bytes = Buffer.alloc(HELD_BYTES);
  #length = 0;
  /** Up to here it is known to be plain. */
  #plain = 0;
  /** So much of it was gone through. */
  #looked = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  add(bytes: Uint8Array, timeUs: number): void {
    const to = this.#length + bytes.length;
    if (to > this.#bytes.length) {
      const larger = Buffer.alloc(to);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes.fill(0);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    const last = this.#parts.at(-1);
    // A recording has a piece a line: those of one moment are shown at once.
    if (last?.timeUs === timeUs) last.to = to;
    else this.#parts.push({ from: this.#length, to, timeUs });
    this.#length = to;
  }

  /** Whether more may be waited for: all of it is plain so far, or nobody has looked yet. */
  goesOn(): boolean {
    if (this.#length - this.#looked < LOOKED_BYTES) return true;
    const { end, open } = plainRun(this.bytes, this.#plain);
    this.#plain = end;
    this.#looked = this.#length;
    return open && this.#length < HELD_BYTES;
  }

  /** Where what begins at the beginning of a line and is nothing but text, ends of lines and colours ends: at a line feed, or where it began. */
  plainEnd(from: number): number {
    return plainRun(this.bytes, Math.max(from, this.#plain)).end;
  }

  *parts(from: number, to: number): Generator<Part> {
    for (const part of this.#parts)
      if (part.from < to && part.to > from) yield { from: Math.max(from, part.from), to: Math.min(to, part.to), timeUs: part.timeUs };
  }

  clear(): void {
    this.#bytes.fill(0, 0, this.#length);
    this.#parts = [];
    this.#length = 0;
    this.#plain = 0;
    this.#looked = 0;
  }
}

/** `open`: all of it is plain, and what stands behind the last line feed is the beginning of a line. */
function plainRun(bytes: Uint8Array, from: number): { readonly end: number; readonly open: boolean } {
  let end = from;
  const { length } = bytes;
  for (let at = from; at < length; at++) {
    while (at < length && TEXT[bytes[at]!] === 1) at++;
    if (at === length) break;
    const byte = bytes[at]!;
    if (byte === C1_LEAD) {
      // C1 controls are these bytes in UTF-8.
      if (bytes[at + 1]! < 0xa0) return { end, open: false };
    } else if (byte === CR) {
      if (bytes[at + 1] !== LF) return { end, open: at + 1 === bytes.length };
      at++;
      end = at + 1;
    } else if (byte === 0x1b) {
      if (bytes[at + 1] !== 0x5b) return { end, open: at + 1 === bytes.length };
      at += 2;
      while (at < bytes.length && bytes[at]! >= 0x30 && bytes[at]! <= 0x3b) at++;
      if (bytes[at] !== 0x6d) return { end, open: at >= bytes.length };
    } else return { end, open: false };
  }
  return { end, open: true };
}

/** The whole lines of a plain run that others of it push off a screen of so many rows, where they are worth it. */
export function linesToPass(bytes: Uint8Array, at: number, end: number, rows: number): { readonly from: number; readonly to: number } | undefined {
  const from = bytes.indexOf(LF, at) + 1;
  let to = end;
  // The last of them ends where its line feed stands: as many again as the screen has rows come behind it.
  for (let left = rows + 1; left > 0 && to > from; left--) to = bytes.lastIndexOf(LF, to - 2) + 1;
  return to - from >= PASSED_LEAST / 2 ? { from, to } : undefined;
}

/** Where so many lines end that begin at `at`. @returns the end of the bytes where there are fewer. */
export function lineEnds(bytes: Uint8Array, at: number, lines: number): number {
  let end = at;
  for (let left = lines; left > 0; left--) {
    const feed = bytes.indexOf(LF, end);
    if (feed < 0) return bytes.length;
    end = feed + 1;
  }
  return end;
}
