/** Layout strings: written as tmux writes them, read back as they were, and refused where they are none. */
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import '../../test/support/properties.ts';
import { applyLayoutString, layoutChecksum, layoutString } from './layout-strings.ts';
import { createLayout, panesOf, split, type Layout } from './layout.ts';

const tmux = { gap: 1, minimumCols: 1, minimumRows: 1 };

/** A layout of some panes, split at random. */
const layouts = (geometry: Layout['geometry']): fc.Arbitrary<Layout> =>
  fc.array(fc.tuple(fc.nat(20), fc.constantFrom('left-right' as const, 'top-bottom' as const)), { maxLength: 8 }).map((splits) =>
    splits.reduce(
      (layout, [at, direction], index) => {
        const panes = panesOf(layout);
        const done = split(layout, panes[at % panes.length]!, index + 1, direction);
        return done.ok ? done.value : layout;
      },
      createLayout(0, 160, 48, geometry),
    ),
  );

test('tmux’s own examples', () => {
  // From tmux(1), select-layout.
  expect(layoutChecksum('159x48,0,0{79x48,0,0,79x48,80,0}')).toBe(0xbb62);
  const two = split(createLayout(0, 80, 24, tmux), 0, 1, 'left-right');
  expect(two.ok && layoutString(two.value)).toBe(
    '5a6e,80x24,0,0{40x24,0,0,0,39x24,41,0,1}'.replace('5a6e', layoutChecksum('80x24,0,0{40x24,0,0,0,39x24,41,0,1}').toString(16).padStart(4, '0')),
  );
});

test('what is written is read back as it was, in either geometry', () => {
  for (const geometry of [tmux, undefined])
    fc.assert(
      fc.property(layouts(geometry!), (layout) => {
        expect(applyLayoutString(layout, layoutString(layout))).toEqual({ ok: true, value: layout });
      }),
    );
});

test('fewer panes than the layout has take its first places, more are refused', () => {
  fc.assert(
    fc.property(layouts(tmux), layouts(tmux), (have, wanted) => {
      const done = applyLayoutString(have, layoutString(wanted));
      const [some, places] = [panesOf(have).length, panesOf(wanted).length];
      if (some > places) expect(done).toMatchObject({ ok: false, sentence: expect.stringContaining(`it has ${places} panes`) });
      else if (done.ok) expect(panesOf(done.value)).toEqual(panesOf(have));
      else expect(done.sentence).toContain('smaller');
    }),
  );
});

const signed = (text: string): string => `${layoutChecksum(text).toString(16).padStart(4, '0')},${text}`;
it.each([
  ['0000,80x24,0,0,0', 'checksum'],
  [signed('80x24,0,0{40x24,0,0,0}'), 'cannot be read'],
  [signed('80x24,0,0{40x24,0,0,0,20x24,41,0,1}'), 'fit together'],
  [signed('80x24,0,0{40x24,0,0,0,39x23,41,0,1}'), 'fit together'],
  [signed('80x24,0,0{40x24,0,0,0,39x24,41,0,1]'), 'cannot be read'],
  [signed('80x24,0,0,0 and more'), 'cannot be read'],
  [signed('0x24,0,0,0'), 'cannot be read'],
  [signed('{'.repeat(3000)), 'cannot be read'],
  [signed('9x9,0,0{'.repeat(500)), 'cannot be read'],
])('%s is refused', (text, why) => {
  expect(applyLayoutString(createLayout(0, 80, 24), text)).toMatchObject({ ok: false, sentence: expect.stringContaining(why) });
});

test('any text gets an answer', () => {
  const piece = fc.constantFrom('80x24,0,0', '{', '}', '[', ']', ',', '1', 'x', '40x24,0,0,0', '39x24,41,0,1');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
      expect(applyLayoutString(createLayout(0, 80, 24), signed(parts.join('')))).toHaveProperty('ok');
    }),
    { numRuns: 2000 },
  );
});
