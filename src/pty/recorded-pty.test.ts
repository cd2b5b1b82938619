import { expect, test } from 'vitest';
import { FakeClock } from '../time/clock.fixture.ts';
import { fakeSpawner } from './fake.ts';
import { roomMs, RecordedPty, type HeldReason, type RecordedPtyWriter } from './recorded-pty.ts';

const BATCH = Buffer.alloc(64 * 1024, 'x');

/** A session on a disk that the test fills and empties. */
function onDisk() {
  const disk = { full: false, low: false };
  const clock = new FakeClock();
  const { ptys, spawn } = fakeSpawner();
  const written: Buffer[] = [];
  const waiting: Buffer[] = [];
  const shown: { readonly offset: number; readonly text: string }[] = [];
  const held: (HeldReason | undefined)[] = [];
  const log: string[] = [];
  const all = (): number => written.reduce((sum, { length }) => sum + length, 0);
  const flush = (): boolean => {
    if (!disk.full) written.push(...waiting.splice(0));
    return waiting.length === 0;
  };
  const writer: RecordedPtyWriter = {
    id: 'r',
    get outputBytes() {
      return all();
    },
    get sealedBytes() {
      return all();
    },
    get waiting() {
      return waiting.length > 0;
    },
    lostBytes: 0,
    output(bytes) {
      waiting.push(Buffer.from(bytes));
      flush();
    },
    event: (code) => void log.push(code),
    rotate: () => void log.push('rotate'),
    flush,
    flushAtEnd() {
      written.push(...waiting.splice(0));
      return true;
    },
    written: () => ({ outputBytes: all(), head: { size: 0, root: '' }, starts: [] }),
    checkpoint: async () => undefined,
    async end(reason) {
      log.push(`end ${reason}`);
      return { size: 0, root: '' };
    },
  };
  const events = {
    output: (bytes: Uint8Array, offset: number) => void shown.push({ offset, text: Buffer.from(bytes).toString() }),
    held: (why: HeldReason | undefined) => void held.push(why),
    failed: (sentence: string) => expect.fail(sentence),
    end: () => void log.push('end'),
  };
  const space = { wrote: () => disk.low, look: () => disk.low };
  const session = new RecordedPty(writer, spawn, { command: ['/bin/sh'], cwd: '/', env: {}, cols: 80, rows: 24 }, clock, events, space);
  return { disk, clock, session, pty: ptys[0]!, shown, held, log, text: () => Buffer.concat(written).toString() };
}

test('on a full disk nothing is read and nothing shown; with room it goes on by itself, in order', () => {
  const { disk, clock, session, pty, shown, held, log } = onDisk();
  pty.print('one ');
  disk.full = true;
  pty.print('two ');
  expect(pty.paused).toBe(true);
  pty.print('three');
  // A lock, and whoever shows the output, change nothing of it.
  session.mark('l', '{}');
  session.rotate();
  session.pause();
  session.resume();
  clock.advance(10 * roomMs);
  expect(pty.paused).toBe(true);
  expect(session.live).toBe(true);
  expect(shown.map(({ text }) => text)).toEqual(['one ']);
  disk.full = false;
  clock.advance(roomMs);
  expect(shown).toEqual([
    { offset: 0, text: 'one ' },
    { offset: 4, text: 'two ' },
    { offset: 8, text: 'three' },
  ]);
  expect(pty.paused).toBe(false);
  expect(held).toEqual(['full', undefined]);
  expect(log).toEqual(['l', 'rotate']);
});

test('what waits at the end of the program is written by the room that is held back, and shown before the end', async () => {
  const { disk, session, pty, shown, log } = onDisk();
  disk.full = true;
  pty.print('last words');
  pty.print(', unread');
  pty.finish({ code: 0, signal: 0 });
  await session.done;
  expect(shown.map(({ text }) => text)).toEqual(['last words', ', unread']);
  expect(log).toEqual(['end exit', 'end']);
});

test('a program that is ended on a full disk is not read before it has ended', async () => {
  const { disk, session, pty, shown } = onDisk();
  disk.full = true;
  pty.print('seen');
  let read = true;
  pty.onSignal = () => {
    read = !pty.paused;
    pty.finish({ code: 0, signal: 1 });
  };
  await session.stop('closed');
  expect(read).toBe(false);
  expect(shown).toHaveLength(1);
});

test('below what the policy keeps, a flood waits; who types sees what comes of it; and with room it goes on', () => {
  const { disk, clock, session, pty, shown, held } = onDisk();
  disk.low = true;
  for (let n = 0; n < 20; n++) pty.print(BATCH);
  const first = shown.length;
  expect(first).toBeLessThan(6);
  expect(held).toEqual(['reserve']);
  // One batch for a key, at most once a second; and no more by itself for a minute.
  clock.advance(2 * roomMs);
  session.write(Buffer.from('\x03'));
  session.write(Buffer.from('\x03'));
  const typed = shown.length;
  expect(typed - first).toBeLessThanOrEqual(2);
  expect(typed).toBeGreaterThan(first);
  clock.advance(30 * roomMs);
  expect(shown).toHaveLength(typed);
  clock.advance(60 * roomMs);
  expect(shown.length).toBe(typed + 1);
  expect(held).toEqual(['reserve']);
  disk.low = false;
  clock.advance(roomMs);
  expect(held).toEqual(['reserve', undefined]);
  expect(pty.paused).toBe(false);
  expect(shown).toHaveLength(20);
});

test('below what the policy keeps, a shell in which somebody works is never held', () => {
  const { disk, clock, pty, shown, held } = onDisk();
  disk.low = true;
  for (let n = 0; n < 500; n++) {
    pty.print(Buffer.alloc(900, 'y'));
    clock.advance(roomMs);
  }
  expect(shown).toHaveLength(500);
  expect(held).toEqual([]);
});

test('a flood that has waited, and is quiet now, is not held any more', () => {
  const { disk, clock, pty, held } = onDisk();
  disk.low = true;
  for (let n = 0; n < 5; n++) pty.print(BATCH);
  expect(held).toEqual(['reserve']);
  clock.advance(400 * roomMs);
  expect(held).toEqual(['reserve', undefined]);
  expect(pty.paused).toBe(false);
});

test('reads nothing while a lock has the processor, and goes on by itself; whoever shows the output is not asked for less for it', () => {
  const { clock, session, pty } = onDisk();
  session.pauseFor(250);
  expect(pty.paused).toBe(true);
  clock.advance(100);
  // Another one does not make it longer.
  session.pauseFor(250);
  clock.advance(149);
  expect(pty.paused).toBe(true);
  clock.advance(1);
  expect(pty.paused).toBe(false);
  session.pause();
  session.pauseFor(250);
  clock.advance(250);
  expect(pty.paused).toBe(true);
  session.resume();
  expect(pty.paused).toBe(false);
});
