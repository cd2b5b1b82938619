/**
 * What is left out of a flood changes nothing that a terminal shows: a real emulator gets the whole output, another one what
 * the backlog lets through, with a page that is slow in its own ways. From where the backlog says so, they are the same.
 */
import { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Modes } from '../../terminal/modes.ts';
import { serializeTerminal } from '../../terminal/serialize.ts';
import { FakeClock } from '../../time/clock.fixture.ts';
import { limits, OutputBacklog, type BacklogLimits } from './backlog.ts';

const rows = 5;
const cols = 24;
const scrollback = 30;
/** Small, so that a little output is a flood. */
const small: BacklogLimits = {
  ...limits,
  floodBytes: 50,
  frameBytes: 600,
  enoughBytes: 500,
  dryBytes: 200,
  highWaterBytes: 4000,
  lowWaterBytes: 3000,
  longestBytes: 8000,
  linesKept: scrollback,
  rows,
  blockBytes: 60,
  blockCapacity: 100,
};

const terminal = (): Terminal => new Terminal({ allowProposedApi: true, rows, cols, scrollback, logLevel: 'off' });
const write = (to: Terminal, bytes: Uint8Array | string): Promise<void> => new Promise((done) => to.write(bytes, done));

/** All that can be seen of a terminal, and what later output would make of what cannot. */
async function state(of: Terminal): Promise<unknown> {
  const look = (): unknown => {
    const { active } = of.buffer;
    const lines = Array.from({ length: active.length }, (_, y) => {
      const line = active.getLine(y)!;
      return `${line.isWrapped ? '+' : ' '}${line.translateToString()}`;
    });
    return {
      type: active.type,
      lines,
      serialized: Buffer.from(serializeTerminal(of, new Modes(), scrollback)).toString(),
      x: active.cursorX,
      y: active.cursorY,
      base: active.baseY,
      modes: of.modes,
    };
  };
  const now = look();
  // The saved cursor, the attributes in force, the tab stops, the region.
  await write(of, 'abc\tdef\x1b8restored\r\n\n\n\n\n\nend');
  return { now, later: look() };
}

const words = fc.constantFrom('alpha', 'b', '検査', 'é', '😷', 'a long line that wraps around the edge', '', ' ', '\t|', 'x'.repeat(70));
const newline = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n');
const style = fc.constantFrom('', '31', '0', '1;4', '0;32', '38;5;9', '48;2;1;2;3', '4:3', '58;5;3', '7', '39;49', '00', ';', '9;0');
const line = fc.tuple(words, words, newline).map((parts) => parts.join(''));
const lines = fc.array(line, { minLength: 1, maxLength: 90 }).map((parts) => parts.join(''));
const manyLines = fc.nat(200).map((count) => Array.from({ length: 20 + count }, (_, i) => `line ${i}\r\n`).join(''));
const coloured = fc
  .array(fc.tuple(style, words, newline), { maxLength: 60 })
  .map((parts) => parts.map(([code, word, end]) => `\x1b[${code}m${word}${end}`).join(''));
const number = fc.nat(12);
const motion = fc
  .array(fc.tuple(fc.constantFrom(...'@ABCDEFGHIJKLMPSTXZ`abdef'), fc.array(number, { maxLength: 2 }), words), { maxLength: 12 })
  .map((parts) => parts.map(([final, params, word]) => `\x1b[${params.join(';')}${final}${word}`).join(''));
