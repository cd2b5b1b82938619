import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteWord } from '../syntax/quote.ts';
import { fillTemplate, parseLine } from './lexer.ts';

describe('command lines', () => {
  it.each<[string, string[][]]>([
    ['split-window -h', [['split-window', '-h']]],
    ['a b;c  d ; ; e', [['a', 'b'], ['c', 'd'], ['e']]],
    ['a \\; b', [['a', ';', 'b']]],
    [`a 'x y' "p q" r\\ s`, [['a', 'x y', 'p q', 'r s']]],
    [`a 'it'\\''s'`, [['a', "it's"]]],
    [`a "\\"\\\\\\$\\t\\e\\u00e4\\101"`, [['a', '"\\$\t\x1bäA']]],
    [`a '' ""`, [['a', '', '']]],
    ['a # rest ; b', [['a']]],
    ['a "#W" x#y', [['a', '#W', 'x#y']]],
    ['a { b ; c "}" { d } } e', [['a', "b ; c '}' d", 'e']]],
    ['source-file ~/x', [['source-file', '~/x']]],
    ['\u00a0', [['\u00a0']]],
    [
      'a -t {last};b {up-of}',
      [
        ['a', '-t', '{last}'],
        ['b', '{up-of}'],
      ],
    ],
    ['a {last }', [['a', 'last']]],
    ['a\nb\r\nc', [['a'], ['b'], ['c']]],
    ["a '$HOME' '~' 5$", [['a', '$HOME', '~', '5$']]],
    ['', []],
    [' ; ', []],
  ])('%j', (line, words) => {
    expect(parseLine(line)).toEqual({ ok: true, value: words });
  });

  it.each(["a 'x", 'a "x', 'a \\', 'a { b', 'a }', 'a $HOME', 'a "${X}"', 'a ~/x', 'a "\\u12"'])('refuses %j with a sentence', (line) => {
    const parsed = parseLine(line);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.sentence).toMatch(/^[A-Z].*\.$/);
  });

  it('reads back every word that it quotes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (words) => {
        expect(parseLine(words.map(quoteWord).join(' '))).toEqual({ ok: true, value: [words] });
      }),
    );
  });

  it('keeps an answer one word, whatever the template and the answer', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(`rename-window -- '%%'`, 'rename-window -- "%%"', 'rename-window -- %%', `rename-window -- '%1'`),
        fc.string({ unit: 'binary' }),
        (template, answer) => {
          expect(parseLine(fillTemplate(template, answer))).toEqual({ ok: true, value: [['rename-window', '--', answer]] });
        },
      ),
    );
    expect(fillTemplate(`select-window -t ':%%'`, "1' ; kill-window '")).toBe(`select-window -t ':1'\\'' ; kill-window '\\'''`);
    expect(fillTemplate('%%', 'split-window -h ; next')).toBe('split-window -h ; next');
  });

  it('never throws', () => {
    expect(parseLine('\\')).toMatchObject({ ok: false });
    fc.assert(fc.property(fc.string(), (line) => void expect(parseLine(line)).toHaveProperty('ok')));
  });
});
