/** Whatever a Fluent receiver says, in whichever pieces: values, or an end with a sentence; and who has shown the key, and who has not. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import fc from 'fast-check';
import '../../test/support/properties.ts';
import { AnchorError } from '../anchors/errors.ts';
import { ackOf, FluentReader, forwardBytes, heloOf, pingBytes, pongOf } from './fluent-protocol.ts';
import { pack, unpack, type Packed } from './msgpack.ts';

const shared = { key: 'Quillfeather', nonce: Buffer.from('nonce'), salt: Buffer.from('salt') };
const digestOf = (host: string): string => createHash('sha512').update(`salt${host}nonceQuillfeather`).digest('hex');
const said: readonly Packed[] = [
  ['HELO', { nonce: Buffer.from('nonce'), auth: '', keepalive: true }],
  ['PONG', true, '', 'there', digestOf('there')],
  { ack: 'chunk' },
];

test('what it says is the same values, in whichever pieces it comes', () => {
  const bytes = Buffer.concat(said.map(pack));
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 40 }), (sizes) => {
      const reader = new FluentReader();
      let at = 0;
      const values = sizes.flatMap((size) => reader.push(bytes.subarray(at, (at += size))));
      expect([...values, ...reader.push(bytes.subarray(at))]).toEqual(said);
    }),
  );
});

test('what is no such value, or longer than an answer, ends it; and whatever comes is read or ends it', () => {
  for (const text of ['HTTP/1.1 400 Bad Request\r\n\r\n\xc1', '\xc1', `\xdb\x00\xff\xff\xff${'x'.repeat(20_000)}`])
    expect(() => new FluentReader().push(Buffer.from(text, 'latin1'))).toThrow(AnchorError);
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (pieces) => {
      const reader = new FluentReader();
      try {
        for (const piece of pieces)
          for (const value of reader.push(Buffer.from(piece))) {
            // None of these throws for anything.
            heloOf(value);
            ackOf(value);
            expect(pongOf(value, 'here', shared)?.known ?? false).toBe(false);
          }
      } catch (error) {
        expect(error).toBeInstanceOf(AnchorError);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a HELO has a nonce, of either kind, and says whether a user is wanted', () => {
  expect(heloOf(said[0]!)).toEqual({ nonce: Buffer.from('nonce'), wantsUser: false });
  expect(heloOf(['HELO', { nonce: 'nonce' }])).toEqual({ nonce: Buffer.from('nonce'), wantsUser: false });
  expect(heloOf(['HELO', { nonce: 'nonce', auth: Buffer.from('salt') }])?.wantsUser).toBe(true);
  for (const value of [null, 'HELO', ['HELO'], ['HELO', {}], ['HELO', { nonce: 1 }], ['HELO', { nonce: 'x'.repeat(257) }], { HELO: 1 }] as Packed[])
    expect(heloOf(value)).toBeUndefined();
});

test('a PING shows a digest and never the key; a PONG is believed where it has another one that the key makes, under another name', () => {
  const ping = pingBytes('here', shared);
  expect(unpack(ping)!.value).toEqual(['PING', 'here', Buffer.from('salt'), digestOf('here'), '', '']);
  expect(ping.toString('latin1')).not.toContain('Quillfeather');
  const pong = (lets: boolean, host: string, digest: string): Packed => ['PONG', lets, 'why', host, digest];
  expect(pongOf(pong(true, 'there', digestOf('there')), 'here', shared)).toEqual({ lets: true, known: true, reason: 'why' });
  for (const [host, digest] of [
    ['there', digestOf('here')],
    ['here', digestOf('here')],
    ['there', ''],
    ['there', digestOf('there').toUpperCase()],
  ] as const)
    expect(pongOf(pong(true, host, digest), 'here', shared)).toMatchObject({ known: false });
  expect(pongOf(pong(false, 'there', ''), 'here', shared)).toMatchObject({ lets: false, known: false });
  for (const value of [null, ['PONG', 1, '', '', ''], ['PONG', true], ['HELO', true, '', '', '']] as Packed[])
    expect(pongOf(value, 'here', shared)).toBeUndefined();
});

test('events are a tag, entries with a time each, and the chunk by which they are acknowledged', () => {
  const bytes = forwardBytes('a.b', [{ time: '2026-11-29T02:00:05.123Z', line: '{"n":1,"of":{"x":null}}' }], 'c2FsdA==');
  // An array of three: the tag, one entry of two, and what is said of the chunk.
  expect(bytes.subarray(0, 9).toString('latin1')).toBe('\x93\xa3a.b\x91\x92\xd7\x00');
  expect(unpack(bytes.subarray(17))!.value).toEqual({ n: 1, of: { x: null } });
  expect(unpack(bytes.subarray(17 + unpack(bytes.subarray(17))!.length))!.value).toEqual({ chunk: 'c2FsdA==', size: 1 });
});
