import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMessage, encodeCall, sessionBusPath } from './dbus.ts';

test('addresses of the session bus', () => {
  expect(sessionBusPath({})).toBeUndefined();
  expect(sessionBusPath({ XDG_RUNTIME_DIR: '/run/user/1' })).toBe('/run/user/1/bus');
  expect(sessionBusPath({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/tmp/a%20b,guid=00' })).toBe('/tmp/a b');
  expect(sessionBusPath({ DBUS_SESSION_BUS_ADDRESS: 'tcp:host=x;unix:abstract=/tmp/q' })).toBe('\0/tmp/q');
  expect(sessionBusPath({ DBUS_SESSION_BUS_ADDRESS: 'unix:runtime=yes', XDG_RUNTIME_DIR: '/r' })).toBe('/r/bus');
  expect(sessionBusPath({ DBUS_SESSION_BUS_ADDRESS: 'tcp:host=x' })).toBeUndefined();
});

test('a call is laid out as the specification says', () => {
  const bytes = encodeCall(7, { destination: 'a.b', path: '/c', interface: 'd.e', member: 'F', arguments: ['xy'] });
  // Its own head is a message like any other: no reply to anybody, and of its full length.
  expect(decodeMessage(bytes)).toEqual({ length: bytes.length, reply: undefined });
  expect(bytes.subarray(0, 4)).toEqual(Buffer.from([0x6c, 1, 0, 1]));
  expect(bytes.readUInt32LE(4)).toBe(4 + 2 + 1);
  expect(bytes.readUInt32LE(8)).toBe(7);
  expect(bytes.subarray(-7)).toEqual(Buffer.from([2, 0, 0, 0, 0x78, 0x79, 0]));
});

test('whatever a bus sends is a message, not yet one, or a RangeError', () => {
  const call = encodeCall(1, { destination: 'a.b', path: '/c', interface: 'd.e', member: 'F' });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((random) => Buffer.from([0x6c, ...random])),
    fc.tuple(fc.nat(call.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(call);
      copy[at] = byte;
      return copy;
    }),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      try {
        const message = decodeMessage(given);
        if (message) expect(message.length).toBeLessThanOrEqual(given.length);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
    { numRuns: 2000 },
  );
});
