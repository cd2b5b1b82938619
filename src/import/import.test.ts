/** Files of other programs, read: what each format says, and what none of them may make of a recording. */
import { describe, expect, test } from 'vitest';
import { makers, readBack, type MadeFile } from './fixture.ts';
import { ImportError } from './index.ts';

const session = [
  { after: 0.5, data: Buffer.from('h\u00e9llo \u2014 \ud83e\ude7a\r\n') },
  { after: 1.25, data: Buffer.from('\x1b[31mred\x1b[0m') },
  { after: 0.25, data: Buffer.from('bye\r\n') },
];
const printed = Buffer.concat(session.map(({ data }) => data));

const cast = (...lines: readonly unknown[]): MadeFile => ({
  format: 'asciicast',
  content: Buffer.from(lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join('')),
});
const v2 = { version: 2, width: 100, height: 30 };
const typescript = (content: string, timing: string): MadeFile => ({
  format: 'script',
  content: Buffer.from(`Script started on 2026-11-28 22:20:13+02:00 [TERM="xterm" TTY="/dev/pts/1" COLUMNS="100" LINES="30"]\n${content}`, 'latin1'),
  timing: Buffer.from(timing),
});
const message = (more: object): object => ({ ver: '2.3', host: 'h', rec: 'r', user: 'u', term: 'xterm', session: 1, id: 1, pos: 0, timing: '', ...more });
const tlog = (...messages: readonly object[]): MadeFile => ({
  format: 'tlog',
  content: Buffer.from(messages.map((one) => `${JSON.stringify(one)}\n`).join('')),
});

const refusal = (file: MadeFile): string => {
  try {
    readBack(file);
  } catch (error) {
    if (error instanceof ImportError) return error.message;
    throw error;
  }
  return 'it was read';
};

describe.each(Object.entries(makers))('%s', (_, make) => {
  const file = make(session);

  test('what was printed is read to the byte, with its times, however the bytes come', () => {
    const read = readBack(file);
    expect(read.output.equals(printed)).toBe(true);
    const times = read.events.filter(({ code }) => code === 'o').map(({ us }) => us);
    const first = file.format === 'ttyrec' ? 500_000 : 0;
    expect(times).toEqual([500_000, 1_750_000, 2_000_000].map((us) => us - first));
    expect(readBack(file, [1])).toEqual(read);
    expect(readBack(file, [3, 1, 7])).toEqual(read);
  });

  test('it is known by its beginning', () => {
    expect(readBack({ ...file, format: 'auto' }).head).toEqual(readBack(file).head);
  });

  test('a file that ends in the middle is read up to there, and that is counted', () => {
    const half = readBack({ ...file, content: file.content.subarray(0, file.content.length - (file.format === 'script' ? 80 : 3)) });
    expect(half.tally.torn).toBeGreaterThan(0);
    expect(printed.subarray(0, half.output.length).equals(half.output)).toBe(true);
    expect(half.output.length).toBeLessThan(printed.length);
  });
});

test('what a header says is kept, and is no more than its word', () => {
  const head = { ...v2, timestamp: 1504467315, command: 'ls -la', title: 'Demo', env: { TERM: 'vt100', SHELL: '/bin/zsh' } };
  expect(readBack(cast(head)).head).toEqual({
    code: 'head',
    kind: 'asciicast-v2',
    size: { cols: 100, rows: 30 },
    term: 'vt100',
    command: 'ls -la',
    title: 'Demo',
    claimed: '2017-09-03T19:35:15.000Z',
  });
  expect(readBack(typescript('x\r\n', '0.1 3\n')).head).toMatchObject({ size: { cols: 100, rows: 30 }, term: 'xterm', claimed: '2026-11-28T20:20:13.000Z' });
  expect(readBack(tlog(message({ timing: '=132x50', pos: 500, time: 1504467315.5 }))).head).toMatchObject({
    size: { cols: 132, rows: 50 },
    claimed: '2017-09-03T19:35:15.000Z',
  });
});

