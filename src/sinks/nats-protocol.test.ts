/** Whatever a server says, in whichever pieces: words, or an end with a sentence; and never more memory than an answer needs. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import '../../test/support/properties.ts';
import { AnchorError } from '../anchors/errors.ts';
import { fieldOf, headerText, NatsReader, publishText, type NatsWord } from './nats-protocol.ts';

const read = (text: string | Buffer, sizes: readonly number[] = []): NatsWord[] => {
  const reader = new NatsReader();
  const bytes = Buffer.from(text);
  const words: NatsWord[] = [];
  let at = 0;
  for (const size of sizes) words.push(...reader.push(bytes.subarray(at, (at += size))));
  return [...words, ...reader.push(bytes.subarray(at))];
};

const header = 'NATS/1.0 503\r\n\r\n';
const session = `INFO {"server_id":"x"}\r\n+OK\r\nPING\r\nPONG\r\nMSG _INBOX.a.0 1  5\r\nhello\r\nHMSG _INBOX.a.1 1 ${header.length} ${header.length}\r\n${header}\r\nmsg _INBOX.a.2 1 reply 2\r\n\r\n\r\n-ERR 'Authorization Violation'\r\n`;
const words: NatsWord[] = [
  { word: 'INFO' },
  { word: '+OK' },
  { word: 'PING' },
  { word: 'PONG' },
  { word: 'MSG', subject: '_INBOX.a.0', status: undefined, text: 'hello' },
  { word: 'MSG', subject: '_INBOX.a.1', status: 503, text: '' },
  { word: 'MSG', subject: '_INBOX.a.2', status: undefined, text: '\r\n' },
  { word: '-ERR', text: 'Authorization Violation' },
];

test('a session is the same words, in whichever pieces it comes', () => {
  expect(read(session)).toEqual(words);
  expect(
    read(
      session,
      [...session].map(() => 1),
    ),
  ).toEqual(words);
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 40 }), (sizes) => {
      expect(read(session, sizes)).toEqual(words);
    }),
  );
});

test('what is no word, has no end, or is longer than an answer ends it', () => {
  for (const text of [
    'HELLO\r\n',
    '\r\n',
    'HTTP/1.1 400 Bad Request\r\n',
    'x'.repeat(70_000),
    'MSG a 1 999999999\r\n',
    'MSG a 1 300000\r\n',
    'MSG a 1 -1\r\n',
    'MSG a 1\r\n',
    'HMSG a 1 5\r\n',
    'HMSG a 1 9 5\r\n12345\r\n',
    'MSG a 1 5\r\nhello, more\r\n',
  ])
    expect(() => read(text), text.slice(0, 30)).toThrow(AnchorError);
});

const piece = fc.constantFrom(
  'INFO ',
  'PING',
  'PONG',
  '+OK',
  '-ERR ',
  'MSG ',
  'HMSG ',
  '_INBOX.a.0 ',
  '1 ',
  '5',
  '12 ',
  '17',
  '\r\n',
  '\r',
  '\n',
  'hello',
  'NATS/1.0 503\r\n\r\n',
  '{}',
  '\0',
  'é',
);

test('any bytes at all are words or an end, the same in one piece and in many', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)),
    fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''))),
    fc.tuple(fc.nat(session.length - 1), fc.integer({ min: 0, max: 255 })).map(([at, value]) => {
      const changed = Buffer.from(session);
      changed[at] = value;
      return changed;
    }),
  );
  const outcome = (given: Buffer, sizes: readonly number[]): unknown => {
    const reader = new NatsReader();
    const all: NatsWord[] = [];
    let at = 0;
    try {
      for (const size of [...sizes, given.length]) all.push(...reader.push(given.subarray(at, (at += size))));
      return 'read';
    } catch (error) {
      expect(error).toBeInstanceOf(AnchorError);
      return 'ended';
    }
  };
  fc.assert(
    fc.property(bytes, (given) => {
      expect(
        outcome(
          given,
          [...given].map(() => 1),
        ),
      ).toBe(outcome(given, []));
    }),
    { numRuns: 3000 },
  );
});

test('headers and messages go as the protocol has them', () => {
  const text = headerText({ 'Nats-Msg-Id': 'w-0123456789ab/7', 'Nats-Expected-Last-Subject-Sequence': 0 });
  expect(text).toBe('NATS/1.0\r\nNats-Msg-Id: w-0123456789ab/7\r\nNats-Expected-Last-Subject-Sequence: 0\r\n\r\n');
  expect(fieldOf(text, 'Nats-Msg-Id')).toBe('w-0123456789ab/7');
  expect(fieldOf(text, 'Nats-Msg')).toBeUndefined();
  expect(publishText('a.b', 'c', '', 'é').toString()).toBe('PUB a.b c 2\r\né\r\n');
  expect(publishText('a.b', 'c', text, 'x').toString()).toBe(`HPUB a.b c ${text.length} ${text.length + 1}\r\n${text}x\r\n`);
});
