import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash } from '../merkle/tree.ts';
import { crc32c } from './crc32c.ts';
import { COARSE_PIECE_MAX_BYTES, decodeEvents, encodeEvent, MAX_LINE_PIECES, MAX_RECORD_OUTPUT_BYTES, MAX_RECORD_PIECES, pieceEnds } from './events.ts';
import { coveredBytes, encodeFrame, frameLeaf, MAX_BODY_BYTES, parseFrame } from './frame.ts';
import { operatorAccess } from './access.ts';
import { encodeHeader, newRecordingId, parseHeader, segmentName, segmentNumber } from './header.ts';
import { RECORDING_ID } from '../types/ids.ts';
import { PieceSalts, Ratchet, recordNonce, segmentKey, ShortHmac } from './ratchet.ts';
import type { EventCode, SegmentHeader } from './types.ts';

describe('crc32c', () => {
  it.each([
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['ascending', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['descending', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
    ['check value', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
  ])('RFC 3720 B.4: %s', (_, bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum);
    expect(crc32c(Buffer.concat([Buffer.of(9), bytes, Buffer.of(9)]), 1, 1 + bytes.length)).toBe(sum);
  });
});

const fields = fc.record({
  seq: fc.maxSafeNat(),
  monoNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  wallMs: fc.maxSafeNat(),
  type: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  commitment: fc.uint8Array({ minLength: 32, maxLength: 32 }),
});

describe('frames', () => {
  it('come back as they went in', () => {
    fc.assert(
      fc.property(fields, fc.uint8Array({ maxLength: 300 }), fc.nat(20), (given, body, before) => {
        const { bytes, leaf } = encodeFrame(given, body);
        const parsed = parseFrame(Buffer.concat([Buffer.alloc(before, 7), bytes, Buffer.of(1, 2)]), before, 3, 99);
        if (parsed.kind !== 'frame') throw new Error(parsed.kind);
        expect(parsed.next).toBe(before + bytes.length);
        const { frame } = parsed;
        expect({ seq: frame.seq, monoNs: frame.monoNs, wallMs: frame.wallMs, type: frame.type }).toEqual({
          seq: given.seq,
          monoNs: given.monoNs,
          wallMs: given.wallMs,
          type: given.type,
        });
        expect(Buffer.from(frame.commitment)).toEqual(Buffer.from(given.commitment));
        expect(Buffer.from(frame.body)).toEqual(Buffer.from(body));
        expect(frame).toMatchObject({ segment: 3, offset: 99, length: bytes.length });
        // The leaf by the words of docs/format.md.
        const digest = createHash('sha256').update(body).digest();
        expect(frame.leaf).toEqual(leafHash(bytes.subarray(8, 68), digest));
        expect(leaf).toEqual(frame.leaf);
        expect(frameLeaf(coveredBytes(frame), digest)).toEqual(leaf);
      }),
    );
  });

  it('are not a frame when any one bit differs', () => {
    const { bytes } = encodeFrame({ seq: 5, monoNs: 6n, wallMs: 7, type: 1, commitment: randomBytes(32) }, randomBytes(40));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(parseFrame(flipped, 0, 0, 0).kind).not.toBe('frame');
    }
  });

  it('ask for more at every cut, and say how much', () => {
    const { bytes } = encodeFrame({ seq: 5, monoNs: 6n, wallMs: 7, type: 1, commitment: randomBytes(32) }, randomBytes(40));
    for (let cut = 0; cut < bytes.length; cut++)
      expect(parseFrame(bytes.subarray(0, cut), 0, 0, 0)).toEqual({ kind: 'more', need: cut < 68 ? 68 : bytes.length });
  });

  it('refuse a long body before anything is allocated for it', () => {
    const head = Buffer.alloc(68);
    head.writeUInt32BE(MAX_BODY_BYTES + 1);
    expect(parseFrame(head, 0, 0, 0)).toMatchObject({ kind: 'fault', fault: { code: 'bad-length' } });
    expect(() => encodeFrame({ seq: 0, monoNs: 0n, wallMs: 0, type: 1, commitment: Buffer.alloc(32) }, Buffer.alloc(MAX_BODY_BYTES + 1))).toThrow(RangeError);
  });
});

const code = fc.constantFrom<EventCode>('s', 'o', 'i', 'r', 'm', 'l', 'u', 'g', 'n', 'x', 'e');
const event = fc.record({ code, timeUs: fc.maxSafeNat(), data: fc.uint8Array({ maxLength: 200 }) });

describe('events', () => {
  it('come back as they went in, whatever bytes they hold', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 20 }), (events) => {
        const encoded = events.map(encodeEvent);
        const decoded = decodeEvents(Buffer.concat(encoded));
        expect(decoded.map((piece) => ({ ...piece.event, data: Array.from(piece.event.data) }))).toEqual(
          events.map((one) => ({ ...one, data: Array.from(one.data) })),
        );
        expect(decoded.map((piece) => piece.bytes)).toEqual(encoded);
      }),
    );
  });

  it('are refused when cut, empty, unknown, or too late', () => {
    const one = encodeEvent({ code: 'o', timeUs: 1, data: Buffer.from('abc') });
    for (let cut = 0; cut < one.length; cut++) expect(() => decodeEvents(one.subarray(0, cut))).toThrow(RangeError);
    expect(() => decodeEvents(Buffer.concat([one, Buffer.of(0)]))).toThrow(RangeError);
    const unknown = Buffer.from(one);
    unknown[0] = 'z'.charCodeAt(0);
    expect(() => decodeEvents(unknown)).toThrow(/unknown kind/);
    const late = Buffer.from(one);
    late[1] = 0x7f;
    expect(() => decodeEvents(late)).toThrow(/time/);
    expect(() => encodeEvent({ code: 'o', timeUs: -1, data: Buffer.alloc(0) })).toThrow(RangeError);
  });

  it('never crash on noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
        try {
          decodeEvents(Buffer.from(noise));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe('pieces', () => {
  const text = fc
    .array(fc.constantFrom('\n', '\r', 'a', 'é', '\u001b[1m', 'a longer run of text'), { maxLength: 400 })
    .map((parts) => Buffer.from(parts.join('')));

  it('are the lines, in interactive output', () => {
    expect(pieceEnds(Buffer.from('one\ntwo\r\n\nthree'), false)).toEqual([4, 9, 10, 15]);
    expect(pieceEnds(Buffer.alloc(0), false)).toEqual([]);
    fc.assert(
      fc.property(text, (chunk) => {
        const ends = pieceEnds(chunk, false);
        const pieces = ends.map((end, i) => chunk.subarray(ends[i - 1] ?? 0, end));
        expect(Buffer.concat(pieces)).toEqual(chunk);
        if (ends.length < MAX_LINE_PIECES) for (const piece of pieces.slice(0, -1)) expect(piece.indexOf(10)).toBe(piece.length - 1);
      }),
    );
  });

  it('stay few where every byte is a line', () => {
    const ends = pieceEnds(Buffer.alloc(MAX_RECORD_OUTPUT_BYTES, '\n'), false);
    expect(ends.length).toBeLessThanOrEqual(MAX_RECORD_PIECES);
    expect(ends.at(-1)).toBe(MAX_RECORD_OUTPUT_BYTES);
  });

  it('are coarse in a flood, and end with a line where they can', () => {
    const flood = Buffer.from('a line of some length\n'.repeat(2900));
    const ends = pieceEnds(flood, true);
    expect(ends.at(-1)).toBe(flood.length);
    expect(ends.length).toBeLessThanOrEqual(5);
    for (const end of ends.slice(0, -1)) expect(flood[end - 1]).toBe(10);
    const solid = pieceEnds(Buffer.alloc(MAX_RECORD_OUTPUT_BYTES, 'x'), true);
    expect(solid).toEqual([COARSE_PIECE_MAX_BYTES, MAX_RECORD_OUTPUT_BYTES]);
  });
});

describe('ratchet', () => {
  it('its short HMAC is HMAC-SHA256', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 32 }), (key, message) => {
        const hmac = new ShortHmac();
        hmac.setKey(key);
        expect(hmac.digest(message)).toEqual(createHmac('sha256', key).update(message).digest());
        expect(hmac.digest(message)).toEqual(createHmac('sha256', key).update(message).digest());
      }),
    );
  });

  it('steps as docs/format.md says', () => {
    const secret = randomBytes(32);
    let k = Buffer.from(hkdfSync('sha256', secret, '', 'wardmux/v1/segment/20260304-050607-00000000/7', 32));
    const ratchet = new Ratchet(segmentKey(secret, '20260304-050607-00000000', 7));
    for (let i = 0; i < 5; i++) {
      const keys = ratchet.next();
      expect(keys.message.export()).toEqual(createHmac('sha256', k).update('message').digest());
      expect(keys.salt).toEqual(createHmac('sha256', k).update('salt').digest());
      const salts = new PieceSalts();
      salts.setKey(keys.salt);
      expect(salts.salt(258)).toEqual(
        createHmac('sha256', keys.salt)
          .update(Buffer.of(0, 0, 1, 2))
          .digest(),
      );
      k = createHmac('sha256', k).update('next').digest();
    }
  });

  it('goes forward only: the state at record i opens i and later, never i - 1', () => {
    const ratchet = new Ratchet(segmentKey(randomBytes(32), '20260304-050607-00000000', 0));
    const sealed = Array.from({ length: 5 }, (_, i) => {
      const state = ratchet.stateForTest();
      const cipher = createCipheriv('aes-256-gcm', ratchet.next().message, recordNonce(i));
      return { state, body: Buffer.concat([cipher.update(`record ${i}`), cipher.final()]), tag: cipher.getAuthTag() };
    });
    const opens = (stolen: Buffer, i: number): boolean => {
      const thief = new Ratchet(Buffer.from(stolen));
      // Every key that the thief can derive, for as long as the segment is.
      return Array.from({ length: 8 }, () => thief.next().message).some((key) => {
        const decipher = createDecipheriv('aes-256-gcm', key, recordNonce(i));
        decipher.setAuthTag(sealed[i]!.tag);
        decipher.update(sealed[i]!.body);
        try {
          decipher.final();
          return true;
        } catch {
          return false;
        }
      });
    };
    for (let i = 0; i < 5; i++) for (let record = 0; record < 5; record++) expect(opens(sealed[i]!.state, record)).toBe(record >= i);
  });

  it('forgets: the key before is wiped from memory, and a destroyed ratchet gives nothing', () => {
    const first = segmentKey(randomBytes(32), '20260304-050607-00000000', 0);
    const ratchet = new Ratchet(first);
    ratchet.next();
    expect(first.every((byte) => byte === 0)).toBe(true);
    ratchet.destroy();
    expect(() => ratchet.next()).toThrow();
  });
});

