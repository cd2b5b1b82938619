import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bullet, bullets, editedText } from './secret-text.ts';

/** A field as the browser edits it: the selection is replaced by what is typed, or by nothing with what is deleted beside the caret. */
function edit(value: string, start: number, end: number, typed: string, back: number, forth: number): { value: string; caret: number } {
  const [from, to] = start === end && typed === '' ? [Math.max(0, start - back), Math.min(value.length, end + forth)] : [start, end];
  return { value: value.slice(0, from) + typed + value.slice(to), caret: from + typed.length };
}

test('whatever is typed, deleted, replaced or pasted anywhere, the text behind the bullets is what the field would have said', () => {
  const step = fc.record({
    at: fc.nat(),
    length: fc.nat(4),
    typed: fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme', maxLength: 3 }), fc.constant(bullet)),
    back: fc.nat(3),
    forth: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let clear = '';
      let held = '';
      for (const { at, length, typed, back, forth } of steps) {
        const start = at % (clear.length + 1);
        const end = Math.min(clear.length, start + length);
        const shown = edit(bullets(held), start, end, typed, back, forth);
        clear = edit(clear, start, end, typed, back, forth).value;
        held = editedText(held, start, shown.value, shown.caret);
        expect(held).toBe(clear);
      }
    }),
  );
});
