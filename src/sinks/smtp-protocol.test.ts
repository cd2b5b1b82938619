/** What a relay says comes from somebody else: it is a reply or it is none, however it is cut, and no mail of ours ends before its end. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import '../../test/support/properties.ts';
import { AnchorError } from '../anchors/errors.ts';
import { addressLiteral, dataOf, extensionsOf, SmtpReader } from './smtp-protocol.ts';

const read = (...parts: readonly string[]) => {
  const reader = new SmtpReader();
  return parts.flatMap((part) => reader.push(Buffer.from(part, 'latin1')));
};

test('replies of a line and of several, however they are cut', () => {
  const text = '250-relay.example.org\r\n250-AUTH LOGIN PLAIN\r\n250 STARTTLS\r\n354\r\n';
  const whole = [
    { code: 250, lines: ['relay.example.org', 'AUTH LOGIN PLAIN', 'STARTTLS'] },
    { code: 354, lines: [''] },
  ];
  for (let at = 0; at <= text.length; at++) expect(read(text.slice(0, at), text.slice(at))).toEqual(whole);
  expect(read(...text)).toEqual(whole);
  expect(extensionsOf(whole[0]!)).toEqual({ startTls: true, auth: ['LOGIN', 'PLAIN'] });
  // The first line is the relay's name, and no word that it can do something.
  expect(extensionsOf({ code: 250, lines: ['STARTTLS AUTH PLAIN', 'SIZE 100'] })).toEqual({ startTls: false, auth: [] });
});

test('what is no reply, has two codes, or has no end is refused', () => {
  for (const text of ['hello\r\n', '25 x\r\n', '199 x\r\n', '600 x\r\n', '2500 x\r\n', '250-a\r\n251 b\r\n', '\r\n', 'x'.repeat(4096), '250-x\r\n'.repeat(65)])
    expect(() => read(text), text.slice(0, 20)).toThrow(AnchorError);
  expect(() => read(...Array.from({ length: 100 }, () => 'x'.repeat(100)))).toThrow(AnchorError);
});

test('any bytes, however cut, are replies or refused, and the same ones whichever way they are cut', () => {
  const piece = fc.constantFrom('250', '354', '535', '5', '-', ' ', '\r', '\n', '\r\n', 'AUTH PLAIN', 'STARTTLS', '\0', 'ÿ');
  const bytes = fc.oneof(
    fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''), 'latin1')),
    fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
  );
  const readAll = (parts: readonly Uint8Array[]): unknown => {
    const reader = new SmtpReader();
    try {
      return { replies: parts.flatMap((part) => reader.push(part)), begun: reader.begun };
    } catch (error) {
      expect(error).toBeInstanceOf(AnchorError);
      return 'refused';
    }
  };
  fc.assert(
    fc.property(bytes, fc.nat(200), (all, at) => {
      expect(readAll([all.subarray(0, at), all.subarray(at)])).toEqual(readAll([all]));
    }),
    { numRuns: 3000 },
  );
});

test('no text ends a mail before its end, or begins a command behind it', () => {
  const line = fc.oneof(fc.constantFrom('.', '..', '.x', '', 'MAIL FROM:<a@b>', '\r', '\r\n.\r', 'x\r'), fc.string({ unit: 'binary-ascii', maxLength: 20 }));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const data = dataOf(lines.join('\n')).toString('latin1');
      expect(data.indexOf('\r\n.\r\n')).toBe(data.startsWith('.\r\n') ? -1 : data.length - 5);
      expect(data.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      // As a relay reads it.
      const there = data
        .slice(0, -5)
        .split('\r\n')
        .map((each) => each.replace(/^\./, ''));
      expect(there).toEqual(lines.join('\n').replaceAll('\r', '').replace(/\n$/, '').split('\n'));
    }),
    { numRuns: 2000 },
  );
  expect(dataOf('').toString()).toBe('\r\n.\r\n');
});

test('who says EHLO is an address', () => {
  expect(addressLiteral('10.1.2.3')).toBe('[10.1.2.3]');
  expect(addressLiteral('::ffff:10.1.2.3')).toBe('[10.1.2.3]');
  expect(addressLiteral('fe80::1')).toBe('[IPv6:fe80::1]');
  for (const other of [undefined, '', 'mueller-laptop', 'fe80::1%eth0']) expect(addressLiteral(other)).toBe('[127.0.0.1]');
});
