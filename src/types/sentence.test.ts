/** Words that were not written for people do not reach them. */
import { expect, test } from 'vitest';
import { StorageFault } from '../disk/fault.ts';
import { Refusal } from './refusal.ts';
import { sentenceOf } from './sentence.ts';

test.each<[unknown, string]>([
  [new Refusal('locked', 'Wardmux is locked.'), 'Wardmux is locked.'],
  [new StorageFault('io', '/x', 'Cannot read /x: it is gone.'), 'Cannot read /x: it is gone.'],
  [new TypeError("Cannot read properties of undefined (reading 'patient')"), '(TypeError)'],
  [Object.assign(new Error("ENOENT: no such file, open '/home/meier/x'"), { code: 'ENOENT' }), '(ENOENT)'],
  [Object.assign(new Error('x'), { code: 'a code with patient text' }), '(Error)'],
  [new SyntaxError('Unexpected token M in "Meier" is not valid JSON'), '(SyntaxError)'],
  ['Meier', '(unknown)'],
  [undefined, '(unknown)'],
])('nobody reads a word of %s that was not written for people', (error, wanted) => {
  const sentence = sentenceOf(error);
  expect(sentence).toContain(wanted);
  expect(sentence).not.toMatch(/meier|patient|undefined|token/i);
  expect(sentence).toMatch(/\.$/);
});
