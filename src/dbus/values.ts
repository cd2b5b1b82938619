/** The values of D-Bus as little-endian bytes, and back (D-Bus Specification 0.43, "Type System" and "Marshaling"). Pure. */

/** Arrays, structs and dict entries are lists; x and t are bigints, the other numbers are numbers. */
export type Value = boolean | number | bigint | string | Variant | readonly Value[];

/** A value that brings its type along: `v`. */
export class Variant {
  readonly signature: string;
  readonly value: Value;

  constructor(signature: string, value: Value) {
    this.signature = signature;
    this.value = value;
  }
}

/** The specification lets nothing nest deeper: 32 arrays and 32 structs. */
const maxDepth = 64;

interface FixedType {
  readonly bytes: number;
  readonly read: (from: Buffer, at: number) => Value;
  readonly write: (to: Buffer, value: never) => void;
}

/** Types of one size, to which they are aligned too. */
const fixedTypes: Readonly<Record<string, FixedType | undefined>> = {
  y: { bytes: 1, read: (from, at) => from.readUInt8(at), write: (to, value: number) => to.writeUInt8(value) },
  b: { bytes: 4, read: readBoolean, write: (to, value: boolean) => to.writeUInt32LE(value ? 1 : 0) },
  n: { bytes: 2, read: (from, at) => from.readInt16LE(at), write: (to, value: number) => to.writeInt16LE(value) },
  q: { bytes: 2, read: (from, at) => from.readUInt16LE(at), write: (to, value: number) => to.writeUInt16LE(value) },
  i: { bytes: 4, read: (from, at) => from.readInt32LE(at), write: (to, value: number) => to.writeInt32LE(value) },
  u: { bytes: 4, read: (from, at) => from.readUInt32LE(at), write: (to, value: number) => to.writeUInt32LE(value) },
  x: { bytes: 8, read: (from, at) => from.readBigInt64LE(at), write: (to, value: bigint) => to.writeBigInt64LE(value) },
  t: { bytes: 8, read: (from, at) => from.readBigUInt64LE(at), write: (to, value: bigint) => to.writeBigUInt64LE(value) },
  d: { bytes: 8, read: (from, at) => from.readDoubleLE(at), write: (to, value: number) => to.writeDoubleLE(value) },
  h: { bytes: 4, read: (from, at) => from.readUInt32LE(at), write: (to, value: number) => to.writeUInt32LE(value) },
};

const otherAlignments: Readonly<Record<string, number | undefined>> = { s: 4, o: 4, g: 1, v: 1, a: 4, '(': 8, '{': 8 };

function alignmentOf(code: string | undefined): number {
  const found = code === undefined ? undefined : (fixedTypes[code]?.bytes ?? otherAlignments[code]);
  if (found === undefined) throw new RangeError('a signature that is none');
  return found;
}

/** Cuts a signature into its whole types. @throws RangeError */
function typesOf(signature: string): readonly string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length;) {
    const end = endOfType(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOfType(signature: string, at: number): number {
  const code = signature[at];
  alignmentOf(code);
  if (code === 'a') return endOfType(signature, at + 1);
  if (code !== '(' && code !== '{') return at + 1;
  const close = code === '(' ? ')' : '}';
  let next = at + 1;
  // At least one type stands between the two: an empty struct would be a value of no bytes.
  do next = endOfType(signature, next);
  while (signature[next] !== close);
  return next + 1;
}

/** The values of `signature`, as bytes. @throws RangeError where the signature is none */
export function writeValues(signature: string, values: readonly Value[]): Buffer {
  const writer = new Writer();
  typesOf(signature).forEach((type, index) => writer.write(type, values[index]!));
  return writer.done();
}

/** The values of `signature` that `bytes` are, to the last byte. @throws RangeError */
export function readValues(signature: string, bytes: Buffer): readonly Value[] {
  const reader = new Reader(bytes);
  const values = typesOf(signature).map((type) => reader.read(type, 0));
  if (!reader.isAtEnd) throw new RangeError('bytes after the last value');
  return values;
}

class Writer {
  readonly #bytes: number[] = [];

  write(type: string, value: Value): void {
    const code = type[0]!;
    this.#align(alignmentOf(code));
    const fixed = fixedTypes[code];
    if (fixed) {
      const bytes = Buffer.alloc(fixed.bytes);
      fixed.write(bytes, value as never);
      this.#bytes.push(...bytes);
    } else if (code === 'a') this.#array(type.slice(1), value as readonly Value[]);
    else if (code === '(' || code === '{') typesOf(type.slice(1, -1)).forEach((member, index) => this.write(member, (value as readonly Value[])[index]!));
    else if (code === 'v') {
      const variant = value as Variant;
      this.#text(variant.signature, 'g');
      this.write(variant.signature, variant.value);
    } else this.#text(value as string, code);
  }

  done(): Buffer {
    return Buffer.from(this.#bytes);
  }

  #array(element: string, values: readonly Value[]): void {
    const lengthAt = this.#bytes.length;
    this.write('u', 0);
    this.#align(alignmentOf(element[0]));
    const start = this.#bytes.length;
    for (const value of values) this.write(element, value);
    this.#bytes.splice(lengthAt, 4, ...writeValues('u', [this.#bytes.length - start]));
  }

  /** A signature has its length in one byte, and is ASCII; the others in four. */
  #text(text: string, code: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.write(code === 'g' ? 'y' : 'u', bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
    this.#bytes.push(0);
  }

  #align(to: number): void {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0);
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  read(type: string, depth: number): Value {
    if (depth > maxDepth) throw new RangeError('values that nest too deep');
    const code = type[0]!;
    this.#align(alignmentOf(code));
    const fixed = fixedTypes[code];
    if (fixed) return fixed.read(this.#bytes, this.#skip(fixed.bytes));
    if (code === 'a') return this.#array(type.slice(1), depth);
    if (code === '(' || code === '{') return typesOf(type.slice(1, -1)).map((member) => this.read(member, depth + 1));
    if (code !== 'v') return this.#text(code);
    const signature = this.#text('g');
    if (endOfType(signature, 0) !== signature.length) throw new RangeError('a variant that is not one value');
    return new Variant(signature, this.read(signature, depth + 1));
  }

  #array(element: string, depth: number): readonly Value[] {
    const length = this.read('u', depth) as number;
    this.#align(alignmentOf(element[0]));
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('an array that ends after its message');
    const values: Value[] = [];
    while (this.#at < end) values.push(this.read(element, depth + 1));
    if (this.#at !== end) throw new RangeError('an array that ends within a value');
    return values;
  }

  #text(code: string): string {
    const length = this.read(code === 'g' ? 'y' : 'u', 0) as number;
    const at = this.#skip(length);
    if (this.#bytes.readUInt8(this.#skip(1)) !== 0) throw new RangeError('a text without its end');
    return this.#bytes.toString('utf8', at, at + length);
  }

  /** @returns where what was skipped begins. */
  #skip(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#bytes.length) throw new RangeError('a value that ends after its message');
    this.#at += bytes;
    return at;
  }

  #align(to: number): void {
    this.#skip((to - (this.#at % to)) % to);
  }
}

function readBoolean(from: Buffer, at: number): boolean {
  const value = from.readUInt32LE(at);
  if (value > 1) throw new RangeError('a boolean that is neither');
  return value === 1;
}