test('times that go back, sizes that no terminal has, what was typed and what is not known are left out and counted', () => {
  const read = readBack(
    cast({ ...v2, width: 0 }, [2, 'o', 'a'], [1, 'o', 'b'], [3, 'r', '0x0'], [3, 'r', '90x20'], [4, 'i', 'secret'], [5, 'z', {}], [6, 'o', 'c']),
  );
  expect(read.head.size).toEqual({ cols: 80, rows: 24 });
  expect(read.tally).toMatchObject({ backwards: 1, sizes: 2, typed: 6, unknown: 1, output: 3 });
  expect(read.events.map(({ code, us }) => [code, us])).toEqual([
    ['o', 2_000_000],
    ['r', 6_000_000],
    ['o', 6_000_000],
  ]);
  expect(read.output.toString()).toBe('abc');
});

test('of sizes that follow each other with nothing between them the last one counts', () => {
  const flood = Array.from({ length: 10_000 }, (_, n) => [n, 'r', `${(n % 200) + 1}x24`]);
  const { events } = readBack(cast(v2, [0, 'o', 'a'], ...flood, [10_000, 'o', 'b']));
  expect(events.map(({ code }) => code)).toEqual(['o', 'r', 'o']);
  expect(events[1]).toMatchObject({ size: { cols: 200, rows: 24 } });
});

test('an end that is not the last thing stands as a word, and the last one ends it', () => {
  const { events } = readBack(cast({ version: 3, term: { cols: 80, rows: 24 } }, [0, 'o', 'a'], [1, 'x', '1'], '# a comment\n', [1, 'o', 'b'], [1, 'x', '7']));
  expect(events.map((event) => [event.code, event.us, 'text' in event ? event.text : 'exit' in event ? event.exit : ''])).toEqual([
    ['o', 0, ''],
    ['m', 2_000_000, 'exit 1'],
    ['o', 2_000_000, ''],
    ['x', 3_000_000, 7],
  ]);
});

describe('script', () => {
  test('signals, sizes, what was typed into the same file, and the status', () => {
    const timing = [
      'H 0.000000 OUTPUT_LOG both',
      'H 0.000000 INPUT_LOG both',
      'O 0.5 2',
      'I 0.1 3',
      'S 0.1 SIGWINCH ROWS=40 COLS=120',
      'O 0.1 2',
      'S 0.1 SIGTERM',
      'H 0.000000 EXIT_CODE 3',
      '',
    ].join('\n');
    const { events, output, tally } = readBack(typescript('ab\x03\x04\x05cd\nScript done on 2026-11-28 [COMMAND_EXIT_CODE="3"]\n', timing));
    expect(output.toString()).toBe('abcd');
    expect(tally).toMatchObject({ typed: 3, untimed: 0 });
    expect(events.map(({ code }) => code)).toEqual(['o', 'r', 'o', 'm', 'x']);
    expect(events.at(-1)).toMatchObject({ exit: 3 });
  });

  test('output that the timing file does not speak of is kept, with the last time, and its last line is not output', () => {
    const rest = 'z'.repeat(20_000);
    const { output, tally, events } = readBack(typescript(`ab${rest}\nScript done on 2026-11-28\n`, '1.5 2\n'));
    expect(output.toString()).toBe(`ab${rest}`);
    expect(tally.untimed).toBe(rest.length);
    expect(events.every(({ us }) => us === 1_500_000)).toBe(true);
  });

  test('without its timing file it is not read', () => {
    expect(refusal({ ...typescript('x', ''), timing: undefined as never })).toContain('--timing FILE');
  });
});

test('tlog: text, bytes that are none, what was typed, delays and sizes stand in their order', () => {
  const { events, output, tally } = readBack(
    tlog(
      message({ pos: 10, timing: '=80x24>1+5]2/3<4[1/2>1+7=90x24>1', out_txt: 'a\ufffd\ufffd\ud83e\ude7ac', out_bin: [0xff, 0, 0xfe], in_txt: 'date' }),
      message({ id: 4, pos: 100, timing: '>1', out_txt: 'd' }),
    ),
  );
  expect(output.equals(Buffer.concat([Buffer.from('a'), Buffer.from([0xff, 0, 0xfe]), Buffer.from('\ud83e\ude7acd')]))).toBe(true);
  expect(tally).toMatchObject({ typed: 6, missing: 2 });
  expect(events.map(({ code, us }) => [code, us])).toEqual([
    ['o', 10_000],
    ['o', 15_000],
    ['r', 22_000],
    ['o', 22_000],
    ['o', 100_000],
  ]);
});

