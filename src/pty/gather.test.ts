import { expect, test } from 'vitest';
import { FakeClock } from './clock.ts';
import { enoughBytes, floodBytes, gatherBytes, gatherMs, longestMs, OutputGather } from './gather.ts';

function setup() {
  const clock = new FakeClock();
  clock.advance(1000);
  const sent: { offset: number; bytes: Buffer }[] = [];
  let last: Uint8Array = new Uint8Array(0);
  let offset = 0;
  /** A page that has parsed all that it has got, unless a test says otherwise. */
  const page = { parsed: Number.POSITIVE_INFINITY };
  const gather = new OutputGather(
    clock,
    (at, bytes) => {
      last = bytes;
      sent.push({ offset: at, bytes: Buffer.from(bytes) });
    },
    () => Math.max(0, offset - page.parsed),
  );
  const print = (bytes: Uint8Array): void => {
    gather.add(offset, bytes);
    offset += bytes.length;
  };
  /** All of the memory that output is gathered in, once it was sent from there. */
  const buffer = (): Uint8Array => new Uint8Array(last.buffer);
  return { clock, gather, page, sent, print, last: () => last, buffer };
}
const text = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 1 + ((i * 7 + seed) % 250));

test('what comes slowly goes at once', () => {
  const { clock, sent, print } = setup();
  for (let i = 0; i < 5; i++) {
    print(text(100, i));
    expect(sent).toHaveLength(i + 1);
    clock.advance(1);
  }
});

test('a flood is gathered, comes in order, whole, and within the limit of time', () => {
  const { clock, sent, print } = setup();
  const all: Buffer[] = [];
  for (let i = 0; i < 40; i++) {
    const bytes = text(20_000 + i, i);
    all.push(Buffer.from(bytes));
    print(bytes);
  }
  clock.advance(gatherMs);
  const whole = Buffer.concat(all);
  expect(Buffer.concat(sent.map(({ bytes }) => bytes)).equals(whole)).toBe(true);
  let offset = 0;
  for (const frame of sent) {
    expect(frame.offset).toBe(offset);
    expect(frame.bytes.length).toBeLessThanOrEqual(gatherBytes);
    offset += frame.bytes.length;
  }
  expect(sent.length).toBeLessThan(8);
});

test('while the page has enough to parse a frame fills, and goes before the page runs dry', () => {
  const { clock, page, sent, print } = setup();
  page.parsed = 0;
  print(text(enoughBytes - 1, 1));
  clock.advance(gatherMs);
  // The page had nothing, so it got this at once; it has enough with one byte more.
  expect(sent.map(({ bytes }) => bytes.length)).toEqual([enoughBytes - 1]);
  print(text(floodBytes + 1, 2));
  clock.advance(gatherMs);
  expect(sent).toHaveLength(2);
  print(text(2 * floodBytes, 3));
  clock.advance(10 * gatherMs);
  expect(sent).toHaveLength(2);
  page.parsed = floodBytes + 1;
  clock.advance(gatherMs);
  expect(sent.map(({ offset }) => offset)).toEqual([0, enoughBytes - 1, enoughBytes + floodBytes]);
  // Or when it is full.
  page.parsed = 0;
  for (let i = 0; i < gatherBytes / floodBytes; i++) print(text(floodBytes + 1, i));
  expect(sent).toHaveLength(4);
  expect(sent[3]!.bytes.length).toBeGreaterThan(gatherBytes - 2 * floodBytes);
});

test('a page that stands still does not keep output here', () => {
  const { clock, page, sent, print, last } = setup();
  page.parsed = 0;
  print(text(enoughBytes, 1));
  clock.advance(gatherMs);
  print(text(floodBytes + 1, 2));
  clock.advance(longestMs - gatherMs);
  expect(sent).toHaveLength(1);
  clock.advance(2 * gatherMs);
  expect(sent).toHaveLength(2);
  expect(last().every((byte) => byte === 0)).toBe(true);
});

test('a single byte behind a flood keeps its place', () => {
  const { clock, sent, print } = setup();
  print(text(floodBytes + 1, 1));
  print(Uint8Array.of(88));
  expect(sent).toHaveLength(0);
  clock.advance(gatherMs);
  expect(sent.at(-1)?.bytes.at(-1)).toBe(88);
  expect(sent).toHaveLength(1);
});

test('more than a frame holds goes by itself, behind what was before it', () => {
  const { sent, print } = setup();
  print(text(floodBytes + 1, 1));
  print(text(gatherBytes + 1, 2));
  expect(sent.map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
    [0, floodBytes + 1],
    [floodBytes + 1, gatherBytes + 1],
  ]);
});

test('what was sent or dropped is wiped, and what was dropped is never sent', () => {
  const { clock, gather, sent, print, last, buffer } = setup();
  print(text(floodBytes + 1, 1));
  clock.advance(gatherMs);
  expect(sent).toHaveLength(1);
  expect(last().every((byte) => byte === 0)).toBe(true);
  clock.advance(gatherMs);
  print(text(floodBytes + 1, 3));
  expect(buffer().some((byte) => byte !== 0)).toBe(true);
  gather.drop();
  expect(buffer().every((byte) => byte === 0)).toBe(true);
  clock.advance(10 * gatherMs);
  expect(sent).toHaveLength(1);
  print(text(10, 4));
  expect(sent.at(-1)?.offset).toBe(2 * (floodBytes + 1));
});
