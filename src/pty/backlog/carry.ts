/**
 * What output that is left out has done besides filling lines: the attributes, the character set and the cursor's
 * visibility that hold after it, and a bell. Given to the terminal in its place.
 */

/** Attributes that are set again and again without a reset: from here on nothing more is left out. */
export const maxAttributeBytes = 4096;

const ESC = 0x1b;
const BEL = 0x07;

export interface Carry {
  /** SGR sequences as they came, from the last reset on. */
  readonly attributes: Uint8Array;
  /** The attributes begin with a reset: what came before does not matter. */
  readonly resets: boolean;
  /** The final byte of the last `ESC ( F` (ISO 2022, G0); 0 where there was none. */
  readonly charset: number;
  /** The final byte of the last `CSI ? 25 h` or `l`; 0 where there was none. */
  readonly cursor: number;
  readonly bell: boolean;
}

/** What holds after both, one after the other; undefined where that would be too much. */
export function join(before: Carry | undefined, after: Carry): Carry | undefined {
  if (!before) return after;
  const attributes = after.resets ? after.attributes : Buffer.concat([before.attributes, after.attributes]);
  if (attributes.length > maxAttributeBytes) return undefined;
  return {
    attributes,
    resets: after.resets || before.resets,
    charset: after.charset || before.charset,
    cursor: after.cursor || before.cursor,
    bell: after.bell || before.bell,
  };
}

/** As terminal output. */
export function terminalBytes({ attributes, charset, cursor, bell }: Carry): Uint8Array {
  return Uint8Array.of(
    ...attributes,
    ...(charset ? [ESC, 0x28, charset] : []),
    ...(cursor ? [ESC, 0x5b, 0x3f, 0x32, 0x35, cursor] : []),
    ...(bell ? [BEL] : []),
  );
}