const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}\n`;
test.each<readonly [what: string, file: MadeFile, sentence: RegExp]>([
  ['an empty file', cast(''), /the file is empty/],
  ['version 1', cast({ version: 1, width: 80, height: 24, stdout: [] }), /line 1 is of version 1/],
  ['another version', cast({ version: 9 }), /line 1 is no header/],
  ['no size', cast({ version: 2 }), /line 1 does not say how large/],
  ['a header that is an array', cast([1]), /line 1 is no header/],
  ['deep JSON', cast(v2, deep), /line 2 has JSON deeper than 8/],
  ['deep JSON in the header', cast(deep), /line 1 has JSON deeper/],
  ['a line that is not JSON in the middle', cast(v2, 'x\n', [0, 'o', 'a']), /line 2 is not JSON/],
  [
    'a line that is not UTF-8',
    { format: 'asciicast', content: Buffer.from('{"version":2,"width":1,"height":1}\n[0,"o","\xff"]\n', 'latin1') },
    /line 2 is not UTF-8/,
  ],
  ['an event of four parts', cast(v2, [0, 'o', 'a', 1]), /line 2 is not an event/],
  ['a time that is none', cast(v2, ['1', 'o', 'a']), /line 2 has no time/],
  ['a time without an end', cast(v2, '[1e400,"o","a"]\n'), /line 2 has no time/],
  ['a time in another age', cast(v2, [1e12, 'o', 'a']), /more than ten years/],
  ['data that are none', cast(v2, [0, 'o', 5]), /line 2 has data that are not text/],
  ['a size that is none', cast(v2, [0, 'r', '80']), /line 2 has a size that is none/],
  ['a status that is none', cast(v2, [0, 'x', 'zero']), /line 2 has an exit status/],
  [
    'a line without an end',
    { format: 'asciicast', content: Buffer.concat([Buffer.from('{"version":2,"width":1,"height":1}\n'), Buffer.alloc(5 << 20, 'a')]) },
    /Line 2 is longer than/,
  ],
  ['a ttyrec that is too short', { format: 'ttyrec', content: Buffer.alloc(11) }, /shorter than one frame/],
  ['a frame of 4 GiB', { format: 'ttyrec', content: Buffer.from('0000000000000000ffffffff', 'hex') }, /frame 1 has a head that is none/],
  ['a million microseconds', { format: 'ttyrec', content: Buffer.from('0000000040420f0000000000', 'hex') }, /frame 1 has a head that is none/],
  ['no typescript', { format: 'script', content: Buffer.from('hello\n'), timing: Buffer.from('0.1 1\n') }, /does not begin with/],
  ['a timing file that is none', typescript('abc', 'hello\n'), /timing file of script\(1\): line 1/],
  ['a timing file of both kinds', typescript('abc', '0.1 1\nO 0.1 1\n'), /line 2 is not one/],
  ['a timing file with a negative count', typescript('abc', '0.1 -1\n'), /line 1 is not one/],
  ['a message of version 1', tlog(message({ ver: '1' })), /is not a message of version 2/],
  ['a message of another recording', tlog(message({}), message({ id: 2, rec: 's' })), /line 2 is of another recording/],
  ['messages out of order', tlog(message({ id: 2 }), message({ id: 2 })), /line 2 has a message that is not behind/],
  ['a timing that is none', tlog(message({ timing: '>1?', out_txt: 'a' })), /line 1 has a timing that is none/],
  ['more output than there is', tlog(message({ timing: '>999999999', out_txt: 'a' })), /more output than it has/],
  ['more bytes than there are', tlog(message({ timing: ']0/5', out_bin: [1] })), /bytes of output that are none/],
  ['bytes that are none', tlog(message({ timing: ']0/2', out_bin: [1, 256] })), /bytes of output that are none/],
  ['less output than there is', tlog(message({ timing: '>1', out_txt: 'ab' })), /more output than its timing says/],
])('%s is refused with a sentence, and quotes nothing of the file', (_, file, sentence) => {
  expect(refusal(file)).toMatch(sentence);
  expect(refusal(file).length).toBeLessThan(300);
});

test.each(['', 'hello world\n', '{"a":1}\n', '\u0000'.repeat(100), '%PDF-1.7\n', 'commit 0123\n'])('%j is of no format', (text) => {
  expect(refusal({ format: 'auto', content: Buffer.from(text) })).toMatch(/of no format that is read here|is empty/);
});
