/** The quick screen, held against the emulator: with any output, in any size, cut anywhere, it shows the same and tells the same lines at the same moments. */
import type { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import '../../test/support/properties.ts';
import { newEmulator, writeNow } from '../terminal/screen.ts';
import { handOver, takeOver } from './hand-over.ts';
import { KEPT_ROWS, Plane } from './plane.ts';
import { Quick } from './quick.ts';
import { Shown } from './shown.ts';

const RUNS = Number(process.env['RUNS'] ?? 250);
const n = (most: number): fc.Arbitrary<string> => fc.oneof(fc.constant(''), fc.integer({ min: 0, max: most }).map(String));
const words = fc.constantFrom('needle', 'nee', 'dle', 'eedl', ' ', 'a needle b', 'Grün', 'naïve', 'xx', 'needleneedle', 'e', 'n');

/** What the quick screen knows, and what programs print most. */
const known = fc.oneof(
  { weight: 6, arbitrary: words },
  { weight: 2, arbitrary: fc.stringMatching(/^[ -~]{0,90}$/) },
  { weight: 3, arbitrary: fc.constantFrom('\r\n', '\n', '\r', '\b', '\t', '\x0b', '\x0c', '\x07', '\x7f', '\x00', '\x0f') },
  { weight: 2, arbitrary: fc.tuple(n(9), n(60)).map(([y, x]) => `\x1b[${y};${x}H`) },
  {
    weight: 4,
    // With 3J the emulator counts its lines anew.
    arbitrary: fc
      .tuple(n(70), fc.constantFrom(...'ABCDEFG`adeJKX@PLMSTHf'))
      .map(([count, final]) => `\x1b[${final === 'J' && count === '3' ? '' : count}${final}`),
  },
  { weight: 1, arbitrary: fc.tuple(n(9), n(9)).map(([top, bottom]) => `\x1b[${top};${bottom}r`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('\x1b7', '\x1b8', '\x1b[s', '\x1b[u', '\x1bD', '\x1bE', '\x1bM', '\x1b[?1049h', '\x1b[?1049l', '\x1b[?47h', '\x1b[?1047l'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '\r\x1b[1J',
      '\x1b[31m',
      '\x1b[38:2::1:2:3m',
      '\x1b[0;1;4;38;5;9;48;2;1;2;3;7;8;9;1;2;3;4;5;6m',
      '\x1b]0;a needle\x07',
      '\x1b]8;;http://needle\x1b\\',
      '\x1b(B',
      '\x1b=',
      '\x1b[?25l',
      '\x1b[?25;2004h',
      '\x1b[?7h',
      '\x1b[>4;1m',
      '\x1b[2 q',
      '\x1b[6n',
      '\x1b[?J',
      '\x1b[?2K',
      '\x1b[c',
      '\x1b[22;0t',
      '\x1b[?1;12l',
    ),
  },
);

/** All else: a hand-over is asked for, and the state that comes of it is often none that the quick screen takes back. */
const other = fc.oneof(
  fc.constantFrom(
    '患者',
    '👩‍⚕️',
    'e\u0301',
    '\u0301',
    '❤\ufe0f',
    '©\ufe0f',
    '\u{1f1e8}\u{1f1ed}',
    '─│',
    '\u200d',
    '\u00ad',
    '\u0600a',
    '\xad',
    '\x9b5A',
    '\u0085',
    '\u0084',
    '\u0600',
    '\x1b(0qqq',
    '\x1b)0',
    '\x0e',
    '\x1b[4h',
    '\x1b[4l',
    '\x1b[?7l',
    '\x1b[?6h',
    '\x1b[?6l',
    '\x1b[?45h',
    '\x1b[?45l',
    '\x1bH',
    '\x1b[3g',
    '\x1b[2g',
    '\x1b[!p',
    '\x1bc',
    '\x1b#8',
    '\x1b[1"q',
    '\x1b[0"q',
    '\x1b[5b',
    '\x1b[2I',
    '\x1b[1Z',
    '\x1bP$qm\x1b\\',
    '\x1b^needle\x1b\\',
    '\x1b[1;2;3A',
    '\x1b[31\x18m',
    '\x1b[\n5C',
    '\x1b]0;x\x18',
    '\x1b[3J',
    '\x1b[2 @',
    '\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1H',
    '\x1b[99999999999B',
    '\x1b[:3C',
    '\x1b\x1b[C',
    '\x1b[1 A',
  ),
  fc.uint8Array({ maxLength: 6 }),
);

const pieces = (least: number, most: number): fc.Arbitrary<Buffer> =>
  fc
    .array(fc.oneof({ weight: 25, arbitrary: known }, { weight: 1, arbitrary: other }), { minLength: least, maxLength: most })
    .map((all) => Buffer.concat(all.map((one) => Buffer.from(one as string))));
const knownPieces = fc.array(known, { minLength: 5, maxLength: 60 }).map((all) => Buffer.from(all.join('')));
const screens: fc.Arbitrary<Size> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ cols: fc.integer({ min: 2, max: 60 }), rows: fc.integer({ min: 2, max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ cols: fc.constantFrom(40, 80, 132, 200), rows: fc.integer({ min: 2, max: 24 }) }) },
);
/** Where output is cut. */
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 3, maxLength: 9 });

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = Math.min(bytes.length, at + sizes[turn % sizes.length]!);
    yield bytes.subarray(at, end);
    at = end;
  }
}

