import { describe, expect, test } from 'vitest';
import { bundleTarget } from './export.ts';

describe('where a bundle goes, as it is typed in the window', () => {
  test.each([
    ['/media/stick/bundle', '/media/stick/bundle'],
    ['  /media/stick/bundle/ ', '/media/stick/bundle'],
    ['/media/../srv/./b', '/srv/b'],
    ['~/bundle', '/home/ada/bundle'],
  ])('%s', (typed, path) => expect(bundleTarget(typed, '/home/ada')).toBe(path));

  test.each(['out', './out', '../out', '~', '~ada/out', 'C:\\out', '', '/media/\0x'])('%j is refused in words', (typed) => {
    expect(() => bundleTarget(typed, '/home/ada')).toThrow(expect.objectContaining({ code: 'not-a-full-path', message: expect.stringContaining('full path') }));
  });

  test('a home that is no full path is none either', () => {
    expect(() => bundleTarget('~/out', 'relative')).toThrow(expect.objectContaining({ code: 'not-a-full-path' }));
  });
});
