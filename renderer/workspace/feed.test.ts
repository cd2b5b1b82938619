import { expect, test } from 'vitest';
import { PaneFeed, PIECE_BYTES } from './feed.ts';

function setup(again = false) {
  const time = { now: 0, pieceMs: 0 };
  const log: string[] = [];
  const pending: (() => void)[] = [];
  const feed = new PaneFeed(
    {
      queued: () => {},
      write: (bytes, parsed) => {
        log.push(bytes.length > 100 ? `write ${bytes.length} bytes` : `write ${Buffer.from(bytes).toString()}`);
        pending.push(() => {
          time.now += time.pieceMs;
          parsed();
        });
      },
      reset: () => log.push('reset'),
      resize: (cols, rows) => log.push(`resize ${cols}x${rows}`),
    },
    {
      parsed: (offset, live) => log.push(`parsed ${offset}${live ? '' : ' replay'}`),
      caughtUp: (skipped) => log.push(`caught up, ${skipped} skipped`),
      gap: (bytes) => log.push(`gap ${bytes}`),
      unsettled: (until) => log.push(`unsettled until ${until}`),
    },
    again,
    () => time.now,
  );
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      await Promise.resolve();
      pending.shift()?.();
    }
  };
  return { feed, log, settle, time };
}
const bytes = (text: string): Uint8Array => Buffer.from(text);
const output = (offset: number, text: string) => ({ type: 'output', pane: 1, offset, bytes: bytes(text) }) as const;

test('a new pane needs no replay', async () => {
  const { feed, log, settle } = setup();
  feed.receive(output(0, 'ab'));
  feed.receive(output(2, 'cd'));
  await settle();
  expect(log).toEqual(['write ab', 'parsed 2', 'write cd', 'parsed 4']);
  expect(feed.live).toBe(true);
});

test('live output waits for the end of the replay, and what both hold is written once', async () => {
  const { feed, log, settle } = setup();
  feed.receive(output(4, 'efgh'));
  feed.receive({ type: 'screen', pane: 1, offset: 2, cols: 80, rows: 24, bytes: bytes('SCREEN') });
  feed.receive({ type: 'rebuild', pane: 1, offset: 2, bytes: bytes('cd') });
  feed.receive(output(8, 'ij'));
  feed.receive({ type: 'size', pane: 1, offset: 4, cols: 100, rows: 30 });
  feed.receive({ type: 'rebuild', pane: 1, offset: 4, bytes: bytes('ef') });
  feed.receive({ type: 'end', pane: 1, offset: 6, skipped: 7, segments: 1 });
  expect(feed.live).toBe(false);
  await settle();
  expect(log).toEqual([
    'reset',
    'resize 80x24',
    'write SCREEN',
    'parsed 2 replay',
    'write cd',
    'parsed 4 replay',
    'resize 100x30',
    'write ef',
    'parsed 6 replay',
    'caught up, 7 skipped',
    'write gh',
    'parsed 8',
    'write ij',
    'parsed 10',
  ]);
});

test('a replay frame is taken only when it is parsed', async () => {
  const { feed, settle } = setup();
  let taken = false;
  void Promise.resolve(feed.receive({ type: 'rebuild', pane: 1, offset: 0, bytes: bytes('x') })).then(() => (taken = true));
  await Promise.resolve();
  await Promise.resolve();
  expect(taken).toBe(false);
  await settle();
  expect(taken).toBe(true);
});

test('output that is missing between replay and live is said, not hidden', async () => {
  const { feed, log, settle } = setup();
  feed.receive(output(10, 'z'));
  feed.receive({ type: 'end', pane: 1, offset: 6, skipped: 0, segments: 1 });
  await settle();
  expect(log).toEqual(['caught up, 0 skipped', 'gap 4', 'write z', 'parsed 11']);
});

test('a frame that was seen whole is dropped', async () => {
  const { feed, log, settle } = setup();
  feed.receive(output(0, 'abc'));
  feed.receive(output(0, 'abc'));
  await settle();
  expect(log).toEqual(['write abc', 'parsed 3']);
});

test('a large frame is parsed in pieces, and each is told with its own end', async () => {
  const { feed, log, settle } = setup();
  feed.receive(output(0, 'ab'));
  feed.receive({ type: 'output', pane: 1, offset: 2, bytes: new Uint8Array(2 * PIECE_BYTES + 1) });
  await settle();
  expect(log.filter((line) => line.startsWith('parsed'))).toEqual([2, PIECE_BYTES + 2, 2 * PIECE_BYTES + 2, 2 * PIECE_BYTES + 3].map((end) => `parsed ${end}`));
});

