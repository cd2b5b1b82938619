/** MessagePack: what is written is read as it was, in the shortest form, as another implementation reads and writes it; and whatever comes is read or refused, and costs no more than it has. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import fc from 'fast-check';
import '../../test/support/properties.ts';
import { noMsgpack, PYTHON } from '../../test/support/fluent-receiver.ts';
import { EventTime, pack, unpack, type Packed } from './msgpack.ts';

const { value: anyValue } = fc.letrec<{ value: Packed }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.integer({ min: -40, max: 300 }),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(fc.string({ maxLength: 40 }), tie('value'), { maxKeys: 20, noNullPrototype: true }),
  ),
}));

test('what is written is read as it was, and not before it is whole', () => {
  fc.assert(
    fc.property(anyValue, fc.nat(100), (value, cut) => {
      const bytes = pack(value);
      expect(unpack(Buffer.concat([bytes, Buffer.from('c0', 'hex')]))).toEqual({ value, length: bytes.length });
      expect(unpack(bytes.subarray(0, Math.min(cut, bytes.length - 1)))).toBeUndefined();
    }),
  );
});

test('lengths and numbers have the forms of the specification, at each edge', () => {
  const heads = (values: readonly Packed[]): string[] => values.map((value) => pack(value).subarray(0, 3).toString('hex'));
  expect(heads([0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER])).toEqual(
    ['00', '7f', 'cc80', 'ccff', 'cd0100', 'cdffff', 'ce0001', 'ceffff', 'cf0000', 'cf001f'], // prettier-ignore
  );
  expect(heads([-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31), -(2 ** 31) - 1, -0, 0.5])).toEqual(
    ['ff', 'e0', 'd0df', 'd080', 'd1ff7f', 'd18000', 'd2ffff', 'd28000', 'd3ffff', 'cb8000', 'cb3fe0'], // prettier-ignore
  );
  expect(heads(['', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(256), 'x'.repeat(65_536)])).toEqual(['a0', 'bf7878', 'd92078', 'da0100', 'db0001']);
  expect(heads([Buffer.alloc(0), Buffer.alloc(256), Buffer.alloc(65_536)])).toEqual(['c400', 'c50100', 'c60001']);
  expect(heads([Array<null>(15).fill(null), Array<null>(16).fill(null), Array<null>(65_536).fill(null)])).toEqual(['9fc0c0', 'dc0010', 'dd0001']);
  const map = (size: number): Packed => Object.fromEntries(Array.from({ length: size }, (_, n) => [`${n}`, null]));
  expect(heads([map(15), map(16)])).toEqual(['8fa130', 'de0010']);
  expect(pack(new EventTime(Date.parse('2026-11-29T02:00:05.123Z'))).toString('hex')).toBe(
    'd7006a67b3250754d4c0'.replace('6a67b325', (1795917605).toString(16)),
  );
  expect(() => pack(new EventTime(2 ** 33 * 1000))).toThrow(RangeError);
});

test('what no receiver says is refused, also where it is not whole; a name that means something in JavaScript is a name', () => {
  const deep = Buffer.concat([Buffer.alloc(20, 0x91), Buffer.from([0xc0])]);
  for (const bytes of ['c1', 'd70000', 'c7', 'd4', '81c0c0', '82a161c0a161c0', 'a1ff', 'cfffffffffffffffff', 'd38000000000000000'])
    expect(() => unpack(Buffer.from(bytes, 'hex')), bytes).toThrow(RangeError);
  expect(() => unpack(deep)).toThrow(RangeError);
  const odd = unpack(pack(JSON.parse('{"__proto__":{"ack":"x"}}') as Packed))!.value as Record<string, unknown>;
  expect(Object.getPrototypeOf(odd)).toBe(Object.prototype);
  expect(odd['ack']).toBeUndefined();
});

test('whatever comes is a value, the wish for more, or a RangeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        const found = unpack(Buffer.from(bytes));
        if (found) expect(found.length).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
    { numRuns: 2000 },
  );
  // A length that is a lie waits for what does not come, and holds nothing for it.
  for (const lie of ['ddffffffff', 'dfffffffff', 'c6ffffffff', 'dbffffffff']) expect(unpack(Buffer.from(lie, 'hex'))).toBeUndefined();
});

test('another implementation reads what we write and writes the same', ({ skip }) => {
  const reason = noMsgpack();
  skip(reason !== undefined, reason);
  // Apart from numbers that have a fraction of nothing: what is one there is none here.
  const values = fc.sample(anyValue, { numRuns: 300, seed: 7 }).filter((value) => !JSON.stringify(value).includes('e+'));
  const packed = values.map((value) => pack(value));
  const program =
    'import sys, msgpack\nfor line in sys.stdin:\n  value = msgpack.unpackb(bytes.fromhex(line), strict_map_key=True)\n  print(msgpack.packb(value).hex())\n';
  const { stdout, status } = spawnSync(PYTHON, ['-c', program], { input: packed.map((bytes) => `${bytes.toString('hex')}\n`).join(''), encoding: 'utf8' });
  expect(status).toBe(0);
  const theirs = stdout.trim().split('\n');
  expect(theirs.length).toBe(values.length);
  for (const [n, bytes] of packed.entries()) {
    expect(theirs[n]).toBe(bytes.toString('hex'));
    expect(unpack(Buffer.from(theirs[n]!, 'hex'))!.value).toEqual(values[n]);
  }
});
