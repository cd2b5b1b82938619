import { expect, test } from 'vitest';
import { FakeClock } from '../../time/clock.fixture.ts';
import { gatherMs, limits, OutputBacklog } from './backlog.ts';

const { floodBytes, frameBytes, enoughBytes, dryBytes, highWaterBytes, lowWaterBytes, playbackBytes, longestBytes, linesKept, blockCapacity } = limits;
const rows = 24;

function setup() {
  const clock = new FakeClock();
  clock.advance(1000);
  const sent: { offset: number; bytes: Buffer }[] = [];
  const skips: { from: number; to: number; settled: number; carry: string }[] = [];
  /** All memory that output has waited in and was sent from. */
  const memory = new Set<Uint8Array>();
  const program = { paused: false };
  let end = 0;
  const backlog = new OutputBacklog(
    clock,
    {
      output: (offset, parts) => {
        for (const part of parts) memory.add(new Uint8Array(part.buffer));
        sent.push({ offset, bytes: Buffer.concat(parts) });
      },
      skip: (from, to, settled, carry) => skips.push({ from, to, settled, carry: Buffer.from(carry).toString() }),
      pause: () => (program.paused = true),
      resume: () => (program.paused = false),
    },
    rows,
  );
  backlog.attach(0);
  const print = (bytes: Uint8Array | string): void => {
    const given = Uint8Array.from(Buffer.from(bytes as string));
    // As the pty host gets it.
    for (let at = 0; at < given.length; at += blockCapacity) backlog.add(end + at, given.subarray(at, at + blockCapacity));
    end += given.length;
  };
  const last = (): number => {
    const { offset, bytes } = sent.at(-1)!;
    return offset + bytes.length;
  };
  return { clock, backlog, sent, skips, memory, program, print, last };
}
/** Bytes without an end of a line: nothing of it can be left out. */
const text = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 32 + ((i * 7 + seed) % 90));
const lines = (from: number, count: number): string => Array.from({ length: count }, (_, i) => `line ${from + i} ${'.'.repeat(60)}\r\n`).join('');

test('what comes slowly goes at once', () => {
  const { clock, sent, print } = setup();
  for (let i = 0; i < 5; i++) {
    print(text(100, i));
    expect(sent).toHaveLength(i + 1);
    clock.advance(1);
  }
});

test('a flood is gathered, and comes in order, whole and in time', () => {
  const { clock, sent, print } = setup();
  const all: Buffer[] = [];
  for (let i = 0; i < 40; i++) {
    const bytes = text(20_000 + i, i);
    all.push(Buffer.from(bytes));
    print(bytes);
  }
  clock.advance(gatherMs);
  expect(Buffer.concat(sent.map(({ bytes }) => bytes)).equals(Buffer.concat(all))).toBe(true);
  let offset = 0;
  for (const frame of sent) {
    expect(frame.offset).toBe(offset);
    expect(frame.bytes.length).toBeLessThanOrEqual(frameBytes);
    offset += frame.bytes.length;
  }
  expect(sent.length).toBeLessThan(4);
});

test('a single byte behind a flood keeps its place', () => {
  const { clock, sent, print } = setup();
  print(text(floodBytes + 1, 1));
  print('X');
  expect(sent).toHaveLength(0);
  clock.advance(gatherMs);
  expect(sent.at(-1)?.bytes.at(-1)).toBe(88);
  expect(sent).toHaveLength(1);
});

test('while the page has something to parse a frame fills, and goes before the page runs dry', () => {
  const { clock, backlog, sent, print, last } = setup();
  print(text(dryBytes, 1));
  clock.advance(gatherMs);
  expect(sent).toHaveLength(1);
  print(text(2 * floodBytes, 2));
  clock.advance(10 * gatherMs);
  expect(sent).toHaveLength(1);
  backlog.acknowledge(1);
  clock.advance(gatherMs);
  expect(sent).toHaveLength(2);
  // Or when it is full, as long as the page has not enough.
  clock.advance(gatherMs);
  print(text(frameBytes, 3));
  expect(sent).toHaveLength(3);
  expect(sent[2]!.bytes.length).toBeGreaterThan(frameBytes - 2 * blockCapacity);
  print(text(frameBytes, 4));
  clock.advance(10 * gatherMs);
  expect(sent).toHaveLength(3);
  backlog.acknowledge(last() - enoughBytes + 1);
  expect(sent).toHaveLength(4);
});

test('a program whose output must all be shown is held back at high water, and goes on below low water', () => {
  const { clock, backlog, sent, program, print } = setup();
  print(text(highWaterBytes, 1));
  expect(program.paused).toBe(false);
  print('x');
  expect(program.paused).toBe(true);
  clock.advance(1000);
  expect(sent.at(-1)!.offset).toBeLessThan(enoughBytes + frameBytes);
  backlog.acknowledge(highWaterBytes - lowWaterBytes);
  expect(program.paused).toBe(true);
  // One that is behind the last one, or ahead of what was sent, changes nothing for the worse.
  backlog.acknowledge(1);
  backlog.acknowledge(highWaterBytes - lowWaterBytes + 2);
  expect(program.paused).toBe(false);
  for (let i = 0; i < 10; i++) backlog.acknowledge(1e12);
  clock.advance(1000);
  expect(Buffer.concat(sent.map(({ bytes }) => bytes))).toHaveLength(highWaterBytes + 1);
});

