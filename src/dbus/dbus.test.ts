import fc from 'fast-check';
import { createServer, type Socket } from 'node:net';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { waitFor } from '../../test/support/wait-for.ts';
import { sessionBusPath, systemBusPath } from './address.ts';
import { Bus, BusSilent, busName, ofBus, propertyIn, propertyOf } from './bus.ts';
import { noBus, serve, startBus, type Answers, type TestBus, type TestService } from './bus.fixture.ts';
import { decodeMessage, encodeMessage, messageLength, valuesOf } from './message.ts';
import { readValues, Variant, writeValues, type Value } from './values.ts';
import { watchBus, type SignalMatch } from './watch.ts';

test('addresses of the buses', () => {
  expect(sessionBusPath({})).toBeUndefined();
  expect(sessionBusPath({ XDG_RUNTIME_DIR: '/run/user/1' })).toBe('/run/user/1/bus');
  expect(sessionBusPath({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/tmp/a%20b,guid=00' })).toBe('/tmp/a b');
  expect(sessionBusPath({ DBUS_SESSION_BUS_ADDRESS: 'tcp:host=x;unix:abstract=/tmp/q' })).toBe('\0/tmp/q');
  expect(sessionBusPath({ DBUS_SESSION_BUS_ADDRESS: 'unix:runtime=yes', XDG_RUNTIME_DIR: '/r' })).toBe('/r/bus');
  expect(sessionBusPath({ DBUS_SESSION_BUS_ADDRESS: 'tcp:host=x' })).toBeUndefined();
  expect(systemBusPath({})).toBe('/run/dbus/system_bus_socket');
  expect(systemBusPath({ DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/tmp/s' })).toBe('/tmp/s');
});

describe('values', () => {
  /** A type, and a value of it. */
  const basic: fc.Arbitrary<readonly [string, Value]> = fc.oneof(
    fc.nat(255).map((value) => ['y', value] as const),
    fc.boolean().map((value) => ['b', value] as const),
    fc.integer({ min: -0x8000, max: 0x7fff }).map((value) => ['n', value] as const),
    fc.nat(0xffff).map((value) => ['q', value] as const),
    fc.integer().map((value) => ['i', value] as const),
    fc.nat(0xffffffff).map((value) => ['u', value] as const),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ['x', value] as const),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ['t', value] as const),
    fc.double({ noNaN: true }).map((value) => ['d', value] as const),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => ['s', value] as const),
    fc.constantFrom('s', 'a{sv}', '(yyt)').map((value) => ['g', value] as const),
  );
  const { typed } = fc.letrec<{ typed: readonly [string, Value] }>((tie) => ({
    typed: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      basic,
      tie('typed').map(([type, value]) => ['v', new Variant(type, value)] as const),
      fc.tuple(tie('typed'), fc.nat(3)).map(([[type, value], count]) => [`a${type}`, Array<Value>(count).fill(value)] as const),
      fc
        .array(tie('typed'), { minLength: 1, maxLength: 3 })
        .map((members) => [`(${members.map(([type]) => type).join('')})`, members.map(([, value]) => value)] as const),
      fc.tuple(basic, tie('typed')).map(([[key, name], [type, value]]) => [`a{${key}${type}}`, [[name, value]]] as const),
    ),
  }));

  test('what is written is read as it was', () => {
    fc.assert(
      fc.property(fc.array(typed, { maxLength: 4 }), (all) => {
        const signature = all.map(([type]) => type).join('');
        const values = all.map(([, value]) => value);
        expect(readValues(signature, writeValues(signature, values))).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  test('known bytes', () => {
    expect(writeValues('ysau', [1, 'ab', [7]])).toEqual(Buffer.from([1, 0, 0, 0, 2, 0, 0, 0, 0x61, 0x62, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0]));
    // The padding before the first of an array's values is there also where there is none, and is no part of its length.
    expect(writeValues('at', [[]])).toEqual(Buffer.from([0, 0, 0, 0, 0, 0, 0, 0]));
    expect(writeValues('v', [new Variant('b', true)])).toEqual(Buffer.from([1, 0x62, 0, 0, 1, 0, 0, 0]));
  });

  test.each(['a', '(', '()', '(s', '{sv', 'a{sv', ')', 'z', 's)', 'a('])('%s is no signature', (signature) => {
    expect(() => readValues(signature, Buffer.alloc(64))).toThrow(RangeError);
  });

  test('whatever the bytes are: values, or a RangeError', () => {
    const signature = fc.oneof(
      typed.map(([type]) => type),
      fc.string({ unit: fc.constantFrom(...'ybnqiuxtdsogva(){}'), maxLength: 12 }),
    );
    fc.assert(
      fc.property(signature, fc.uint8Array({ maxLength: 80 }), (given, bytes) => {
        try {
          expect(Array.isArray(readValues(given, Buffer.from(bytes)))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('what nests without end is refused, however small it is', () => {
    // A variant in a variant in a variant: three bytes each.
    const bytes = Buffer.concat([...Array<Buffer>(1000).fill(Buffer.from([1, 0x76, 0])), Buffer.from([1, 0x79, 0, 7])]);
    expect(() => readValues('v', bytes)).toThrow('too deep');
  });
});

describe('messages', () => {
  const call = { type: 'call', destination: 'a.b', path: '/c', interface: 'd.e', member: 'F', signature: 's', values: ['xy'] } as const;

  test('a call is laid out as the specification says', () => {
    const bytes = encodeMessage(7, call);
    expect(bytes.subarray(0, 4)).toEqual(Buffer.from([0x6c, 1, 0, 1]));
    expect(bytes.readUInt32LE(4)).toBe(4 + 2 + 1);
    expect(bytes.readUInt32LE(8)).toBe(7);
    expect(bytes.subarray(-7)).toEqual(Buffer.from([2, 0, 0, 0, 0x78, 0x79, 0]));
    expect(messageLength(bytes)).toBe(bytes.length);
    const { values, ...head } = call;
    const read = decodeMessage(bytes)!;
    expect(read).toMatchObject({ ...head, serial: 7, flags: 0 });
    expect(valuesOf(read)).toEqual(values);
  });

  test('whatever a bus sends is a message, one that is passed over, or a RangeError', () => {
    const whole = encodeMessage(1, call);
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 16, maxLength: 200 }).map((random) => Buffer.from([0x6c, ...random])),
      fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
        const copy = Buffer.from(whole);
        copy[at] = byte;
        return copy;
      }),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        try {
          expect(messageLength(given)).toBeGreaterThanOrEqual(16);
          const message = decodeMessage(given);
          if (message) valuesOf(message);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a bus of a test that says what it likes', () => {
  const greeted = encodeMessage(1, { type: 'return', replySerial: 1, signature: 's', values: [':1.1'] });
  const answer = encodeMessage(9, { type: 'return', replySerial: 2, signature: 's', values: ['yes'] });

  /** A bus that greets, and answers the first question with `bytes`. */
  async function bus(bytes: readonly Buffer[], greeting: readonly Buffer[] = [greeted]): Promise<string> {
    const path = join(mkdtempSync(join(tmpdir(), 'bus-')), 'bus');
    const server = createServer((socket: Socket) => {
      let asked = 0;
      socket.on('error', () => undefined);
      socket.on('data', (given: Buffer) => {
        if (given.includes('AUTH')) socket.write('OK 00\r\n');
        if (given.includes('Hello\0')) socket.write(Buffer.concat(greeting));
        else if (given.includes('Question\0') && asked++ === 0) socket.write(Buffer.concat(bytes));
      });
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return path;
  }
  const question = ofBus('Question');

  test('an answer is found by its number, whatever comes before it', async () => {
    const other = encodeMessage(8, { type: 'return', replySerial: 77 });
    const heard: (string | undefined)[] = [];
    const signal = encodeMessage(8, { type: 'signal', path: '/a', interface: 'b.c', member: 'D' });
    const open = await Bus.open(await bus([other, signal, answer]), 10_000, ({ member }) => heard.push(member));
    expect(await open.call(question, 10_000)).toEqual({ error: undefined, values: ['yes'] });
    expect(heard).toEqual(['D']);
    open.close();
    await open.ended;
    expect(open.isOpen).toBe(false);
  });

  test('a message that is too long, or of another byte order, is passed over and does not end the conversation', async () => {
    const long = encodeMessage(8, { type: 'signal', path: '/a', interface: 'b.c', member: 'D', signature: 's', values: ['x'.repeat(300_000)] });
    const foreign = Buffer.alloc(16);
    foreign.set([0x42, 4, 0, 1]);
    const heard: unknown[] = [];
    const open = await Bus.open(await bus([long, foreign, answer]), 10_000, (message) => heard.push(message));
    expect((await open.call(question, 10_000)).values).toEqual(['yes']);
    expect(heard).toEqual([]);
    open.close();
  });

  test.each([
    // Its length is another one than its message has room for.
    ['an answer that is not what its signature says', [Buffer.from(answer).fill(0xff, answer.length - 8)]],
    ['what is no message', [Buffer.alloc(64, 0x20)]],
  ])('%s ends it', async (_, bytes) => {
    const open = await Bus.open(await bus(bytes), 10_000);
    await expect(open.call(question, 10_000)).rejects.toThrow(RangeError);
    expect(open.isOpen).toBe(false);
    await expect(open.call(question, 10_000)).rejects.toThrow(RangeError);
  });

  test('no answer in time ends it, and every question that was waiting', async () => {
    const open = await Bus.open(await bus([]), 10_000);
    const other = open.call(question, 10_000);
    await expect(Promise.all([open.call(question, 20), expect(other).rejects.toBeInstanceOf(BusSilent)])).rejects.toBeInstanceOf(BusSilent);
  });
});

const rows = [
  { sender: 'org.test.One', path: '/one', interface: 'org.test.One.Things', member: 'Changed' },
  { sender: 'org.test.Two', interface: 'org.test.Two', member: 'Gone' },
] as const satisfies readonly SignalMatch[];

test('a real bus is here', (context) => {
  if (noBus) context.skip(noBus);
});

describe.skipIf(noBus)('a real bus', () => {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  async function begin(folder?: string): Promise<TestBus> {
    const bus = await startBus(folder);
    stops.push(() => bus.stop());
    return bus;
  }
  async function on(bus: TestBus, name?: string, answers?: Answers): Promise<TestService> {
    const service = await serve(bus.path, name, answers);
    stops.push(() => service.stop());
    return service;
  }
  /** What is heard, as text. `until` says it again until it is heard: nobody tells when the watch listens. */
  function listen(path: string): { readonly heard: string[]; until(say: () => void, text: string): Promise<void> } {
    const heard: string[] = [];
    const watch = watchBus(path, rows, ({ sender, member }, values) => heard.push([sender, member, ...values].join(' ')), { first: 5, longest: 20 });
    stops.push(() => watch.close());
    return {
      heard,
      until: (say, text) =>
        waitFor(() => {
          say();
          expect(heard).toContain(text);
        }),
    };
  }

  test('answers a call: a value, a property of whatever type, an error by its name, two questions at once', async () => {
    const bus = await begin();
    await on(bus, 'org.test.One', {
      'org.test.One.Echo': (given) => ['s', [given.join('+')]],
      'org.freedesktop.DBus.Properties.Get': ([name, property]) => ['v', [new Variant('(st)', [`${String(name)}.${String(property)}`, 2n ** 60n])]],
    });
    const open = await Bus.open(bus.path, 10_000);
    const echo = { destination: 'org.test.One', path: '/one', interface: 'org.test.One', member: 'Echo' };
    const both = [open.call({ ...echo, arguments: ['a', 'ü'] }, 10_000), open.call({ ...echo, arguments: ['b'] }, 10_000)];
    expect(await Promise.all(both)).toEqual([
      { error: undefined, values: ['a+ü'] },
      { error: undefined, values: ['b'] },
    ]);
    expect(propertyIn(await open.call(propertyOf('org.test.One', '/one', 'i', 'P'), 10_000))).toEqual(['i.P', 2n ** 60n]);
    const refused = await open.call({ ...echo, member: 'Nothing' }, 10_000);
    expect(refused.error).toBe('org.freedesktop.DBus.Error.UnknownMethod');
    expect(propertyIn(refused)).toBeUndefined();
    expect((await open.call({ ...echo, destination: 'org.test.Nobody', noAutoStart: true }, 10_000)).error).toMatch(/ServiceUnknown|NameHasNoOwner/);
    open.close();
  });

  test('its signals are heard with their values, of the objects that were asked for', async () => {
    const bus = await begin();
    const one = await on(bus, 'org.test.One');
    const two = await on(bus, 'org.test.Two');
    const { heard, until } = listen(bus.path);
    await until(() => one.signal('/one', 'org.test.One.Things.Changed', 'b', [true]), 'org.test.One Changed true');
    await until(() => two.signal('/whatever', 'org.test.Two.Gone'), 'org.test.Two Gone');
    one.signal('/other', 'org.test.One.Things.Changed', 's', ['other object']);
    one.signal('/one', 'org.test.One.Things.Other', 's', ['other member']);
    one.signal('/one', 'org.test.One.Things.Changed', 'a{su}s', [[['key', 3]], 'last']);
    await waitFor(() => expect(heard).toContain('org.test.One Changed key,3 last'));
    expect(heard.filter((text) => text.includes('other'))).toEqual([]);
  });

  test('a signal counts only from whoever has the name: not one that somebody else sends straight to us', async () => {
    const bus = await begin();
    const one = await on(bus, 'org.test.One');
    const { heard, until } = listen(bus.path);
    await until(() => one.signal('/one', 'org.test.One.Things.Changed', 's', ['first']), 'org.test.One Changed first');
    const stranger = await on(bus);
    for (const each of await stranger.connections()) {
      stranger.signal('/one', 'org.test.One.Things.Changed', 's', ['forged'], each);
      // Nor is the bus itself believed from somebody else.
      stranger.signal('/org/freedesktop/DBus', `${busName}.NameOwnerChanged`, 'sss', ['org.test.One', '', each], each);
      stranger.signal('/one', 'org.test.One.Things.Changed', 'ay', [Array<number>(100_000).fill(1)], each);
    }
    // Whatever the stranger sent has come when this has its answer, and the bus keeps the order.
    await stranger.connections();
    await until(() => one.signal('/one', 'org.test.One.Things.Changed', 's', ['second']), 'org.test.One Changed second');
    expect([...new Set(heard)]).toEqual(['org.test.One Changed first', 'org.test.One Changed second']);
  });

  test('a service that comes late, ends and comes back is heard again', async () => {
    const bus = await begin();
    const { until } = listen(bus.path);
    const first = await on(bus, 'org.test.Two');
    await until(() => first.signal('/a', 'org.test.Two.Gone', 's', ['first']), 'org.test.Two Gone first');
    first.stop();
    const second = await on(bus, 'org.test.Two');
    await until(() => second.signal('/a', 'org.test.Two.Gone', 's', ['second']), 'org.test.Two Gone second');
  });

  test('a bus that ends and is started again is listened to again, and one that comes late', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bus-'));
    const { until } = listen(join(folder, 'bus'));
    for (const time of ['first', 'second']) {
      const bus = await startBus(folder);
      const one = await serve(bus.path, 'org.test.One');
      await until(() => one.signal('/one', 'org.test.One.Things.Changed', 's', [time]), `org.test.One Changed ${time}`);
      one.stop();
      await bus.stop();
    }
  });

  test('a watch that is closed leaves the bus', async () => {
    const bus = await begin();
    const somebody = await on(bus);
    const watch = watchBus(bus.path, rows, () => undefined, { first: 5, longest: 20 });
    await waitFor(async () => expect(await somebody.connections()).toHaveLength(2));
    watch.close();
    await waitFor(async () => expect(await somebody.connections()).toHaveLength(1));
  });
});
