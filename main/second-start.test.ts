import { expect, test } from 'vitest';
import { windowWords } from './second-start.ts';

test('a second start says what is true of the window', () => {
  const open = { window: true, state: 'unlocked' } as const;
  expect(windowWords(open, open)).toBe('its window is open, and unlocked');
  const locked = { window: true, state: 'locked' } as const;
  expect(windowWords(locked, locked)).toBe('its window is open, and locked');
  expect(windowWords({ ...locked, window: false }, locked)).toBe('its window was brought back, at the lock');
  expect(windowWords(locked, { ...locked, window: false })).toContain('could not be brought back');
});