interface Inside {
  readonly _core: {
    readonly _bufferService: {
      readonly buffers: Record<
        'normal' | 'alt',
        {
          readonly lines: { readonly length: number; get(at: number): { readonly isWrapped: boolean; getTrimmedLength(): number } };
          readonly x: number;
          readonly y: number;
          readonly ybase: number;
          readonly savedX: number;
          readonly savedY: number;
          readonly scrollTop: number;
          readonly scrollBottom: number;
        }
      >;
    };
  };
}

interface State {
  readonly name: string;
  rows: readonly string[];
  numbers: readonly number[];
}

/** All that is exact about an emulator's screens. @param trimmed lines that have gone above what it keeps */
function stateOf(terminal: Terminal, trimmed: number): State[] {
  const alternate = terminal.buffer.active.type === 'alternate';
  return (alternate ? (['normal', 'alt'] as const) : (['normal'] as const)).map((name) => {
    const buffer = (terminal as unknown as Inside)._core._bufferService.buffers[name];
    const api = terminal.buffer[name === 'alt' ? 'alternate' : 'normal'];
    const gone = name === 'alt' ? 0 : trimmed;
    const rows = Array.from({ length: buffer.lines.length }, (_, at) => {
      const line = buffer.lines.get(at);
      const cells = Array.from({ length: line.getTrimmedLength() }, (_, x) => api.getLine(at)!.getCell(x)!.getChars() || '\0').join('');
      return `${line.isWrapped ? '+' : ' '}${cells}`;
    }).slice(-(terminal.rows + KEPT_ROWS));
    // Where the cursor was before another screen was shown is nothing: it has that one's when it comes back.
    const { x, y } = (terminal as unknown as Inside)._core._bufferService.buffers[alternate ? 'alt' : 'normal'];
    return { name, rows, numbers: [x, y, gone + buffer.ybase, buffer.savedX, buffer.savedY + gone, buffer.scrollTop, buffer.scrollBottom] };
  });
}

/** @param whole whether all that stands above the screen is held too */
async function same(size: Size, bytes: Buffer, sizes: readonly number[], whole: boolean): Promise<number> {
  const emulator = await newEmulator(size, 10_000);
  const second = await newEmulator(size, 10_000);
  const quick = new Quick(size.cols, size.rows, 'needle', () => undefined);
  let isQuick = takeOver(second, 0, quick);
  expect(isQuick).toBe(true);
  let [trimmed, taken] = [0, 0];
  for (const chunk of [...cut(bytes, sizes), undefined]) {
    if (chunk) writeNow(emulator, chunk);
    const rest = isQuick && chunk ? quick.feed(chunk, 0, chunk.length, 0) : chunk;
    if (isQuick && (rest || !chunk)) {
      const waiting = chunk ? undefined : quick.takePending();
      trimmed = handOver(quick, second);
      isQuick = false;
      if (waiting) writeNow(second, waiting);
    }
    if (!isQuick && rest) writeNow(second, rest);
    if (isQuick) continue;
    const [shown, all] = [stateOf(second, trimmed), stateOf(emulator, 0)];
    if (/\x1b(?:c|\[3J)/.test(bytes.toString('latin1'))) for (const one of [...shown, ...all]) one.numbers = one.numbers.toSpliced(2, 3);
    // Of what it cannot hold it keeps nothing above the screen.
    if (!whole) for (const [i, one] of all.entries()) one.rows = one.rows.slice(-Math.max(size.rows, shown[i]?.rows.length ?? 0));
    expect(shown).toEqual(all);
    const { currentState } = (second as unknown as { _core: { _inputHandler: { _parser: { currentState: number } } } })._core._inputHandler._parser;
    if (chunk && currentState === 0) isQuick = takeOver(second, trimmed, quick);
    if (isQuick) taken++;
  }
  emulator.dispose();
  second.dispose();
  return taken;
}

test('what it knows it shows as the emulator does, cut anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(screens, knownPieces, cuts, async (size, bytes, sizes) => {
      await same(size, bytes, sizes, true);
    }),
    { numRuns: RUNS },
  );
}, 120_000);

test('what it does not know the emulator shows from there on, and the quick screen takes over what it can hold', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(screens, pieces(5, 60), cuts, async (size, bytes, sizes) => {
      taken += await same(size, bytes, sizes, false);
    }),
    { numRuns: RUNS },
  );
  expect(taken).toBeGreaterThan(RUNS / 5);
}, 120_000);

/** Where a needle stands: on which screen, in which line, behind which text; and the moment at which it was so first. */
class Places {
  readonly all = new Map<string, number>();
  readonly #needle: string;

  constructor(needle: string) {
    this.#needle = needle;
  }

