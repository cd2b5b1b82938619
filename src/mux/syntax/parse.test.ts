/** tmux's syntax: what each mark means, which line is named, and that no text makes the parser do anything but answer. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import '../../../test/support/properties.ts';
import { type ConfWorld, type Parsed, parseSyntax } from './parse.ts';
import { quoteCommands, quoteWord, splitWords } from './quote.ts';

const world: ConfWorld = {
  variables: { NAME: 'a value', SPACE: ' ', HOME: '/elsewhere' },
  home: '/home/ada',
  holds: (format) => format === '1' || format === '#{==:#{a},#{a}}',
};

const read = (text: string): Parsed => parseSyntax(text, world);
/** Each command as its line and its words. */
function commands(text: string): (readonly [number, ...string[]])[] {
  const parsed = read(text);
  if (!parsed.ok) throw new Error(`${parsed.line}: ${parsed.sentence}`);
  return parsed.commands.filter(({ skipped }) => skipped === undefined).map(({ line, words }) => [line, ...words]);
}

describe('a configuration', () => {
  it.each<[string, (readonly [number, ...string[]])[]]>([
    [
      'set -g a b\nset c',
      [
        [1, 'set', '-g', 'a', 'b'],
        [2, 'set', 'c'],
      ],
    ],
    [
      'set a \\\n  b # c \\\n d\nset e',
      [
        [1, 'set', 'a', 'b'],
        [4, 'set', 'e'],
      ],
    ],
    ["set a 'x\\\ny'", [[1, 'set', 'a', 'xy']]],
    [
      'set a \\\\\nset b',
      [
        [1, 'set', 'a', '\\'],
        [2, 'set', 'b'],
      ],
    ],
    [
      'a\r\nb c\r\n',
      [
        [1, 'a'],
        [2, 'b', 'c'],
      ],
    ],
    ['a \\\n\\\n\\\nb', [[1, 'a', 'b']]],
    [
      'a x\\\\\\\n\nb',
      [
        [1, 'a', 'x\\'],
        [3, 'b'],
      ],
    ],
    [
      'a ; b;c \\; d',
      [
        [1, 'a'],
        [1, 'b'],
        [1, 'c', ';', 'd'],
      ],
    ],
    ['a $NAME ${NAME}x "$NAME" \'$NAME\' $0 $MISSING', [[1, 'a', 'a value', 'a valuex', 'a value', '$NAME', '$0', '']]],
    ['a ~ ~/x "~/x" \'~\' x~ "a~"', [[1, 'a', '/home/ada', '/home/ada/x', '/home/ada/x', '~', 'x~', 'a~']]],
    ['a "\\u00e4\\U0001F600\\101\\e\\"\\\\\\n"', [[1, 'a', 'ä😀A\x1b"\\\n']]],
    ['a "one\n   two\n  # gone\n  #{kept}"', [[1, 'a', 'one\ntwo\n\n#{kept}']]],
    [
      'bind x {\n  a b ;\n  c "d e"\n}\nf',
      [
        [1, 'bind', 'x', "a b ; c 'd e'"],
        [5, 'f'],
      ],
    ],
    ['bind x { if -F 1 { a } { b { c } } }', [[1, 'bind', 'x', "if -F 1 a 'b c'"]]],
    [
      'select-window -t {last} ; a -t {up-of}',
      [
        [1, 'select-window', '-t', '{last}'],
        [1, 'a', '-t', '{up-of}'],
      ],
    ],
    ['X=one\na $X', [[2, 'a', 'one']]],
    ['X=one a $X', [[1, 'a', 'one']]],
    ['%hidden X=two\na $X', [[2, 'a', 'two']]],
    ['a X=b', [[1, 'a', 'X=b']]],
    ['%if 1\na\n%else\nb\n%endif', [[2, 'a']]],
    [
      '%if 0\na\n%elif 1\nb\n%elif 1\nc\n%else\nd\n%endif\ne',
      [
        [4, 'b'],
        [10, 'e'],
      ],
    ],
    ['%if #{==:#{a},#{a}}\na\n%endif', [[2, 'a']]],
    ['%if "1"\n%if 0\na\n%else\nb\n%endif\n%endif', [[5, 'b']]],
    ['%if 0\nX=lost\n%endif\na x$X', [[4, 'a', 'x']]],
    ['bind x { %if 0 a %else b %endif }', [[1, 'bind', 'x', 'b']]],
    ['a %0 %% %12', [[1, 'a', '%0', '%%', '%12']]],
  ])('%j', (text, expected) => {
    expect(commands(text)).toEqual(expected);
  });

  it.each<[string, number, string]>([
    ['a\nb "c\nd', 2, 'double quote'],
    ["a\n\nb 'c", 3, 'single quote'],
    ['a\nbind x {\n  b\n', 2, 'no closing }'],
    ['a\n}', 2, 'no opening {'],
    ['{ a }', 1, 'where a command should begin'],
    ['a\n%if 1\nb', 2, 'no %endif'],
    ['%endif', 1, 'no %if'],
    ['%if 1\n%else\n%else\n%endif', 3, 'behind the %else'],
    ['%if\na\n%endif', 1, 'needs a format'],
    ['%foo', 1, 'no condition %foo'],
    ['%if #{a\nb\n%endif', 1, 'no closing }'],
    ['a \\u12', 1, 'number behind'],
    ['a \\9\nb \\8\nc \\400', 3, 'number behind'],
    ['a ${x-y}', 1, 'letters, digits'],
    ['a ~root', 1, 'another account'],
    ['%hidden a', 1, 'needs NAME=value'],
    ['a %if 1 b %endif', 1, 'within a command'],
  ])('%j is refused in line %i', (text, line, sentence) => {
    const parsed = read(text);
    expect(parsed).toMatchObject({ ok: false, line });
    if (!parsed.ok) expect(parsed.sentence).toMatch(/^[A-Z%~].*\.$/);
    if (!parsed.ok) expect(parsed.sentence).toContain(sentence);
  });

  it('says which condition kept a command out', () => {
    const parsed = read('%if 0\na\n%if 1\nb\n%endif\n%else\nc\n%endif');
    expect(parsed.ok && parsed.commands).toEqual([
      { line: 2, words: ['a'], skipped: 1 },
      { line: 4, words: ['b'], skipped: 1 },
      { line: 7, words: ['c'] },
    ]);
  });

  it('does not let variables stand for more and more', () => {
    const doubling = `A=xxxxxxxxxxxxxxxx\n${'A=$A$A\n'.repeat(30)}`;
    expect(read(doubling)).toMatchObject({ ok: false, sentence: 'The value of A is too long.' });
    const long = `A=${'x'.repeat(16_000)}\n${'b $A\n'.repeat(1000)}`;
    expect(read(long)).toMatchObject({ ok: false, sentence: expect.stringContaining('more text') });
    expect(read('bind x { '.repeat(2000))).toMatchObject({ ok: false, sentence: expect.stringContaining('nested') });
    const quotes = `${'a { '.repeat(40)}a 'b c'${' }'.repeat(40)}`;
    expect(read(quotes)).toMatchObject({ ok: false, sentence: 'This block is too long.' });
    // A megabyte of line ends, of backslashes and of both: each is read once.
    for (const part of ['\n', '\\', '\\\n', '\\\\\n']) expect(read(`a ${part.repeat(300_000)}`)).toHaveProperty('ok');
    expect(read('%if 1\n'.repeat(2000))).toMatchObject({ ok: false, sentence: expect.stringContaining('nested') });
  });
});

