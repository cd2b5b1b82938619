import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventCode, RecordingEvent } from '../recording/types.ts';
import { commandIn, transcribe, type CommandLine } from './transcript.ts';

async function* batches(events: readonly (readonly [atMs: number, data: string, code?: EventCode])[]): AsyncGenerator<{ events: RecordingEvent[] }> {
  yield { events: [{ code: 'r', timeUs: 0, data: Buffer.from('40x4') }] };
  for (const [atMs, data, code = 'o'] of events) yield { events: [{ code, timeUs: atMs * 1000, data: Buffer.from(data) }] };
}

async function read(events: Parameters<typeof batches>[0]): Promise<{ lines: string[]; times: number[]; commands: readonly CommandLine[] }> {
  const lines: string[] = [];
  const times: number[] = [];
  const { commands } = await transcribe(batches(events), (line) => {
    lines.push('gap' in line ? '[gap]' : line.text);
    times.push(line.timeUs / 1000);
  });
  return { lines, times, commands };
}

describe('text', () => {
  test('lines as they scrolled off, then what stood on the screen', async () => {
    const { lines, times } = await read([
      [1, 'one\r\ntwo\r\nthree\r\n'],
      [2, 'four\r\nfive\r\n'],
      [3, 'last'],
    ]);
    expect(lines).toEqual(['one', 'two', 'three', 'four', 'five', 'last']);
    expect(times).toEqual([1, 1, 1, 2, 2, 3]);
  });

  test('a wrapped line is one', async () => {
    expect((await read([[1, `${'a'.repeat(40)}${'b'.repeat(30)}\r\nnext\r\n`]])).lines).toEqual([`${'a'.repeat(40)}${'b'.repeat(30)}`, 'next']);
  });

  test('a screen that is cleared is told before, and the alternate one when it is left', async () => {
    const { lines } = await read([
      [1, 'before\r\n$ clear'],
      [2, '\x1b[H\x1b[2J$ vi'],
      [3, '\x1b[?1049h\x1b[2;1Hin vi\x1b[?1049l'],
      [4, '\r\n$ '],
    ]);
    expect(lines).toEqual(['before', '$ clear', '', 'in vi', '$ vi', '$']);
  });

  test('more lines than are kept, in one chunk', async () => {
    const { lines } = await read([[1, Array.from({ length: 30_000 }, (_, n) => `${n}\r\n`).join('')]]);
    expect(lines).toEqual(Array.from({ length: 30_000 }, (_, n) => String(n)));
  });

  test('after a full reset too', async () => {
    expect((await read([[1, `${'x\r\n'.repeat(6)}\x1bc${'y\r\n'.repeat(6)}`]])).lines).toEqual([
      ...Array.from({ length: 6 }, () => 'x'),
      ...Array.from({ length: 6 }, () => 'y'),
    ]);
  });

  test('over changes of size each line is told once, in its order, and with the time at which it came', async () => {
    const long = 'x'.repeat(35);
    const { lines, times } = await read([
      [1, `${long}1\r\n`],
      [2, `${long}2\r\n`],
      [3, `${long}3\r\n`],
      // Each takes two rows now: two lines are off the screen for it.
      [4, '20x4', 'r'],
      [5, 'five\r\n'],
      [6, '60x12', 'r'],
      [7, '40x2', 'r'],
      [8, 'eight'],
      [9, '40x4', 'r'],
    ]);
    expect(lines).toEqual([`${long}1`, `${long}2`, `${long}3`, 'five', 'eight']);
    expect(times).toEqual([1, 2, 3, 5, 8]);
  });

  test('plain lines and random sizes: the text is what was printed', async () => {
    const step = fc.oneof(
      fc.tuple(fc.constant('o' as const), fc.stringMatching(/^[a-z]{1,90}$/)),
      fc.tuple(
        fc.constant('r' as const),
        fc.tuple(fc.integer({ min: 5, max: 100 }), fc.integer({ min: 2, max: 12 })).map(([cols, rows]) => `${cols}x${rows}`),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { lines, times } = await read(steps.map(([code, data], at) => [at + 1, code === 'o' ? `${data}\r\n` : data, code] as const));
        const printed = steps.flatMap(([code, data], at) => (code === 'o' ? [{ data, at: at + 1 }] : []));
        expect(lines).toEqual(printed.map(({ data }) => data));
        expect(times).toEqual(printed.map(({ at }) => at));
      }),
      { numRuns: 60 },
    );
  });

  test('a gap is a row of the text', async () => {
    expect(
      (
        await read([
          [1, 'a\r\n'],
          [2, '{"bytes":5,"reason":"disk"}', 'g'],
          [3, 'b\r\n'],
        ])
      ).lines,
    ).toEqual(['[gap]', 'a', 'b']);
  });
});

describe('command lines', () => {
  test.each([
    ['mara@icu-01:~$ ls -la', 'ls -la'],
    ['[mara@icu-01 srv]# systemctl status', 'systemctl status'],
    ['$ pwd', 'pwd'],
    ['(venv) mara@x:/srv$ make', 'make'],
    ['~ % top', 'top'],
    ['the price is 5 $ a piece', undefined],
    ['Nov 24 14:28:20 if-icu-01 chronyd[611]: Selected > source', undefined],
    ['mara@icu-01:~$ ', undefined],
    ['', undefined],
  ])('%j', (line, command) => expect(commandIn(line)).toBe(command));

  test('recognised by prompts: with its time and length, and no exit that nobody saw', async () => {
    const { commands } = await read([
      [1, 'm@h:~$ '],
      [1000, 'ls'],
      [2000, '\r\n'],
      [2100, 'file\r\nm@h:~$ '],
      [5000, 'exit'],
      [5500, '\r\n'],
    ]);
    expect(commands).toEqual([
      { number: 1, text: 'ls', beganUs: 2_000_000, endedUs: 2_100_000, exit: undefined, by: 'prompt' },
      { number: 2, text: 'exit', beganUs: 5_500_000, endedUs: undefined, exit: undefined, by: 'prompt' },
    ]);
  });

  test('output that looks like a prompt and never waited is none', async () => {
    expect((await read([[1, 'm@h:~$ rm -rf /\r\n']])).commands).toEqual([]);
  });

  const marked = (nonce: string, text: string, exit: number): Parameters<typeof batches>[0] => [
    [10, `\x1b]133;A${nonce}\x07m@h $ \x1b]133;B${nonce}\x07`],
    [20, text],
    [30, `\r\n\x1b]133;C${nonce}\x07out\r\n`],
    [90, `\x1b]133;D;${exit}${nonce}\x07`],
  ];

  test('by the shell’s marks with its nonce', async () => {
    expect((await read(marked(';nonce=k3', 'false', 1))).commands).toEqual([
      { number: 1, text: 'false', beganUs: 30_000, endedUs: 90_000, exit: 1, by: 'shell' },
    ]);
  });

  test('marks without a nonce, or with another one, are any program’s', async () => {
    expect((await read(marked('', 'true', 0))).commands).toMatchObject([{ text: 'true', exit: 0, by: 'marks' }]);
    const { commands } = await read([...marked(';nonce=k3', 'true', 0), ...marked(';nonce=zz', 'forged', 0), ...marked('', 'forged too', 0)]);
    expect(commands.map(({ text, by }) => [text, by])).toEqual([
      ['true', 'shell'],
      ['forged', 'marks'],
      ['forged too', 'marks'],
    ]);
  });
});
