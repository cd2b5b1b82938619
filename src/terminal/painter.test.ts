/** What was printed for one size, drawn in a terminal of another: the same rows, and nothing of a wrap at the wrong place. */
import { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Painter, type Size } from './painter.ts';
import { ReplayFilter } from './replay-filter.ts';

const emulator = ({ cols, rows }: Size): Terminal => new Terminal({ allowProposedApi: true, cols, rows, scrollback: 1000, logLevel: 'off' });
const write = (terminal: Terminal, data: string | Uint8Array): Promise<void> => new Promise((done) => terminal.write(data, done));

/** Rows of the active buffer with text and looks, without empty ones at the end. */
function rows(terminal: Terminal, from = 0): string[] {
  const { active } = terminal.buffer;
  const all: string[] = [];
  for (let y = from; y < active.length; y++) {
    const line = active.getLine(y)!;
    let row = '';
    for (let x = 0; x < terminal.cols; x++) {
      const cell = line.getCell(x)!;
      if (cell.getWidth() === 0) continue;
      row += cell.isAttributeDefault() ? cell.getChars() || ' ' : `<${cell.getFgColor()},${cell.getBgColor()},${cell.isBold()}>${cell.getChars() || ' '}`;
    }
    all.push(row.trimEnd());
  }
  while (all.at(-1) === '') all.pop();
  return all;
}

/** Draws it, chunk by chunk, through the filter of a replay. */
async function drawn(chunks: readonly (string | Size)[], size: Size, own: Size, before = ''): Promise<Terminal> {
  const terminal = emulator(own);
  await write(terminal, before);
  const filter = new ReplayFilter();
  const painter = await Painter.of(size, () => own);
  for (const chunk of chunks) {
    if (typeof chunk === 'string') painter.feed(Buffer.from(chunk));
    else await painter.resize(chunk);
    await write(terminal, filter.filter(Buffer.from(await painter.draw())));
  }
  await write(terminal, filter.filter(Buffer.from(painter.end())));
  await write(terminal, filter.undo());
  painter.dispose();
  return terminal;
}

/** How vim and readline wrap: the last column is filled, the next character goes to the line below, is taken back, and comes again. */
const wrapped = `\x1b[1;1Hservice-nam e\b\x1b[K\re / port`;

test('a wrap at the recorded width doubles no letter in a wider terminal', async () => {
  const right = emulator({ cols: 12, rows: 4 });
  await write(right, `service-name \re / port`);
  const shown = await drawn([`service-name`, ` \re / port`], { cols: 12, rows: 4 }, { cols: 40, rows: 10 });
  expect(rows(shown)).toEqual(rows(right));
  expect(rows(shown)).toEqual(['service-name', 'e / port']);
  expect(rows(await drawn([wrapped], { cols: 12, rows: 4 }, { cols: 40, rows: 10 }))).toEqual(['service-nam', 'e / port']);
});

test('lines go up into the terminal’s scrollback, from where its cursor was', async () => {
  const lines = Array.from({ length: 40 }, (_, n) => `line ${n}`);
  for (const own of [
    { cols: 80, rows: 30 },
    { cols: 30, rows: 6 },
    { cols: 20, rows: 8 },
  ])
    for (const chunks of [lines.map((line) => `${line}\r\n`), [`${lines.join('\r\n')}\r\n`]])
      expect(rows(await drawn(chunks, { cols: 20, rows: 8 }, own, 'mine\r\n')), JSON.stringify(own)).toEqual(['mine', ...lines]);
});

test('long lines are folded in a narrower terminal, and nothing of them is lost', async () => {
  expect(rows(await drawn(['abcdefghijklmnopqrst\r\n', 'x'], { cols: 20, rows: 5 }, { cols: 8, rows: 5 }))).toEqual(['abcdefgh', 'ijklmnop', 'qrst', 'x']);
});

test('the alternate screen stands in the middle of a larger terminal, and of a smaller one the part with the cursor', async () => {
  const size = { cols: 10, rows: 4 };
  const vim = ['shell', '\x1b[?1049h\x1b[2J\x1b[H1111111111', '\x1b[4;1H4444444444\x1b[4;10H'];
  const large = emulator({ cols: 20, rows: 8 });
  const painter = await Painter.of(size, () => ({ cols: 20, rows: 8 }));
  for (const chunk of vim) {
    painter.feed(Buffer.from(chunk));
    await write(large, await painter.draw());
  }
  expect(rows(large)).toEqual(['', '', '     1111111111', '', '', '     4444444444']);
  painter.feed(Buffer.from('\x1b[?1049l back'));
  await write(large, await painter.draw());
  expect(large.buffer.active.type).toBe('normal');
  expect(rows(large)).toEqual(['shell back']);
  painter.dispose();
  const small = emulator({ cols: 6, rows: 3 });
  const other = await Painter.of(size, () => ({ cols: 6, rows: 3 }));
  other.feed(Buffer.from(vim.join('')));
  await write(small, await other.draw());
  expect(rows(small)).toEqual(['', '', '444444']);
  other.dispose();
});

test('a recording that changed its size is drawn in the new one', async () => {
  const shown = await drawn(['one\r\ntwo\r\n', { cols: 6, rows: 4 }, '123456', ' \r7'], { cols: 12, rows: 4 }, { cols: 40, rows: 10 });
  expect(rows(shown)).toEqual(['one', 'two', '123456', '7']);
});

const functions = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abc \r\n\b\t'), maxLength: 30 }),
  fc.constantFrom(
    '日本',
    '\x1bM',
    '\x1bD',
    '\x1b7',
    '\x1b8',
    '\x1b[K',
    '\x1b[1K',
    '\x1b[J',
    '\x1b[2J',
    '\x1b[H',
    '\x1b[L',
    '\x1b[2M',
    '\x1b[P',
    '\x1b[3@',
    '\x1b[S',
    '\x1b[T',
  ),
  fc.constantFrom(
    '\x1b[?7l',
    '\x1b[?7h',
    '\x1b[4h',
    '\x1b[4l',
    '\x1b[r',
    '\x1b[2;4r',
    '\x1b[?6h',
    '\x1b[?6l',
    '\x1b[1;31m',
    '\x1b[44m',
    '\x1b[0m',
    '\x1b[999C',
    '\x1b[999B',
  ),
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 22 })).map(([y, x]) => `\x1b[${y};${x}H`),
);

test('the screen of a larger terminal ends with the rows of the recorded one, whatever was printed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(functions, { maxLength: 12 }), { maxLength: 8 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 6 }),
      async (chunks, wider, taller) => {
        const size = { cols: 20, rows: 6 };
        const right = emulator(size);
        for (const chunk of chunks) await write(right, chunk.join(''));
        const shown = await drawn(
          chunks.map((chunk) => chunk.join('')),
          size,
          { cols: 20 + wider, rows: 6 + taller },
        );
        expect(rows(shown)).toEqual(rows(right));
      },
    ),
    { numRuns: 100 },
  );
});
