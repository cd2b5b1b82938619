import { Serializer } from 'node:v8';
import { expect, test } from 'vitest';
import { isOwnMessage, ownMemory, ownMessage } from './own-memory.ts';

/** What V8's serializer, which Electron's messages go through, makes of a value. */
function written(value: unknown): Buffer {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** A small buffer of Node's pool, and one with the same content as a part of a large one. */
const secret = 'the passphrase of somebody else';
const pooled = (): Buffer => {
  const pool = Buffer.alloc(8192);
  pool.write(secret, 4000);
  return pool.fill(7, 100, 157).subarray(100, 157);
};

test('the serializer takes the whole memory behind a view: the reason for all this', () => {
  expect(written({ type: 'frame', bytes: pooled() }).includes(secret)).toBe(true);
});

test.each([
  ['a frame', () => ({ type: 'frame', bytes: pooled() })],
  ['a view deep inside', () => ({ panes: [{ pane: 1 }, { pane: 2, bytes: pooled() }], when: new Date(0), big: 1n })],
  ['a view on its own', pooled],
  ['a data view', () => [new DataView(pooled().buffer, 100, 57)]],
  ['sixteen bits', () => ({ view: new Uint16Array(pooled().buffer, 100, 20) })],
])('%s takes nothing along', (_name, make) => {
  const message = make();
  expect(isOwnMessage(message)).toBe(false);
  const own = ownMessage(message);
  expect(isOwnMessage(own)).toBe(true);
  const bytes = written(own);
  expect(bytes.includes(secret)).toBe(false);
  expect(bytes.length).toBeLessThan(300);
});

test('the copy has the same bytes, and what needs no copy is not copied', () => {
  const view = pooled();
  expect(Buffer.compare(ownMemory(view), view)).toBe(0);
  expect(ownMessage({ a: 1, list: [pooled()] })).toEqual({ a: 1, list: [new Uint8Array(57).fill(7)] });
  const whole = new Uint8Array(100);
  expect(ownMemory(whole)).toBe(whole);
  const message = { bytes: whole, list: [whole], text: 'x', none: null };
  expect(ownMessage(message)).toBe(message);
});