describe('segment header', () => {
  const kid = 'k'.repeat(43);
  const jweHead = Buffer.from(
    JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', kid, epk: { x: 'x'.repeat(43), crv: 'P-256', kty: 'EC', y: 'y'.repeat(43) } }),
  ).toString('base64url');
  const header: SegmentHeader = {
    format: 'wardmux-segment',
    version: 1,
    recording: '20260304-050607-0a0b0c0d',
    installation: 'w-000000000001',
    person: 'p-000000000001',
    ...operatorAccess('nursing'),
    segment: 0,
    firstSeq: 0,
    outputOffset: 0,
    started: '2026-03-04T05:06:07.089Z',
    policySha256: '0'.repeat(64),
    recipients: [{ kid, role: 'owner', jwe: `${jweHead}..${'i'.repeat(16)}.${'c'.repeat(43)}.${'t'.repeat(22)}` }],
  };

  it('comes back, and nothing else passes for one', () => {
    expect(parseHeader(encodeHeader(header))).toEqual(header);
    expect(() => encodeHeader({ ...header, recipients: [] })).toThrow();
    for (const bad of [
      { ...header, version: 2 },
      { ...header, extra: 1 },
      { ...header, recording: '../x' },
      { ...header, segment: -1 },
      { ...header, recipients: [...header.recipients, ...header.recipients] },
      { ...header, recipients: [{ ...header.recipients[0], role: 'friend' }] },
      { ...header, recipients: [{ ...header.recipients[0], kid: 'q'.repeat(43) }] },
      { ...header, started: '2026-02-30T05:06:07.089Z' },
      { ...header, started: 'yesterday' },
      { ...header, role: 'king' },
      { ...header, breakGlass: 'b-1' },
      Object.fromEntries(Object.entries(header).toReversed()),
      [],
      null,
      'x',
    ]) {
      expect(parseHeader(Buffer.from(JSON.stringify(bad)))).toBeUndefined();
    }
    expect(parseHeader(Buffer.from(JSON.stringify(header, null, 1)))).toBeUndefined();
    expect(parseHeader(Buffer.from([0xff, 0xfe]))).toBeUndefined();
    expect(parseHeader(Buffer.concat([encodeHeader(header), Buffer.of(0xff)]))).toBeUndefined();
  });

  it('names', () => {
    expect(newRecordingId(Date.UTC(2026, 2, 4, 5, 6, 7, 89))).toMatch(/^20260304-050607-[0-9a-f]{8}$/);
    expect(newRecordingId(0)).toMatch(RECORDING_ID);
    expect(segmentName(12)).toBe('segment-000012.wmx');
    expect(segmentNumber('segment-000012.wmx')).toBe(12);
    expect(segmentNumber('segment-1234567.wmx')).toBe(1234567);
    for (const other of ['segment-0000012.wmx', 'segment-000012.torn-0', 'segment-12.wmx', 'end.json']) expect(segmentNumber(other)).toBeUndefined();
  });
});
