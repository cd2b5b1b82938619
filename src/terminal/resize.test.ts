/** However narrow a pane becomes, its newest lines and its prompt are there. */
import { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resizeTerminal } from './resize.ts';

const scrollback = 50;

async function narrowed(text: string, from: { cols: number; rows: number }, to: { cols: number; rows: number }): Promise<{ text: string; terminal: Terminal }> {
  const terminal = new Terminal({ allowProposedApi: true, ...from, scrollback, logLevel: 'off' });
  await new Promise<void>((done) => terminal.write(text, done));
  resizeTerminal(terminal, to.cols, to.rows);
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, y) => active.getLine(y)!);
  // Rows that go on are one line again.
  return { terminal, text: lines.map((line, y) => (y > 0 && !line.isWrapped ? '\n' : '') + line.translateToString(!lines[y + 1]?.isWrapped)).join('') };
}

test('one line that is longer than the scrollback, then a narrower pane: the newest lines are kept', async () => {
  for (const length of [49, 55, 60, 80, 300]) {
    const shown = await narrowed(`${'x'.repeat(160 * length)}\r\nnewest 1\r\nnewest 2\r\nready> `, { cols: 160, rows: 40 }, { cols: 78, rows: 40 });
    expect(shown.text.trimEnd().endsWith('x\nnewest 1\nnewest 2\nready>'), String(length)).toBe(true);
    expect(shown.terminal.options.scrollback).toBe(scrollback);
    const { active } = shown.terminal.buffer;
    expect(active.length).toBe(40 + scrollback);
    expect(
      active
        .getLine(active.baseY + active.cursorY)!
        .translateToString(true)
        .trimEnd(),
    ).toBe('ready>');
  }
});

test('of any lines, wide characters among them, the end is the end', async () => {
  const line = fc.oneof(fc.nat(30), fc.nat(4000)).chain((length) => fc.constantFrom('x'.repeat(length), '検'.repeat(length >> 1)));
  const cols = fc.integer({ min: 4, max: 60 });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), cols, cols, async (lines, before, after) => {
      const all = [...lines, 'last', 'rdy'];
      const shown = await narrowed(all.join('\r\n'), { cols: before, rows: 8 }, { cols: after, rows: 8 });
      const { active } = shown.terminal.buffer;
      expect(active.getLine(active.baseY + active.cursorY)!.translateToString(true)).toBe('rdy');
      expect(shown.text.trimEnd().endsWith('last\nrdy')).toBe(true);
    }),
    { numRuns: 200 },
  );
});