const region = fc.tuple(fc.nat(6), fc.nat(6), lines, fc.constantFrom('\x1b[r', '\x1b[r', '')).map(([a, b, text, end]) => `\x1b[${a};${b}r${text}${end}`);
const alternate = fc
  .tuple(fc.constantFrom('47', '1047', '1049', '1049', '1049;25'), lines, fc.boolean())
  .map(([mode, text, back]) => `\x1b[?${mode}h\x1b[H${text}${back ? `\x1b[?${mode}l` : ''}`);
const saved = fc
  .tuple(fc.constantFrom('\x1b7', '\x1b[s', ''), fc.oneof(motion, coloured, lines), fc.constantFrom('\x1b8', '\x1b[u', ''))
  .map((parts) => parts.join(''));
const odd = fc.constantFrom(
  ...[
    '\x1bc',
    '\x1b[!p',
    '\x1b(0',
    '\x1b(B',
    '\x1b)0',
    '\x0e',
    '\x0f',
    '\x07',
    '\x08\x08',
    '\x1b[?25l',
    '\x1b[?25h',
    '\x1b[?7l',
    '\x1b[?7h',
    '\x1b[4h',
    '\x1b[4l',
  ],
  ...['\x1b[?6h', '\x1b[?6l', '\x1b[?45h', '\x1b[20h', '\x1bH', '\x1b[g', '\x1b[3g', '\x1bM', '\x1bD', '\x1bE', '\x1b#8', '\x1b[3J', '\x1b[2J', '\x1b[H'],
  ...[
    '\x1b]0;a title\x07',
    '\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\',
    '\x1bP1;2|data\x1b\\',
    '\x1b_app\x1b\\',
    '\x1b]unended\r\n',
    '\x1bX\r\n\r\n',
    '\x1b[?2004h',
  ],
  ...[
    '\x1b[1\r\n2m',
    '\x1b[31',
    '\x1b',
    '\x1b[',
    '\x1b]',
    '\x18',
    '\x1a',
    '\x00',
    '\x7f',
    '\u009b31m',
    '\u009d0;t\u009c',
    '\u0085',
    '\u0090q\r\n',
    '\x1b[?1049h',
    '\x1b[?1049l',
  ],
  ...[
    '\x1b[>4;1m',
    '\x1b[?5W',
    '\x1b[1 q',
    '\x1b[1"q',
    '\x1b[?1;25;1047h',
    '\x1b[?1:1049h',
    `\x1b[?${'1;'.repeat(40)}47h`,
    '\x1b[5;5;5;5;5T',
    '\x1b[1;5r',
    '\x1b[0;0r',
    '\x1b[;r',
  ],
);
const noise = fc.uint8Array({ minLength: 1, maxLength: 12 });
const text = fc
  .oneof(
    { weight: 6, arbitrary: manyLines },
    { weight: 4, arbitrary: lines },
    { weight: 4, arbitrary: coloured },
    { weight: 3, arbitrary: motion },
    { weight: 2, arbitrary: saved },
    { weight: 1, arbitrary: region },
    { weight: 1, arbitrary: alternate },
    { weight: 2, arbitrary: odd },
  )
  .map((value) => new TextEncoder().encode(value));
const piece = fc.oneof({ weight: 12, arbitrary: text }, { weight: 1, arbitrary: noise });
const pace = fc.record({ chunk: fc.integer({ min: 1, max: 700 }), wait: fc.nat(20), parses: fc.nat(900) });

interface Skipped {
  readonly bytes: number;
  readonly settled: number;
  readonly parts: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

/** Sends output through a backlog to a page that parses in fits and starts. */
function through(output: Uint8Array, paces: readonly { readonly chunk: number; readonly wait: number; readonly parses: number }[]): Skipped {
  const clock = new FakeClock();
  const parts: { offset: number; bytes: Uint8Array }[] = [];
  let next = 0;
  let bytes = 0;
  let settled = 0;
  let paused = false;
  /** Parsed by the page: whole parts, in order. */
  let parsed = 0;
  const backlog = new OutputBacklog(
    clock,
    {
      output: (offset, given) => {
        expect(offset).toBe(next);
        const whole = Buffer.concat(given);
        parts.push({ offset, bytes: whole });
        next += whole.length;
      },
      skip: (from, to, until, carry) => {
        expect(from).toBe(next);
        expect(to).toBeGreaterThan(from);
        expect(until).toBeGreaterThan(to);
        parts.push({ offset: to - carry.length, bytes: carry });
        bytes += to - from;
        settled = Math.max(settled, until);
        next = to;
      },
      pause: () => (paused = true),
      resume: () => (paused = false),
    },
    rows,
    small,
  );
  backlog.attach(0);
  let at = 0;
  for (let turn = 0; at < output.length; turn++) {
    const now = paces[turn % paces.length]!;
    if (!paused) {
      const chunk = Uint8Array.from(output.subarray(at, at + now.chunk));
      backlog.add(at, chunk);
      chunk.fill(0);
      at += now.chunk;
    }
    clock.advance(now.wait);
    // Where nothing would go on, the page parses at last.
    parsed = Math.min(next, parsed + (paused ? Math.max(now.parses, 100) : now.parses));
    backlog.acknowledge(parsed);
  }
  backlog.flush();
  expect(next).toBe(output.length);
  return { bytes, settled, parts };
}

test('a terminal shows the same, whatever is left out of a flood', async () => {
  let skipped = 0;
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 24 }), fc.array(pace, { minLength: 1, maxLength: 8 }), async (pieces, paces) => {
      const output = Uint8Array.from(Buffer.concat(pieces));
      const result = through(output, paces);
      expect(result.settled).toBeLessThanOrEqual(output.length);
      const whole = terminal();
      await write(whole, output);
      const page = terminal();
      await write(page, Buffer.concat(result.parts.map(({ bytes }) => bytes)));
      expect(await state(page)).toEqual(await state(whole));
      whole.dispose();
      page.dispose();
      skipped += result.bytes;
      seen += output.length;
    }),
    // A fixed seed: this is held against a program that is not ours. BACKLOG_SEED and BACKLOG_RUNS try others, and more.
    { numRuns: Number(process.env['BACKLOG_RUNS'] ?? 400), seed: Number(process.env['BACKLOG_SEED'] ?? 20261122) },
  );
  // It is worth nothing unless much is left out.
  expect(skipped / seen).toBeGreaterThan(0.1);
});
