/** Output that is nothing but lines one below the other, in colours: what it shows is known without an emulator. Pure. */

const CR = 0x0d;
const LF = 0x0a;

/** A shorter run of plain lines is the emulator's like all else. */
export const PASSED_LEAST = 8 * 1024;
/** SGR. */
export const COLOUR = /\x1b\[[\d;:]*m/g;

/** Where what begins here and is nothing but text, ends of lines and colours ends: at a line feed, or where it began. */
export function plainEnd(bytes: Uint8Array, from: number): number {
  let end = from;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x20 && byte !== 0x7f) {
      // C1 controls are these bytes in UTF-8.
      if (byte === 0xc2 && bytes[at + 1]! < 0xa0) return end;
    } else if (byte === CR) {
      if (bytes[at + 1] !== LF) return end;
      at++;
      end = at + 1;
    } else if (byte === 0x1b) {
      if (bytes[at + 1] !== 0x5b) return end;
      at += 2;
      while (at < bytes.length && bytes[at]! >= 0x30 && bytes[at]! <= 0x3b) at++;
      if (bytes[at] !== 0x6d) return end;
    } else return end;
  }
  return end;
}

/** The whole lines of a plain run that others of it push off a screen of so many rows, where they are worth it. */
export function linesToPass(bytes: Uint8Array, at: number, end: number, rows: number): { readonly from: number; readonly to: number } | undefined {
  const from = bytes.indexOf(LF, at) + 1;
  let to = end;
  // The last of them ends where its line feed stands: as many again as the screen has rows come behind it.
  for (let left = rows + 1; left > 0 && to > from; left--) to = bytes.lastIndexOf(LF, to - 2) + 1;
  return to - from >= PASSED_LEAST / 2 ? { from, to } : undefined;
}