test('live output that comes before the end of a replay of nothing leaves no gap', async () => {
  const { feed, log, settle } = setup();
  feed.receive(output(0, 'early'));
  feed.receive({ type: 'end', pane: 1, offset: 0, skipped: 0, segments: 1 });
  await settle();
  feed.receive(output(5, 'later'));
  await settle();
  expect(log.toSorted()).toEqual(['caught up, 0 skipped', 'parsed 10', 'parsed 5', 'write early', 'write later']);
});

test('a program that was started again gets nothing of the one before that comes late', async () => {
  const { feed, log, settle } = setup(true);
  feed.receive(output(700, 'late'));
  feed.receive({ type: 'screen', pane: 1, offset: 2, cols: 80, rows: 24, bytes: bytes('SCREEN') });
  feed.receive({ type: 'rebuild', pane: 1, offset: 2, bytes: bytes('cd') });
  feed.receive({ type: 'end', pane: 1, offset: 700, skipped: 0, segments: 1 });
  feed.receive(output(0, 'new'));
  await settle();
  expect(log).toEqual(['write new', 'parsed 3']);
  expect(feed.live).toBe(true);
});

test('output that was left out: what is carried over is written in its place, and the screen is not true before enough has followed', async () => {
  const { feed, log, settle } = setup();
  feed.receive(output(0, 'ab'));
  feed.receive({ type: 'skip', pane: 1, offset: 2, to: 1000, settled: 1500, bytes: bytes('carried') });
  feed.receive(output(1000, 'cd'));
  await settle();
  expect(log).toEqual(['write ab', 'unsettled until 1500', 'parsed 2', 'write carried', 'parsed 1000', 'write cd', 'parsed 1002']);
});

test('output that was left out while the recording is played back waits its turn', async () => {
  const { feed, log, settle } = setup();
  feed.receive({ type: 'skip', pane: 1, offset: 2, to: 10, settled: 20, bytes: bytes('carried') });
  void feed.receive({ type: 'rebuild', pane: 1, offset: 0, bytes: bytes('ab') });
  void feed.receive({ type: 'end', pane: 1, offset: 2, skipped: 0, segments: 1 });
  expect(log).toEqual([]);
  await settle();
  expect(log.filter((line) => !line.startsWith('parsed'))).toEqual(['write ab', 'caught up, 0 skipped', 'unsettled until 20', 'write carried']);
});

test('output that is costly to parse is parsed in smaller pieces, so that keys have their turn, and in larger ones again', async () => {
  const { feed, log, settle, time } = setup();
  const sizes = (): number[] => log.splice(0).flatMap((line) => Number(/^write (\d+) bytes/.exec(line)?.[1] ?? 0) || []);
  time.pieceMs = 500;
  feed.receive({ type: 'output', pane: 1, offset: 0, bytes: new Uint8Array(3 * PIECE_BYTES) });
  await settle();
  expect(sizes().slice(0, 6)).toEqual([PIECE_BYTES, PIECE_BYTES / 4, PIECE_BYTES / 16, PIECE_BYTES / 64, 1024, 1024]);
  time.pieceMs = 5;
  for (let i = 0; i < 5; i++) await settle();
  feed.receive({ type: 'output', pane: 1, offset: 3 * PIECE_BYTES, bytes: new Uint8Array(4 * PIECE_BYTES) });
  for (let i = 0; i < 5; i++) await settle();
  expect(Math.max(...sizes())).toBe(PIECE_BYTES);
  // However it is cut, all of it is parsed, and then there is nothing more to wait for.
  await feed.drained();
});

test('a character that comes in two frames is written whole, and counts as parsed only then', async () => {
  const { feed, log, settle } = setup();
  const all = Buffer.from('a「受付」b’');
  for (let at = 0; at < all.length; at++) feed.receive({ type: 'output', pane: 1, offset: at, bytes: all.subarray(at, at + 1) });
  for (let i = 0; i < 5; i++) await settle();
  const written = log.filter((line) => line.startsWith('write ') && line.length > 6).map((line) => line.slice(6));
  expect(written).toEqual([...'a「受付」b’']);
  expect(log.filter((line) => line.startsWith('parsed'))).toEqual([1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10, 13, 14, 14, 14, 17].map((at) => `parsed ${at}`));
});
