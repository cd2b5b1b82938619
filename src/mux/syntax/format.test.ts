/** Formats as conditions have them, and that none takes long or throws. */
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import '../../../test/support/properties.ts';
import { expand, isTrue } from './format.ts';

const values: Readonly<Record<string, string>> = {
  version: '3.5',
  host: 'desk.example',
  a: 'one',
  b: 'two',
  zero: '0',
  pane_current_path: '/srv/feeds/log',
  '@x': 'yes',
  session_name: 'main',
};
const of = (text: string): string => expand(text, (name) => (Object.hasOwn(values, name) ? values[name] : undefined));

it.each([
  ['plain', 'plain'],
  ['#{a}-#{missing}-#{b}', 'one--two'],
  ['##{a}', '#{a}'],
  ['#S', 'main'],
  ['#(id)', '#(id)'],
  ['#{==:#{a},one}', '1'],
  ['#{!=:#{a},one}', '0'],
  ['#{?a,yes,no}#{?zero,yes,no}#{?missing,yes,no}', 'yesnono'],
  ['#{?#{==:#{host},desk.example},here,#{?a,b,c}}', 'here'],
  ['#{?zero,1,a,2,3}', '2'],
  ['#{&&:#{a},#{b}}#{&&:#{a},#{zero}}#{||:#{zero},#{b}}', '101'],
  ['#{!:#{a}}#{!!:#{a}}', '01'],
  ['#{m:desk*,#{host}}#{m:*.example,#{host}}#{m:x*,#{host}}#{m:????.example,#{host}}', '1101'],
  ['#{e|>=|f:#{version},3.2}#{e|<|f:#{version},3.2}#{e|>=:10,9}', '101'],
  ['#{e|+:1,2} #{e|/|f|2:1,3} #{e|/:1,0}', '3 0.33 '],
  ['#{=3:host}#{=-2:host}', 'desle'],
  ['#{b:pane_current_path} #{d:pane_current_path} #{n:a} #{l:#{a}}', 'log /srv/feeds 3 #{a}'],
  ['#{?a,x#,y,z}', 'x,y'],
  ['#{@x}', 'yes'],
  ['#{a', ''],
])('%s is %j', (text, expected) => {
  expect(of(text)).toBe(expected);
});

test('a condition is true where it is neither nothing nor 0', () => {
  expect([isTrue(''), isTrue('0'), isTrue('1'), isTrue('no')]).toEqual([false, false, true, true]);
});

test('any text stands for something, soon', () => {
  const piece = fc.constantFrom('#{', '}', '#', ',', '?', '==:', 'm:', '*', 'a', '#{a}', 'e|+|f:', '&&:', '=3:', '##', '#,');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 80 }), (parts) => {
      expect(of(parts.join('')).length).toBeLessThanOrEqual(16_384);
    }),
    { numRuns: 2000 },
  );
  // Stars that a backtracking matcher would try in every way.
  expect(of(`#{m:${'*a'.repeat(300)}b,${'a'.repeat(3000)}}`)).toBe('0');
  expect(of('#{?a,'.repeat(500) + '}'.repeat(500))).toBe('');
});
