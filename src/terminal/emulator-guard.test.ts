/** The emulator of the pages, without a page. */
import { Terminal as Headless } from '@xterm/headless';
import { Terminal as Shipped } from '@xterm/xterm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guardEmulator } from './emulator-guard.ts';

const rows = 6;
const cols = 20;
const numbers = Array.from({ length: rows }, (_, i) => `line ${i}`).join('\r\n');

const count = fc.oneof(fc.nat(30), fc.constantFrom(65_535, 2_147_483_647, 4_294_967_296));
const sequence = fc
  .tuple(
    fc.constantFrom('', '', '', '?', '>', '!', '='),
    fc.array(count, { maxLength: 3 }),
    fc.constantFrom('', '', '', ' ', '$', '"', "'"),
    fc.constantFrom(...'@ABCDEFGHIJKLMPSTXZ`abcdefghlmnpqrstuvxyz{|}~'),
  )
  .map(([prefix, params, intermediate, final]) => `\x1b[${prefix}${params.join(';')}${intermediate}${final}`);
const piece = fc.oneof(
  { weight: 4, arbitrary: sequence },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\x1b[?1049h', '\x1b[?1049l', '\x1bM', '\x1b#8', '\x1bc', '\x1b7', '\x1b8', '\x1b]0;t\x07', '\x1bP$qm\x1b\\', '\x1b]8;;u\x07'),
  },
  { weight: 2, arbitrary: fc.constantFrom('\r\n\r\n\r\n', 'x'.repeat(50), '検査', '👩‍⚕️', '\b\b', '\t', '\x0b') },
  { weight: 1, arbitrary: fc.string({ maxLength: 10 }) },
);

/** The one that the pages ship, and the one that the terminal's lock and the tests without a page use. */
describe.each([
  ['@xterm/xterm', Shipped],
  ['@xterm/headless', Headless],
])('%s', (_, Terminal) => {
  function setup() {
    const terminal = new Terminal({ allowProposedApi: true, rows, cols, scrollback: 1000, logLevel: 'off' });
    const lost = { times: 0 };
    guardEmulator(terminal, () => lost.times++);
    const write = (bytes: string | Uint8Array): Promise<void> => new Promise((done) => terminal.write(bytes, done));
    const screen = (): string[] => {
      const { active } = terminal.buffer;
      return Array.from({ length: rows }, (_, y) => active.getLine(active.baseY + y)!.translateToString(true));
    };
    return { terminal, lost, write, screen };
  }

  test.each(['I', 'Z', 'L', 'M', 'S', 'T', 'b'])('CSI 2147483647 %s does as much as a screen can show, and no more', async (final) => {
    const most = setup();
    const much = setup();
    const before = `${numbers}\x1b[3;5Hx`;
    for (const [at, count] of [
      [most, final === 'b' ? rows * cols : Math.max(rows, cols)],
      [much, 2_147_483_647],
    ] as const) {
      await at.write(before);
      // Each of a thousand would take seconds, where it did what it says.
      await at.write(`\x1b[${count}${final}`.repeat(1000));
    }
    expect(much.screen()).toEqual(most.screen());
    expect(much.terminal.buffer.active.cursorX).toBe(most.terminal.buffer.active.cursorX);
    expect(much.lost.times).toBe(0);
  });

  test("counts that a screen has are the emulator's own", async () => {
    const { write, screen } = setup();
    await write(`${numbers}\x1b[2;1H\x1b[2L\x1b[1;1Ha\x1b[3b`);
    expect(screen()).toEqual(['aaaa 0', '', '', 'line 1', 'line 2', 'line 3']);
  });

  test.each(['\x1b[1J', '\x1b[?1J'])('%j in the last cell of a fresh screen erases it, and the pane goes on', async (erase) => {
    const { lost, write, screen } = setup();
    await write(`${numbers}\x1b[999;999H${erase}`);
    expect(screen()).toEqual(Array(rows).fill(''));
    await write('\x1b[Hafter');
    expect(screen()[0]).toBe('after');
    await write(`\x1b[2;3H12345\x1b[2;4H\x1b[1J`);
    expect(screen().slice(0, 2)).toEqual(['', '    345']);
    expect(lost.times).toBe(0);
  });

  test('what the emulator throws over is told, and what follows is shown', async () => {
    const { terminal, lost, write, screen } = setup();
    terminal.parser.registerCsiHandler({ final: 'y' }, () => {
      throw new Error('a fault of the emulator');
    });
    await write('before\r\n');
    await write('\x1b[ynever shown');
    await write('after');
    expect(lost.times).toBe(1);
    expect(screen().slice(0, 2)).toEqual(['before', 'after']);
  });

  test('whatever a program prints, the emulator goes on and shows what follows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 60 }), async (pieces) => {
        const { terminal, write, screen } = setup();
        await write(pieces.join(''));
        await write('\x1b\\\x1bc\x1b[Hstill here');
        expect(screen()[0]).toBe('still here');
        terminal.dispose();
      }),
      { numRuns: 500 },
    );
  });

  test('to erase up to the end of a row takes the wrap from the row below, and from no other, however much has scrolled', async () => {
    const { terminal, write } = setup();
    // The first row of the screen and the first of all go on in the next one.
    await write(`${'x'.repeat(2 * cols)}\r\n${numbers}${'\r\n'.repeat(rows)}\x1b[H${'z'.repeat(2 * cols)}`);
    const wrapped = (): number[] =>
      Array.from({ length: terminal.buffer.active.length }, (_, y) => y).filter((y) => terminal.buffer.active.getLine(y)!.isWrapped);
    const before = wrapped();
    const { baseY } = terminal.buffer.active;
    expect(before).toEqual([1, baseY + 1]);
    await write(`\x1b[1;${cols}H\x1b[1J`);
    expect(wrapped()).toEqual(before.filter((y) => y !== baseY + 1));
  });
});
