import { expect, test } from 'vitest';
import { fold } from './fold.ts';

const sentence = 'wardmux: there is no display, so your shell opens here, in this terminal, sealed into a recording.';

test('lines break between words, and nothing else changes', () => {
  for (const columns of [20, 40, 79, 80, 100]) {
    const folded = fold(sentence, columns);
    expect(folded.split('\n').every((line) => line.length <= columns)).toBe(true);
    expect(folded.replaceAll('\n', ' ')).toBe(sentence);
  }
  expect(fold('one two', 7)).toBe('one two');
  expect(fold('one two', 6)).toBe('one\ntwo');
});

test('a word that is longer than a line stays whole, with its line', () => {
  expect(fold('The folder /srv/hospital/wardmux is not there.', 12)).toBe('The folder\n/srv/hospital/wardmux\nis not\nthere.');
});

test('what has a form of its own is left: several lines, tables, commands, the blank at the end of a question', () => {
  expect(fold('a b\n  apt-get install -y chromium\n\nlong words here', 12)).toBe('a b\n  apt-get install -y chromium\n\nlong words\nhere');
  expect(fold('Where to save it [/home/ada/key.json]: ', 20)).toBe('Where to save it\n[/home/ada/key.json]: ');
});

test('where nobody reads it on a terminal it is one line', () => {
  expect(fold(sentence, undefined)).toBe(sentence);
});