  add(text: string, name: string | number, timeUs: number): void {
    const folded = text.toLowerCase();
    for (let at = folded.indexOf(this.#needle); at >= 0; at = folded.indexOf(this.#needle, at + 1)) {
      const place = `${name}: ${text.slice(0, at + this.#needle.length)}`;
      if (!this.all.has(place)) this.all.set(place, timeUs);
    }
  }
}

async function told(size: Size, parts: readonly Part[], needle: string, numbered: boolean, quick: boolean): Promise<ReadonlyMap<string, number>> {
  const places = new Places(needle);
  const name = (line: number, alternate: boolean): string | number => (alternate ? 'alternate' : numbered ? line : 'normal');
  const shown = await Shown.of(size, {
    text: ({ text, line, alternate, timeUs }) => places.add(text, name(line, alternate), timeUs),
    run: ({ text, line, timeUs }) => {
      for (const [i, one] of text.split('\n').entries()) places.add(one.trimEnd(), name(line + i, false), timeUs);
    },
    ...(quick && { needle }),
  });
  for (const [i, part] of parts.entries()) {
    if (part instanceof Uint8Array) shown.output(part, i);
    else shown.resize(part.cols, part.rows, i);
  }
  shown.end();
  shown.dispose();
  return places.all;
}

/** All that an emulator shows, looked at after each byte. */
async function truth(size: Size, parts: readonly Uint8Array[], needle: string): Promise<ReadonlyMap<string, number>> {
  const terminal = await newEmulator(size, 10_000);
  const places = new Places(needle);
  for (const [i, part] of parts.entries())
    for (const byte of part) {
      writeNow(terminal, Uint8Array.of(byte));
      const { active } = terminal.buffer;
      for (let y = active.baseY; y < active.length;) {
        while (y > 0 && active.getLine(y)!.isWrapped) y--;
        let text = active.getLine(y)!.translateToString(false);
        while (++y < active.length && active.getLine(y)!.isWrapped) text += active.getLine(y)!.translateToString(false);
        places.add(text.trimEnd(), active.type, i);
      }
    }
  terminal.dispose();
  return places.all;
}

interface Size {
  readonly cols: number;
  readonly rows: number;
}
type Part = Uint8Array | Size;

const needles = fc.constantFrom('needle', 'a needle b', 'ee', 'grün', 'n', 'e n', 'ne e');
/** Moves rows: the emulator alone tells them again where the cursor comes to stand in them. */
const moves = /\x1b(?:M|\[\d*[LMST])|\x1b\[\d*;\d*r/g;

test('nothing is told that was not shown, nor before it was', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(screens, knownPieces, cuts, needles, async (size, bytes, sizes, needle) => {
      const parts = [...cut(bytes, sizes)];
      const [hits, real] = [await told(size, parts, needle, false, true), await truth(size, parts, needle)];
      for (const [place, timeUs] of hits) if (!((real.get(place) ?? Infinity) <= timeUs)) expect(real).toContain([place, timeUs]);
      found += hits.size;
    }),
    { numRuns: RUNS },
  );
  expect(found).toBeGreaterThan(RUNS / 2);
}, 120_000);

test('what the emulator alone tells is told, no later, of the same line', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(
      screens,
      pieces(20, 120),
      cuts,
      needles,
      fc.boolean(),
      fc.array(screens, { maxLength: 3 }),
      async (size, bytes, sizes, needle, moved, resizes) => {
        const text = moved ? bytes : Buffer.from(bytes.toString('latin1').replaceAll(moves, ''), 'latin1');
        const parts: Part[] = [...cut(text, sizes)];
        if (moved) for (const [i, one] of resizes.entries()) parts.splice(Math.floor(((i + 1) * parts.length) / 4), 0, one);
        const hits = await told(size, parts, needle, !moved, true);
        // Where a run of text goes on over what stood there, the emulator alone is asked at its end.
        for (const [place, timeUs] of await told(size, parts, needle, !moved, false))
          if (!((hits.get(place) ?? Infinity) <= timeUs)) expect(hits).toContain([place, timeUs]);
        found += hits.size;
      },
    ),
    { numRuns: RUNS },
  );
  expect(found).toBeGreaterThan(RUNS / 2);
}, 120_000);

test('what is printed into a line over a whole screen is looked at where it was printed, and not over all of that line', () => {
  const size = { cols: 500, rows: 400 };
  const text = vi.spyOn(Plane.prototype, 'text');
  const quick = new Quick(size.cols, size.rows, 'needle', () => undefined);
  const printed = Buffer.from(`${'a'.repeat(size.cols * size.rows - 1)}\x1b[H${'\ra'.repeat(1000)}`);
  quick.feed(printed, 0, printed.length, 0);
  quick.look();
  const looked = text.mock.calls.reduce((rows, [from, to]) => rows + to - from, 0);
  expect(looked).toBeGreaterThan(1000);
  // Some 8,000 cells of a line at a time are 17 of these rows.
  expect(looked).toBeLessThan(20 * 1000);
  text.mockRestore();
  quick.dispose();
});
