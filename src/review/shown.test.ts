/** What is told as shown, held against an emulator that shows it letter by letter. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import '../../test/support/properties.ts';
import { Shown } from './shown.ts';
import { Stage } from './stage.ts';

async function told(cols: number, rows: number, chunks: readonly Uint8Array[]): Promise<{ texts: string[]; left: string[]; screen: unknown }> {
  const texts: string[] = [];
  const left: string[] = [];
  const shown = await Shown.of({ cols, rows }, { text: ({ text }) => texts.push(text), left: ({ text }) => left.push(text) });
  for (const [n, chunk] of chunks.entries()) shown.output(chunk, n * 1000);
  const { bytes } = shown.stage.screen();
  shown.end();
  shown.dispose();
  return { texts, left, screen: Buffer.from(bytes).toString() };
}

const line = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[ -~]{0,90}$/) },
  { weight: 2, arbitrary: fc.stringMatching(/^[a-z]{0,20}$/).map((text) => `\x1b[3${text.length % 8}m${text}\x1b[0m and \x1b[1;48:5:9mmore`) },
  { weight: 1, arbitrary: fc.constantFrom('患者の記録', 'é', '\x1b[m', '') },
);

test('long runs of plain lines: the same text, lines and screen as letter by letter', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 300, maxLength: 500 }),
      fc.integer({ min: 20, max: 120 }),
      fc.integer({ min: 2, max: 30 }),
      async (lines, cols, rows) => {
        const bytes = Buffer.from(`before\r\n${lines.join('\r\n')}\r\n$ `);
        const quick = await told(cols, rows, [bytes]);
        // So small that no run is long enough.
        const chunks = Array.from({ length: Math.ceil(bytes.length / 999) }, (_, n) => bytes.subarray(n * 999, (n + 1) * 999));
        const slow = await told(cols, rows, chunks);
        expect(quick.screen).toBe(slow.screen);
        expect(quick.left).toEqual(slow.left);
        const texts = new Set(quick.texts);
        expect(slow.left.filter((text) => text !== '' && !texts.has(text))).toEqual([]);
      },
    ),
    { numRuns: 30 },
  );
}, 120_000);

test('plain lines that go over many outputs: joined, each line is told as it is, and with the time at which it stood there', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 300, maxLength: 500 }),
      fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 10, maxLength: 10 }),
      fc.integer({ min: 20, max: 120 }),
      fc.integer({ min: 2, max: 30 }),
      async (lines, sizes, cols, rows) => {
        // No beginning of a line is another line.
        const numbered = lines.map((text, n) => `${String(n).padStart(4, '0')}:${text.padEnd(40, '.')}`);
        const bytes = Buffer.from(`\x1b[${rows};1H${numbered.join('\r\n')}\r\n\x1b[3;1Hover\r\n`);
        const events: Uint8Array[] = [];
        for (let at = 0, n = 0; at < bytes.length; at += sizes[n++ % sizes.length]!) events.push(bytes.subarray(at, at + sizes[n % sizes.length]!));
        const times = async (listener: (tell: (text: string, timeUs: number) => void) => Parameters<typeof Shown.of>[1]): Promise<Map<string, number>> => {
          const all = new Map<string, number>();
          const tell = (text: string, timeUs: number): void => void (all.has(text) || all.set(text, timeUs));
          const shown = await Shown.of({ cols, rows }, listener(tell));
          for (const [n, event] of events.entries()) shown.output(event, n * 1000);
          shown.end();
          shown.dispose();
          return all;
        };
        const joined = await times((tell) => ({
          text: ({ text, timeUs }) => tell(text, timeUs),
          run: ({ text, timeUs }) => {
            runs++;
            for (const one of text.split('\n')) tell(one.trimEnd(), timeUs);
          },
        }));
        const whole: string[] = [];
        const apart = await times((tell) => ({ text: ({ text, timeUs }) => tell(text, timeUs), left: ({ text }) => whole.push(text) }));
        for (const text of whole) if (text !== '') expect([text, joined.get(text)]).toEqual([text, apart.get(text)]);
      },
    ),
    { numRuns: 30 },
  );
  expect(runs).toBeGreaterThan(30);
}, 120_000);

test('whatever is printed, each row that the screen has when an event ends was told', async () => {
  const piece = fc.oneof(
    fc.stringMatching(/^[a-z ]{0,50}$/),
    fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 30 }), fc.stringMatching(/^[A-Z]{1,12}$/))
      .map(([y, x, text]) => `\x1b[${y};${x}H${text}`),
    fc.constantFrom('\r\n', '\r', '\b', '\n', '\x1b[K', '\x1b[2J', '\x1b[A', '\x1b[2D', '\x1bM', '\x1b[L', '\x1b[?1049h', '\x1b[?1049l', '\x1b[2;4r', '\x1b[r'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
      const live = await Stage.of({ cols: 30, rows: 6 }, 0);
      const texts: string[] = [];
      const shown = await Shown.of({ cols: 30, rows: 6 }, { text: ({ text }) => texts.push(text) });
      for (const [n, text] of pieces.entries()) {
        live.output(Buffer.from(text));
        shown.output(Buffer.from(text), n);
        const { active } = live.terminal.buffer;
        const row = active.getLine(active.baseY + active.cursorY)!;
        const words = row.translateToString(true).trimEnd();
        // It was told as it stands now, or a line was that goes on in it.
        if (words !== '') expect(texts.some((one) => one.includes(words))).toBe(true);
      }
      shown.dispose();
      live.dispose();
    }),
    { numRuns: 150 },
  );
});

test('nothing is kept that grows without end', async () => {
  let marks = 0;
  const shown = await Shown.of({ cols: 80, rows: 24 }, { text: () => undefined, mark: () => marks++ });
  for (let n = 0; n < 2000; n++) shown.output(Buffer.from(`\x1b]133;A\x07\x1b]133;B\x07${'x'.repeat(500)}`), n);
  expect(shown.stage.terminal.buffer.normal.length).toBeLessThan(10_000);
  expect(marks).toBe(4000);
  shown.dispose();
});
