import { expect, test, vi } from 'vitest';
import type { TailItem } from '../recording/tail.ts';

/** Bytes of the memory that a small buffer lies in, which is made while the emulator's table is loaded. */
const loading = vi.hoisted(() => ({ memory: [] as number[] }));
vi.mock('@xterm/addon-unicode-graphemes', async (original) => {
  loading.memory.push(Buffer.from('AAAA', 'base64').buffer.byteLength);
  return original();
});

test('the emulator’s table of characters lies in memory of its own, and not in the pool of small buffers, whose beginning it would read', async () => {
  const { screenOf } = await import('./screen.ts');
  async function* items(): AsyncGenerator<TailItem> {
    yield { kind: 'begin', offset: 0, skipped: 0, segments: 1 };
    yield { kind: 'output', offset: 0, bytes: Buffer.from('👩‍⚕️ ward 7') };
  }
  const [first] = await Promise.all([screenOf(items(), { cols: 80, rows: 24 }), screenOf(items(), { cols: 80, rows: 24 })]);
  expect(Buffer.from(first.bytes).toString()).toContain('👩‍⚕️ ward 7');
  expect(loading.memory).toEqual([3]);
  expect(Buffer.poolSize).toBeGreaterThan(0);
});

/** What would stop an emulator as it comes, or hold it up for minutes. It is in a recording once, and is read at every unlock after it. */
test.each([
  ['erases up to the last cell', '\x1b[999;999H\x1b[1J'],
  ['erases so where cells may be protected', '\x1b[999;999H\x1b[?1J'],
  ['scrolls without end', '\x1b[2147483647S'.repeat(50)],
  ['repeats without end', 'x\x1b[2147483647b'.repeat(50)],
  ['puts marks on one letter without end', `e${'\u0301'.repeat(200_000)}`],
])('output that %s leaves a screen that goes on', async (_, hostile) => {
  const { screenOf } = await import('./screen.ts');
  async function* items(): AsyncGenerator<TailItem> {
    yield { kind: 'begin', offset: 0, skipped: 0, segments: 1 };
    yield { kind: 'output', offset: 0, bytes: Buffer.from(`before${hostile}\x1b[H\x1b[2Jand on`) };
  }
  expect(Buffer.from((await screenOf(items(), { cols: 80, rows: 24 })).bytes).toString()).toContain('and on');
});