test('while the page plays back what was recorded a flood is held back much sooner, lines or not, and goes on behind it', () => {
  for (const flood of [text(playbackBytes + 1, 1), lines(0, 3000)]) {
    const { clock, backlog, sent, program, print } = setup();
    backlog.attach(0, true);
    print('slow output');
    expect(program.paused).toBe(false);
    print(flood);
    expect(program.paused).toBe(true);
    backlog.acknowledge(1e12);
    expect(program.paused).toBe(true);
    backlog.caughtUp();
    expect(program.paused).toBe(false);
    print(text(blockCapacity, 2));
    expect(program.paused).toBe(false);
    clock.advance(1000);
    expect(Buffer.concat(sent.map(({ bytes }) => bytes))).toHaveLength('slow output'.length + flood.length + blockCapacity);
  }
});

test('lines that nobody can see any more are left out, the program is not held back, and the last lines come whole', () => {
  const { clock, backlog, sent, skips, program, print, last } = setup();
  // The page has enough to do with what it gets first, for a while.
  let all = 'x'.repeat(enoughBytes);
  print(all);
  for (let i = 0; i < 40; i++) {
    const more = lines(i * 5000, 5000);
    all += more;
    print(more);
    clock.advance(gatherMs);
  }
  expect(program.paused).toBe(false);
  expect(sent).toHaveLength(1);
  expect(skips).toEqual([]);
  backlog.acknowledge(enoughBytes);
  clock.advance(gatherMs);
  expect(last()).toBe(all.length);
  expect(skips).toHaveLength(1);
  const { from, to, settled, carry } = skips[0]!;
  expect(carry).toBe('');
  expect(settled).toBeLessThanOrEqual(all.length);
  expect(all[from - 1]).toBe('\n');
  expect(all[to - 1]).toBe('\n');
  const kept = all.slice(to, settled).split('\n').length - 1;
  expect(kept).toBeGreaterThan(linesKept);
  expect(kept).toBeLessThan(linesKept + 2000);
  expect(Buffer.concat(sent.map(({ bytes }) => bytes)).toString()).toBe(all.slice(0, from) + all.slice(to));
});

test('attributes, the character set, the cursor and the bell of what is left out are carried over', () => {
  const { backlog, skips, print } = setup();
  print(text(floodBytes + 1, 1));
  // More than a block, so that all of it is in what is left out.
  print(`${lines(0, 2000)}\x1b[31m\x1b[0;1m\x1b[4mx\x1b(0\x1b[?25l\x07${lines(2000, 2000)}${lines(4000, 20_000)}`);
  backlog.flush();
  expect(skips[0]?.carry).toBe('\x1b[0;1m\x1b[4m\x1b(0\x1b[?25l\x07');
});

test('what asks, sets a title or resets is always sent, with all that stands before it', () => {
  for (const odd of ['\x1b[6n', '\x1b]0;title\x07', '\x1bc', '\x1bP$qm\x1b\\', '\x1b[?2004h', '\x1bH']) {
    const { backlog, sent, skips, print } = setup();
    print(text(enoughBytes, 1));
    print(`${lines(0, 4000)}${odd}${lines(4000, 40_000)}`);
    backlog.flush();
    const whole = Buffer.concat(sent.map(({ bytes }) => bytes)).toString();
    expect(whole, JSON.stringify(odd)).toContain(`line 3999 ${'.'.repeat(60)}\r\n${odd}line 4000`);
    expect(whole).toContain('line 0 ');
    expect(skips).toHaveLength(1);
  }
});

test('bytes on their way are counted without those that were left out', () => {
  const { clock, backlog, sent, skips, print, last } = setup();
  print(text(enoughBytes, 1));
  print(lines(0, 100_000));
  backlog.acknowledge(enoughBytes);
  clock.advance(gatherMs);
  expect(skips).toHaveLength(1);
  const count = sent.length;
  print(text(2 * floodBytes, 2));
  // The page has parsed nothing of it, some of what stands before the gap, some of what stands behind it.
  for (const parsed of [0, 1, skips[0]!.from, skips[0]!.to, last() - dryBytes]) {
    backlog.acknowledge(parsed);
    clock.advance(gatherMs);
    expect(sent).toHaveLength(count);
  }
  backlog.acknowledge(last() - dryBytes + 1);
  clock.advance(gatherMs);
  expect(sent).toHaveLength(count + 1);
});

test('a program that prints long lines is held back before there is too much', () => {
  const { program, print } = setup();
  let printed = 0;
  while (!program.paused && printed < 4 * longestBytes) {
    const line = `${'x'.repeat(2000)}\r\n`.repeat(30);
    print(line);
    printed += line.length;
  }
  expect(printed).toBeLessThan(highWaterBytes + 2 * blockCapacity);
});

test('what was sent or dropped is wiped, and what was dropped is never sent', () => {
  const { clock, backlog, sent, memory, program, print } = setup();
  print(text(floodBytes + 1, 1));
  clock.advance(gatherMs);
  expect(sent).toHaveLength(1);
  print(text(highWaterBytes + 1, 3));
  const wiped = (): boolean => [...memory].every((bytes) => Buffer.from(bytes.buffer).equals(Buffer.alloc(bytes.length)));
  expect(program.paused).toBe(true);
  const count = sent.length;
  backlog.drop();
  expect(wiped()).toBe(true);
  expect(program.paused).toBe(false);
  clock.advance(1000);
  // Nobody is there to see it.
  backlog.add(0, text(10, 4));
  clock.advance(1000);
  expect(sent).toHaveLength(count);
  backlog.attach(5_000_000);
  backlog.add(5_000_000, text(10, 4));
  expect(sent.at(-1)?.offset).toBe(5_000_000);
});
