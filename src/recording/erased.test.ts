/** Records in which pieces were erased: their leaves stay, what is left opens, and what is gone is in none of it. */
import { generateKeySync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLeft, ErasedDigest, openLeft, placeOf, sealLeft, type ErasedPiece } from './erased.ts';
import { encodeEvent } from './events.ts';
import { encodeFrame, frameBytes, parseFrame, TYPE_ERASED, TYPE_SEALED } from './frame.ts';
import type { Frame } from './types.ts';

const key = generateKeySync('aes', { length: 256 });

function frameOf(bytes: Buffer): Frame {
  const parsed = parseFrame(bytes, 0, 0, 8);
  if (parsed.kind !== 'frame') throw new Error(parsed.kind);
  return parsed.frame;
}

const record = frameOf(
  encodeFrame({ seq: 7, monoNs: 9_000_000_000n, wallMs: 1_772_000_000_000, type: TYPE_SEALED, commitment: Buffer.alloc(32, 5) }, Buffer.alloc(80, 1)).bytes,
);

test('whatever is erased, the leaf is the record’s, and the rest stands at its places', () => {
  const piece = fc.record({ code: fc.constantFrom('o', 'i', 'm', 'n'), data: fc.uint8Array({ minLength: 1, maxLength: 40 }), gone: fc.boolean() });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 30 }), (pieces) => {
      const erased = pieces.flatMap(({ code, data, gone }, place): ErasedPiece[] =>
        gone ? [{ place, code: code as ErasedPiece['code'], seal: Buffer.alloc(32, place), bytes: data.length }] : [],
      );
      fc.pre(erased.length > 0);
      const left = pieces.filter(({ gone }) => !gone).map(({ code, data }) => encodeEvent({ code: code as 'o', timeUs: 1, data }));
      const bytes = sealLeft(record, key, erased, left);
      const frame = frameOf(bytes);
      expect(frame).toMatchObject({ type: TYPE_SEALED, seq: 7, leaf: record.leaf, bodySha256: record.bodySha256 });
      expect(frameBytes(frame)).toEqual(bytes);
      const read = decodeLeft(openLeft(frame, key));
      expect(read.erased).toEqual(erased);
      expect(read.decoded.map((one) => Buffer.from(one.bytes))).toEqual(left);
      const places = pieces.flatMap(({ gone }, place) => (gone ? [] : [place]));
      expect(read.decoded.map((_, n) => placeOf(erased, n))).toEqual(places);
    }),
  );
});

test('a frame of type 2 that is none is refused, and every changed bit of one is found', () => {
  const erased = [{ place: 1, code: 'o', seal: Buffer.alloc(32, 9), bytes: 3 }] as const;
  const bytes = sealLeft(record, key, erased, [encodeEvent({ code: 'm', timeUs: 1, data: Buffer.from('a') })]);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const bad = Buffer.from(bytes);
    bad[bit >> 3]! ^= 1 << (bit & 7);
    expect(parseFrame(bad, 0, 0, 8).kind).not.toBe('frame');
  }
  const short = frameOf(encodeFrame({ ...record, type: TYPE_ERASED }, Buffer.alloc(32)).bytes);
  expect([short.type, short.erased]).toEqual([TYPE_ERASED, undefined]);
  for (const pieces of [[], [{ ...erased[0], place: 2 }], [{ ...erased[0], code: 's' as const }], [erased[0], erased[0]]]) {
    const frame = frameOf(sealLeft(record, key, pieces, [encodeEvent({ code: 'm', timeUs: 1, data: Buffer.from('a') })]));
    expect(() => decodeLeft(openLeft(frame, key))).toThrow(RangeError);
  }
});

test('sealed twice under one key, no nonce comes twice, and the digest names what stands there', () => {
  const erased = [{ place: 0, code: 'o', seal: Buffer.alloc(32, 9), bytes: 3 }] as const;
  const [one, other] = [frameOf(sealLeft(record, key, erased, [])), frameOf(sealLeft(record, key, erased, []))];
  expect(Buffer.from(one.body).subarray(0, 12)).not.toEqual(Buffer.from(other.body).subarray(0, 12));
  const head = (...frames: Frame[]) => {
    const digest = new ErasedDigest();
    for (const frame of frames) digest.take(frame);
    return digest.head();
  };
  expect(head(record)).toBeNull();
  expect(head(record, one)).toMatchObject({ records: 1 });
  expect(head(one)).not.toEqual(head(other));
});