test('words that are quoted are read back, in a configuration and in a line', () => {
  const word = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('%if', '{last}', '~', '$HOME', 'A=b', ';', 'a;', '\n  #x', "it's", '\\', '\\\n'));
  fc.assert(
    fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }), (lines) => {
      const named = lines.map((words) => ['name', ...words]);
      const text = quoteCommands(named);
      for (const from of [world, 'a line', 'a file'] as const) {
        const parsed = parseSyntax(text, from);
        expect(parsed.ok && parsed.commands.map(({ words }) => words)).toEqual(named);
      }
      // A block is its commands again.
      const block = parseSyntax(`bind x {\n${text}\n}`, world);
      const inner = block.ok ? block.commands[0]?.words[2] : undefined;
      const again = parseSyntax(inner ?? '', 'a line');
      expect(again.ok && again.commands.map(({ words }) => words)).toEqual(named);
    }),
    { numRuns: 200 },
  );
});

test('the line that is named is the one where a command begins', () => {
  const filler = fc.constantFrom('', '# a comment', '   ', "set a 'b'", 'set a "b\n c"', 'set a \\\n b', '%if 0\nset x\n%endif', 'bind x {\n a\n}');
  fc.assert(
    fc.property(fc.array(filler, { maxLength: 8 }), (parts) => {
      const before = parts.join('\n');
      const text = `${before}\nmarked here`;
      const line = text.split('\n').length;
      expect(commands(text).find(([, name]) => name === 'marked')).toEqual([line, 'marked', 'here']);
    }),
  );
});

test('any text gets an answer, in time that its length decides', () => {
  const piece = fc.constantFrom(
    ...[
      '%if',
      '%elif',
      '%else',
      '%endif',
      '%hidden',
      '#{',
      '}',
      '{',
      '"',
      "'",
      '\\',
      '\\\n',
      '\n',
      ' ',
      ';',
      '$',
      '${',
      '~',
      '#',
      'A=',
      'bind',
      '\\u',
      '\r',
      '\u00a0',
      '\ud800',
      '1',
      '{last}',
    ],
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
      ),
      (text) => {
        for (const from of [world, 'a line', 'a file'] as const) {
          const parsed = parseSyntax(text, from);
          if (parsed.ok) for (const { line, words } of parsed.commands) expect(line >= 1 && words.length > 0).toBe(true);
          else expect(parsed.line >= 1 && parsed.line <= text.split('\n').length && parsed.sentence.endsWith('.')).toBe(true);
        }
      },
    ),
    { numRuns: 1500 },
  );
});

test('words of a command that hold commands are split as tmux splits them', () => {
  expect(splitWords(['a', ';', 'b', 'c;', 'd\\;', 'e'])).toEqual([['a'], ['b', 'c'], ['d;', 'e']]);
  expect(splitWords([';', 'a', ';'])).toEqual([['a']]);
  expect(quoteWord('%1') + quoteWord('%if')).toBe("%1'%if'");
});
