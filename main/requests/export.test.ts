import { describe, expect, test } from 'vitest';
import { fullPath } from './export.ts';

describe('where a bundle goes, as it is typed in the window', () => {
  test.each([
    ['/media/stick/bundle', '/media/stick/bundle'],
    ['  /media/stick/bundle/ ', '/media/stick/bundle'],
    ['/media/../srv/./b', '/srv/b'],
    ['~/bundle', '/home/ada/bundle'],
  ])('%s', (typed, path) => expect(fullPath(typed, '/home/ada', 'export')).toBe(path));

  test.each(['out', './out', '../out', '~', '~ada/out', 'C:\\out', '', '/media/\0x'])('%j is refused in words', (typed) => {
    expect(() => fullPath(typed, '/home/ada', 'export')).toThrow(
      expect.objectContaining({ code: 'not-a-full-path', message: expect.stringContaining('full path') }),
    );
  });

  test('a home that is no full path is none either', () => {
    expect(() => fullPath('~/out', 'relative', 'export')).toThrow(expect.objectContaining({ code: 'not-a-full-path' }));
  });
});
