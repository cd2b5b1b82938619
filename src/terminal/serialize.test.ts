/** A screen that was written down and given to a blank terminal is the same screen, and goes on as the same one. */
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { Terminal, type IBufferCell } from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Modes } from './modes.ts';
import { serializeTerminal } from './serialize.ts';

const scrollback = 40;

class Emulator {
  readonly terminal: Terminal;
  readonly modes = new Modes();
  title = '';

  constructor(cols: number, rows: number) {
    this.terminal = new Terminal({ allowProposedApi: true, cols, rows, scrollback, logLevel: 'off' });
    this.terminal.loadAddon(new UnicodeGraphemesAddon() as never);
    this.terminal.onTitleChange((title) => (this.title = title));
  }

  write(bytes: Uint8Array | string): Promise<void> {
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    this.modes.feed(data);
    return new Promise((done) => this.terminal.write(data, done));
  }
}

/** Whatever of an emulator later output could show. @param links false: this emulator forgets a link with the line where it was opened, which a copy cannot know. */
function state({ terminal, modes, title }: Emulator, links: boolean): unknown {
  // oxlint-disable-next-line typescript/no-explicit-any -- the emulator's inside is what is compared
  const core = (terminal as any)._core;
  // oxlint-disable-next-line typescript/no-explicit-any -- likewise
  const attributes = (a: any, saved = false): unknown =>
    a && [
      a.getFgColorMode(),
      a.getFgColor(),
      a.getBgColorMode(),
      a.getBgColor(),
      ...[a.isBold(), a.isDim(), a.isItalic(), a.isBlink(), a.isInverse(), a.isInvisible(), a.isStrikethrough(), a.isOverline()].map(Number),
      // Which underline it would be counts where there is one; DECRC of this emulator does not bring it back.
      a.fg & 0x10000000 && !saved ? (a.extended._ext >>> 26) & 7 : 0,
      // Of a palette's colour the lowest byte counts.
      saved ? 0 : a.extended.underlineColor & (a.extended.underlineColor < 0x3000000 ? 0x30000ff : -1),
      saved || !links ? 0 : core._oscLinkService.getLinkData(a.extended.urlId),
    ];
  const active = terminal.buffer.active.type;
  const screen = (name: 'normal' | 'alternate'): unknown => {
    const buffer = terminal.buffer[name];
    const inner = core._bufferService.buffers[name === 'normal' ? 'normal' : 'alt'];
    const above = name === 'normal' ? 0 : inner.ybase;
    const lines = Array.from({ length: terminal.rows + buffer.baseY - above }, (_, y) => {
      const line = buffer.getLine(above + y);
      if (!line) return undefined;
      const cells = Array.from({ length: terminal.cols }, (_u, x) => line.getCell(x)!);
      // An empty cell and a blank one look the same; at an edge where the next line goes on, one has to be the other.
      // A cell behind half of a wide character that was overwritten is one that is empty.
      const width = (cell: IBufferCell, x: number): number => (cell.getWidth() === 0 && cells[x - 1]?.getWidth() !== 2 ? 1 : cell.getWidth());
      return [y > 0 && line.isWrapped, cells.map((cell, x) => [cell.getChars() || ' ', width(cell, x), attributes(cell)])];
    });
    const shown = name === active ? [inner.x, inner.y, inner.scrollTop, inner.scrollBottom] : 0;
    // Saved below a screen that was made smaller, this emulator's cursor stays out of sight; elsewhere it comes back in the last row.
    const savedY = Math.min(Math.max(0, inner.savedY - inner.ybase), terminal.rows - 1);
    const saved = [Math.min(inner.savedX, terminal.cols - 1), savedY, attributes(inner.savedCurAttrData, true)];
    const tabs = Object.keys(inner.tabs).filter((x) => inner.tabs[x] && Number(x) < terminal.cols);
    return { lines, shown, saved, tabs };
  };
  return {
    active,
    normal: screen('normal'),
    alternate: active === 'alternate' ? screen('alternate') : 0,
    pen: attributes(core._inputHandler._curAttrData),
    private: core.coreService.decPrivateModes,
    ansi: core.coreService.modes,
    hidden: core.coreService.isCursorHidden,
    mouse: [core.coreMouseService.activeProtocol, core.coreMouseService.activeEncoding],
    charset: [core._charsetService.glevel, core._charsetService.charset && Object.keys(core._charsetService.charset).length],
    modes: [modes.charsets(), modes.keyboard('normal'), modes.keyboard('alternate')],
    title,
  };
}

