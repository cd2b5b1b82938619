import { expect, test } from 'vitest';
import { ProgramTitles } from './titles.ts';

test('a title that a program leaves behind goes with it', () => {
  const titles = new ProgramTitles();
  expect(titles.runs('bash', 0)).toBe('');
  expect(titles.set('notes.txt - VIM', 10_000)).toBe('notes.txt - VIM');
  expect(titles.runs('vim', 10_500)).toBe('notes.txt - VIM');
  expect(titles.runs('bash', 60_000)).toBe('');
  expect(titles.runs('vim', 90_000)).toBe('notes.txt - VIM');
});

test('a shell that sets its title with each prompt has it again at once', () => {
  const titles = new ProgramTitles();
  titles.runs('bash', 0);
  titles.set('ops@db-04: ~', 100);
  expect(titles.runs('bash', 600)).toBe('ops@db-04: ~');
  titles.set('vim: a', 20_000);
  titles.runs('vim', 20_400);
  titles.set('ops@db-04: /srv', 40_000);
  expect(titles.runs('bash', 40_400)).toBe('ops@db-04: /srv');
});

test('a program that sets none shows none, and the shell\u2019s comes back', () => {
  const titles = new ProgramTitles();
  titles.runs('bash', 0);
  titles.set('here', 5_000);
  expect(titles.runs('htop', 20_000)).toBe('');
  expect(titles.runs('bash', 30_000)).toBe('here');
});

test('what a replay after an unlock sets before the first program is told stays', () => {
  const titles = new ProgramTitles();
  titles.set('here', 0);
  expect(titles.runs('bash', 5_000)).toBe('here');
});
