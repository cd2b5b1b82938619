/**
 * MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), as far as the forward protocol of Fluent takes it: nil, booleans, numbers, strings, binaries, arrays, maps
 * with string keys, and one extension, the time of an event. What is written has the shortest form; what is read may have any. Pure.
 */
export type Packed = null | boolean | number | string | Uint8Array | EventTime | readonly Packed[] | { readonly [name: string]: Packed };

/** A moment to the nanosecond: extension 0 of the forward protocol, which is written and never read. */
export class EventTime {
  readonly ms: number;
  /** @param ms milliseconds since the epoch, before 2106 */
  constructor(ms: number) {
    this.ms = ms;
  }
}

const u8 = (...bytes: readonly number[]): Buffer => Buffer.from(bytes);

function sized(first: number, size: 1 | 2 | 4, value: number): Buffer {
  const bytes = Buffer.alloc(1 + size, first);
  bytes.writeUIntBE(value, 1, size);
  return bytes;
}

/** A head by length: up to `small` in the first byte, then in 1, 2 or 4 bytes. `one` is left out where the format has no such form. */
function headOf(length: number, small: readonly [most: number, first: number], one: number | undefined, two: number): Buffer {
  if (length <= small[0]) return u8(small[1] + length);
  if (one !== undefined && length < 0x100) return sized(one, 1, length);
  return length < 0x10000 ? sized(two, 2, length) : sized(two + 1, 4, length);
}

function packNumber(value: number): Buffer {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    const bytes = Buffer.alloc(9, 0xcb);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (value >= 0 && value < 0x80) return u8(value);
  if (value < 0 && value >= -32) return u8(0x100 + value);
  if (value >= 0 && value < 0x1_0000_0000) return value < 0x100 ? sized(0xcc, 1, value) : value < 0x10000 ? sized(0xcd, 2, value) : sized(0xce, 4, value);
  const size = value >= -0x80 && value < 0 ? 1 : value >= -0x8000 && value < 0 ? 2 : value >= -0x8000_0000 && value < 0 ? 4 : 8;
  const bytes = Buffer.alloc(1 + size);
  if (size === 8) {
    bytes[0] = value < 0 ? 0xd3 : 0xcf;
    bytes.writeBigInt64BE(BigInt(value), 1);
  } else {
    bytes[0] = { 1: 0xd0, 2: 0xd1, 4: 0xd2 }[size];
    bytes.writeIntBE(value, 1, size);
  }
  return bytes;
}

/** @throws RangeError where a time is none that it can say */
export function pack(value: Packed): Buffer {
  if (value === null) return u8(0xc0);
  if (typeof value === 'boolean') return u8(value ? 0xc3 : 0xc2);
  if (typeof value === 'number') return packNumber(value);
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8');
    return Buffer.concat([headOf(text.length, [31, 0xa0], 0xd9, 0xda), text]);
  }
  if (value instanceof Uint8Array) return Buffer.concat([headOf(value.length, [-1, 0], 0xc4, 0xc5), value]);
  if (value instanceof EventTime) {
    const bytes = Buffer.concat([u8(0xd7, 0), Buffer.alloc(8)]);
    bytes.writeUInt32BE(Math.floor(value.ms / 1000), 2);
    bytes.writeUInt32BE((value.ms % 1000) * 1_000_000, 6);
    return bytes;
  }
  if (isList(value)) return Buffer.concat([headOf(value.length, [15, 0x90], undefined, 0xdc), ...value.map(pack)]);
  const members = Object.entries(value);
  return Buffer.concat([headOf(members.length, [15, 0x80], undefined, 0xde), ...members.flatMap(([name, one]) => [pack(name), pack(one)])]);
}

const isList = (value: object): value is readonly Packed[] => Array.isArray(value);

/** So deep is nothing that a server of this protocol says. */
const DEEPEST = 8;

/** There are more bytes to come. */
class Unfinished extends Error {}

/** Reads one value. @returns it, and how many bytes it has; undefined where it is not whole yet. @throws RangeError where it is none of those above */
export function unpack(bytes: Buffer): { readonly value: Packed; readonly length: number } | undefined {
  let at = 0;
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new Unfinished();
    return bytes.subarray(at, (at += count));
  };
  const count = (size: 1 | 2 | 4): number => take(size).readUIntBE(0, size);
  const textOf = (length: number): string => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(take(length));
  const listOf = (length: number, depth: number): Packed[] => {
    const list: Packed[] = [];
    // One at a time: a length that is a lie costs nothing.
    for (let n = 0; n < length; n++) list.push(read(depth + 1));
    return list;
  };
  const mapOf = (length: number, depth: number): Packed => {
    const members = new Map<string, Packed>();
    for (let n = 0; n < length; n++) {
      const name = read(depth + 1);
      if (typeof name !== 'string' || members.has(name)) throw new RangeError('a map with a name that is no string, or stands there twice');
      members.set(name, read(depth + 1));
    }
    return Object.fromEntries(members);
  };
  const wide = (signed: boolean): number => {
    const value = signed ? take(8).readBigInt64BE() : take(8).readBigUInt64BE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) throw new RangeError('a number that is too large');
    return Number(value);
  };
  const read = (depth: number): Packed => {
    if (depth > DEEPEST) throw new RangeError('deeper than anything that is said here');
    const first = count(1);
    if (first < 0x80) return first;
    if (first < 0x90) return mapOf(first & 0x0f, depth);
    if (first < 0xa0) return listOf(first & 0x0f, depth);
    if (first < 0xc0) return textOf(first & 0x1f);
    if (first >= 0xe0) return first - 0x100;
    return (forms[first] ?? none)(depth);
  };
  const none = (): never => {
    throw new RangeError('a form that is not taken');
  };
  const forms: Readonly<Record<number, (depth: number) => Packed>> = {
    0xc0: () => null,
    0xc2: () => false,
    0xc3: () => true,
    0xc4: () => take(count(1)),
    0xc5: () => take(count(2)),
    0xc6: () => take(count(4)),
    0xca: () => take(4).readFloatBE(),
    0xcb: () => take(8).readDoubleBE(),
    0xcc: () => count(1),
    0xcd: () => count(2),
    0xce: () => count(4),
    0xcf: () => wide(false),
    0xd0: () => take(1).readInt8(),
    0xd1: () => take(2).readInt16BE(),
    0xd2: () => take(4).readInt32BE(),
    0xd3: () => wide(true),
    0xd9: () => textOf(count(1)),
    0xda: () => textOf(count(2)),
    0xdb: () => textOf(count(4)),
    0xdc: (depth) => listOf(count(2), depth),
    0xdd: (depth) => listOf(count(4), depth),
    0xde: (depth) => mapOf(count(2), depth),
    0xdf: (depth) => mapOf(count(4), depth),
  };
  try {
    const value = read(0);
    return { value, length: at };
  } catch (error) {
    if (error instanceof Unfinished) return undefined;
    // What is no UTF-8 is a TypeError.
    throw error instanceof RangeError ? error : new RangeError('a string that is none');
  }
}
