import { expect, test } from 'vitest';
import { Stage } from './stage.ts';

// The line below the region goes on from one that was scrolled away: the short line that stands before it now was once written full of blanks.
test('lines that scroll in a region over a wrapped line: written down at any byte, the screen goes on as it would have', async () => {
  const wrapped = 'the quick brown fox jumps over the lazy dog and goes on until the screen is full of it, wrapped '.repeat(3);
  const scrolled = Array.from({ length: 12 }, (_, n) => `\r\n\x1b[${30 + (n % 8)}m${n}`).join('');
  const all = Buffer.from(`${wrapped}\x1b[3;6r\x1b[6;1H${scrolled}\x1b[r\x1b[8;1Hover`);
  const size = { cols: 20, rows: 8 };
  const shown = (stage: Stage): string => Buffer.from(stage.screen().bytes).toString();
  let seen = 0;
  for (let at = wrapped.length; at <= all.length; at++) {
    const [one, other] = [await Stage.of(size, 0), await Stage.of(size, 0)];
    one.output(all.subarray(0, at));
    if (one.whole) {
      other.output(one.screen().bytes);
      expect(shown(other), `written down at byte ${at}`).toBe(shown(one));
      one.output(all.subarray(at));
      other.output(all.subarray(at));
      expect(shown(other), `at the end, written down at byte ${at}`).toBe(shown(one));
      seen++;
    }
    one.dispose();
    other.dispose();
  }
  expect(seen).toBeGreaterThan(50);
});
