/** Messages of D-Bus as bytes, and back (D-Bus Specification 0.43, "Message Protocol"). Pure. */
import { readValues, Variant, writeValues, type Value } from './values.ts';

const little = 0x6c;
const big = 0x42;
const version = 1;
const fixedHeadBytes = 16;
/** No message of any bus is longer. */
const specificationBytes = 128 * 1024 * 1024;
/** Byte order, type, flags, version, length of the body, number, fields. */
const headSignature = 'yyyyuua(yv)';
type Head = readonly [number, number, number, number, number, number, readonly (readonly [number, Variant])[]];

/** The byte of each is its place, from 1. */
const types = ['call', 'return', 'error', 'signal'] as const;

export const noAutoStartFlag = 2;

const fieldCodes = {
  path: { code: 1, type: 'o' },
  interface: { code: 2, type: 's' },
  member: { code: 3, type: 's' },
  errorName: { code: 4, type: 's' },
  replySerial: { code: 5, type: 'u' },
  destination: { code: 6, type: 's' },
  sender: { code: 7, type: 's' },
  signature: { code: 8, type: 'g' },
} as const;

type FieldName = keyof typeof fieldCodes;
type Fields = { readonly [Name in FieldName]?: (typeof fieldCodes)[Name]['type'] extends 'u' ? number : string };

export interface Message extends Fields {
  readonly type: (typeof types)[number];
  readonly serial: number;
  readonly flags: number;
  /** What `valuesOf` reads. */
  readonly body: Buffer;
}

/** A message before it has its number: the fields that it has, and values of `signature`. */
export interface Outgoing extends Omit<Fields, 'sender'> {
  readonly type: Message['type'];
  readonly flags?: number;
  readonly values?: readonly Value[];
}

/** @throws RangeError where the signature is none */
export function encodeMessage(serial: number, message: Outgoing): Buffer {
  const body = writeValues(message.signature ?? '', message.values ?? []);
  const fields = entries(fieldCodes).flatMap(([name, { code, type }]): Value[] => {
    const value = (message as Fields)[name];
    return value === undefined ? [] : [[code, new Variant(type, value)]];
  });
  const head = writeValues(headSignature, [little, types.indexOf(message.type) + 1, message.flags ?? 0, version, body.length, serial, fields]);
  return Buffer.concat([head, Buffer.alloc(paddingTo8(head.length)), body]);
}

/** How long the message is that `bytes` begin with, in whichever byte order; undefined where too little of it is there to know. @throws RangeError where it is none */
export function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < fixedHeadBytes) return undefined;
  if ((bytes[0] !== little && bytes[0] !== big) || bytes[3] !== version) throw new RangeError('no message of D-Bus');
  const number = (at: number): number => (bytes[0] === little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const headLength = fixedHeadBytes + number(12);
  const length = headLength + paddingTo8(headLength) + number(4);
  if (length > specificationBytes) throw new RangeError('a message longer than any');
  return length;
}

/** Reads a whole message. Undefined where it is of another byte order, which is not of this machine, or of a type that nobody knows. @throws RangeError */
export function decodeMessage(bytes: Buffer): Message | undefined {
  if (bytes[0] !== little) return undefined;
  const headLength = fixedHeadBytes + bytes.readUInt32LE(12);
  const [, typeByte, flags, , , serial, given] = readValues(headSignature, bytes.subarray(0, headLength)) as unknown as Head;
  const type = types[typeByte - 1];
  if (type === undefined) return undefined;
  const fields: Partial<Record<FieldName, Value>> = {};
  for (const [code, { signature, value }] of given) {
    const found = entries(fieldCodes).find(([, field]) => field.code === code);
    // A field that nobody knows is to be ignored.
    if (!found) continue;
    if (signature !== found[1].type) throw new RangeError('a field of the head of another type');
    fields[found[0]] = value;
  }
  return { ...(fields as Fields), type, serial, flags, body: bytes.subarray(headLength + paddingTo8(headLength)) };
}

/** What a message says. @throws RangeError where its body is not what its signature says. */
export const valuesOf = (message: Message): readonly Value[] => readValues(message.signature ?? '', message.body);

const paddingTo8 = (length: number): number => (8 - (length % 8)) % 8;

const entries = Object.entries as (of: typeof fieldCodes) => [FieldName, (typeof fieldCodes)[FieldName]][];
