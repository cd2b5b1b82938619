import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Buffers } from './buffers.ts';

test('numbered by class, newest first, and none is seen from another class', () => {
  const buffers = new Buffers();
  buffers.add('clinical', 'Meier', 50);
  buffers.add('general', 'df -h', 50);
  buffers.add('clinical', 'Huber', 50);
  expect(buffers.list('clinical').map(({ name, text }) => `${name} ${text}`)).toEqual(['buffer1 Huber', 'buffer0 Meier']);
  expect(buffers.list('general').map(({ name, text }) => `${name} ${text}`)).toEqual(['buffer0 df -h']);
  expect([buffers.find('general', 'buffer1'), buffers.find('plain')]).toEqual([undefined, undefined]);
  expect(buffers.find('clinical')?.text).toBe('Huber');
});

test('a named one is pasted by its name alone, and is not counted', () => {
  const buffers = new Buffers();
  buffers.set('general', 'mine', 'one', 1);
  expect(buffers.find('general')).toBeUndefined();
  buffers.add('general', 'two', 1);
  buffers.add('general', 'three', 1);
  expect(buffers.list('general').map(({ name }) => name)).toEqual(['buffer1', 'mine']);
  buffers.set('general', 'buffer1', 'four', 1);
  expect(buffers.find('general')).toEqual({ name: 'buffer1', text: 'four', automatic: true });
  expect([buffers.rename('general', undefined, 'mine'), buffers.rename('general', 'gone', 'x')]).toEqual([true, false]);
  expect(buffers.list('general')).toEqual([{ name: 'mine', text: 'four', automatic: false }]);
  expect([buffers.remove('general'), buffers.remove('general', 'mine'), buffers.list('general').length]).toEqual([false, true, 0]);
});

test('whatever is done, a class has its own names once each, no more than the limit, and no more text than there may be', () => {
  const of = fc.constantFrom('clinical', 'general');
  const deed = fc.oneof(
    fc.tuple(fc.constant('add' as const), of, fc.nat(5_000_000)),
    fc.tuple(fc.constant('set' as const), of, fc.nat(9_000_000)),
    fc.tuple(fc.constant('append' as const), of, fc.nat(5_000_000)),
    fc.tuple(fc.constant('remove' as const), of, fc.constant(0)),
  );
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 30 }), (deeds) => {
      const buffers = new Buffers();
      for (const [what, where, size] of deeds) {
        if (what === 'add') buffers.add(where, where.padEnd(size, '.'), 4);
        else if (what !== 'remove') {
          const before = buffers.list(where);
          const newest = what === 'append' ? buffers.find(where) : undefined;
          const text = (newest?.text ?? '') + where.padEnd(size, '.');
          const { kept, gone } = buffers.set(where, newest?.name ?? 'mine', text, 4);
          expect(kept).toBe(text.length <= 8 * 1024 * 1024);
          if (!kept) expect([buffers.list(where), gone]).toEqual([before, 0]);
          else expect(buffers.list(where)[0]!.text.length).toBe(text.length);
        } else buffers.remove(where);
        for (const each of ['clinical', 'general']) {
          const list = buffers.list(each);
          expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
          expect(list.filter(({ automatic }) => automatic).length).toBeLessThanOrEqual(4);
          expect(list.every(({ text }) => text.startsWith(each))).toBe(true);
          expect(list.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(8 * 1024 * 1024);
        }
      }
    }),
  );
});