const text = fc.constantFrom(
  'a',
  'hello world',
  'qjx',
  '検査',
  'é',
  'e\u0301',
  '👩‍⚕️',
  '😷',
  ' ',
  'the quick brown fox jumps over',
  '\t',
  '\r\n',
  '\n',
  '\r',
  '\b',
  '\x0e',
  '\x0f',
  '\x85',
);
const n = fc.integer({ min: 0, max: 25 });
const csi = (final: string, ...count: fc.Arbitrary<unknown>[]): fc.Arbitrary<string> =>
  fc.tuple(...count).map((numbers) => `\x1b[${numbers.join(';')}${final}`);
const mode = fc.constantFrom(1, 5, 6, 7, 25, 45, 47, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1048, 1049, 2004);
const control = fc.oneof(
  ...'ABCDEFGHKLMPSTX@`abdeIZ'.split('').map((final) => csi(final, n)),
  // ED without 3: with the lines above, this emulator also moves where the cursor was saved.
  csi('J', fc.constantFrom(0, 1, 2)),
  csi('H', n, n),
  csi('f', n, n),
  csi('r', n, n),
  csi('r'),
  csi('g', fc.constantFrom(0, 3)),
  fc.tuple(mode, fc.constantFrom('h', 'l')).map(([which, how]) => `\x1b[?${which}${how}`),
  fc.constantFrom('\x1b[4h', '\x1b[4l', '\x1b[s', '\x1b[u', '\x1b[!p', '\x1bc', '\x1b[3J', '\x1b=', '\x1b>', '\x1b[>1u', '\x1b[<u', '\x1b[=3;2u'),
  fc.constantFrom('\x1b7', '\x1b8', '\x1bD', '\x1bE', '\x1bM', '\x1bH', '\x1b(0', '\x1b(B', '\x1b)0', '\x1b)A', '\x1bn', '\x1bo', '\x1b*0'),
  fc.constantFrom(
    '\x1b]0;a title\x07',
    '\x1b]2;another\x1b\\',
    '\x1b]8;;http://example.org\x07',
    '\x1b]8;id=7;http://example.org/b\x07',
    '\x1b]8;;\x07',
    '\x1b[4 q',
  ),
);
// Not 59: after it this emulator takes every colour of an underline for RGB. Nor DECALN, whose cells it makes with half of the attributes.
const style = fc
  .array(
    fc.constantFrom(
      '0',
      '1',
      '2',
      '3',
      '4',
      '4:3',
      '5',
      '7',
      '8',
      '9',
      '21',
      '53',
      '31',
      '42',
      '97',
      '105',
      '38;5;200',
      '48;5;17',
      '48;2;1;2;3',
      '38;2;9;8;7',
      '58;5;9',
      '58:2::1:2:3',

      '49',
      '39',
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => `\x1b[${parts.join(';')}m`);
const program = fc.array(fc.oneof({ weight: 3, arbitrary: text }, { weight: 2, arbitrary: style }, { weight: 4, arbitrary: control }), { maxLength: 120 });

const size = fc.record({ cols: fc.integer({ min: 2, max: 30 }), rows: fc.integer({ min: 2, max: 9 }) });

const restores = /^(?:\x1b8|\x1b\[u|\x1b\[\?104[89][hl]|\x1b\[!p)$/;
const shifts = /^(?:\x0e|\x1bn|\x1bo)$/;

test('any screen comes back, and what is printed next looks the same on both', async () => {
  await fc.assert(
    fc.asyncProperty(program, fc.option(size, { nil: undefined }), program, fc.boolean(), async (printed, resized, later, shifting) => {
      // DECRC of this emulator brings a character set back but not which one GL is, so what follows would depend on what was before.
      const [before, after] = [printed, later].map((parts) => parts.filter((part) => !(shifting ? restores : shifts).test(part))) as [string[], string[]];
      // This emulator cuts wide characters in half where it is made narrower.
      const narrow = (part: string): boolean => !resized || !/[^\x00-\x7f]/.test(part);
      const original = new Emulator(24, 6);
      await original.write(before.filter(narrow).join(''));
      if (resized) original.terminal.resize(resized.cols, resized.rows);
      const copy = new Emulator(original.terminal.cols, original.terminal.rows);
      await copy.write(serializeTerminal(original.terminal, original.modes, scrollback));
      expect(state(copy, true)).toEqual(state(original, true));
      // The letter is for REP, which repeats what was printed last: a screen does not say what that was.
      await original.write(`z${after.join('')}`);
      await copy.write(`z${after.join('')}`);
      expect(state(copy, false)).toEqual(state(original, false));
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 60) },
  );
}, 120_000);

/** The copy of an emulator that was written down, and both after the same output. */
async function expectSame(original: Emulator, after: string): Promise<void> {
  const copy = new Emulator(original.terminal.cols, original.terminal.rows);
  await copy.write(serializeTerminal(original.terminal, original.modes, scrollback));
  expect(state(copy, true)).toEqual(state(original, true));
  await original.write(after);
  await copy.write(after);
  expect(state(copy, true)).toEqual(state(original, true));
}

test.each([
  ['an emoji and the colour of its skin, which vim prints apart', '\u{1f469}\x1b[m\u{1f3fd} nurse'],
  ['two letters that make a flag', '\u{1f1e9}\x1b[m\u{1f1ea} x'],
  ['a mark that stands alone', 'e\x1b[31m\u0301\x1b[m x'],
  ['what is one character', '\u{1f469}\u{1f3fd}\u200d\u2695\ufe0f x \u{1f1e9}\u{1f1ea}'],
])('cells that were printed apart stay apart: %s', async (_, printed) => {
  const original = new Emulator(24, 6);
  await original.write(printed);
  await expectSame(original, '\x1b[1;8Hbed 7');
});

// Lines of the alternate screen keep their old length when it becomes narrower: what is beyond the edge is not on the screen.
test('a full-screen program whose pane becomes narrower and wider', async () => {
  // A link is forgotten with the line where it was opened, and with it what its cells have of an underline's colour.
  const plain = program.map((parts) => parts.filter((part) => !/[^\x00-\x7f]|\x1b\]8;/.test(part) && !restores.test(part) && part !== '\x1bc').join(''));
  const turn = fc.tuple(size, plain);
  await fc.assert(
    fc.asyncProperty(plain, fc.array(turn, { minLength: 1, maxLength: 5 }), async (before, turns) => {
      const original = new Emulator(24, 6);
      await original.write(`${before}\x1b[?1049h\x1b[2J\x1b[H${'a long line that wraps '.repeat(5)}`);
      for (const [{ cols, rows }, printed] of turns) {
        original.terminal.resize(cols, rows);
        const copy = new Emulator(cols, rows);
        await copy.write(serializeTerminal(original.terminal, original.modes, scrollback));
        expect(state(copy, true)).toEqual(state(original, true));
        await original.write(printed);
      }
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 60) },
  );
}, 120_000);

test.each([
  ['mouse reports in SGR form', '\x1b[?1000h\x1b[?1006h', ''],
  ['character sets', '\x1b)0\x0eqqq\x0fq', '\x0eqx\x0fq'],
  ['a saved cursor with its colour', '\x1b[3;5H\x1b[31m\x1b7\x1b[0m\x1b[1;1H', '\x1b8red'],
  ['saved cursors of both screens', '\x1b[2;7H\x1b7\x1b[?1049h\x1b[4;3H\x1b[44m\x1b7\x1b[m\x1b[H', '\x1b8x\x1b[?1049l\x1b8y'],
  ['tab stops', '\x1b[3g\x1b[1;4H\x1bH\x1b[1;11H\x1bH\r', '\ta\tb\tc'],
  ['origin mode in a region', '\x1b[2;4r\x1b[?6h\x1b[1;1Htop', '\x1b[1;1HTOP\x1b[9;1Hend\n\n'],
  ['a title', '\x1b]2;räume\x07', ''],
  ['a cursor behind a full row', 'x'.repeat(24), 'y'],
  ['a wrapped row that is empty', 'ward1\x1b[22Gok1\r\n', 'z'],
  ['curly and coloured underline', '\x1b[4:3;58;5;9mwave', 'more'],
  ['a link', '\x1b]8;;http://example.org\x07link', 'more\x1b]8;;\x07'],
  ['the colour in force when the alternate screen was entered', '\x1b[44m\x1b[?1049h\x1b[m text', '\x1b[?1049lafter'],
])('%s', async (_, printed, after) => {
  for (const cols of [24, 10, 31]) {
    const original = new Emulator(24, 6);
    await original.write(printed);
    original.terminal.resize(cols, 6);
    await expectSame(original, after);
  }
});

test('the shape of the cursor', async () => {
  const original = new Emulator(24, 6);
  await original.write('\x1b[5 q');
  const copy = new Emulator(24, 6);
  await copy.write(serializeTerminal(original.terminal, original.modes, scrollback));
  // oxlint-disable-next-line typescript/no-explicit-any -- the emulator's inside is what is compared
  const shape = ({ terminal }: Emulator): unknown => (terminal as any)._core.coreService.decPrivateModes.cursorStyle;
  expect([shape(original), shape(copy)]).toEqual(['bar', 'bar']);
});
