/** Formats as conditions have them, and that none takes long or throws. */
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import '../../../test/support/properties.ts';
import { expand, isTrue, MOST_STEPS, Steps } from './format.ts';

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
const lookup = (name: string): string | undefined => (Object.hasOwn(values, name) ? values[name] : undefined);
const of = (text: string): string | undefined => expand(text, lookup, new Steps());
/** Steps that a format takes. */
function taken(text: string): number {
  const steps = new Steps();
  expect(expand(text, lookup, steps)).toBeDefined();
  return MOST_STEPS - steps.left;
}
/** `levels` formats, each the first operand of the one around it. */
const nested = (operator: string, levels: number): string =>
  `#{${operator}:`.repeat(levels) + '#{a}' + (['n', 'b', 'd', '=9', '!', '!!'].includes(operator) ? '}' : ',1}').repeat(levels);

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
      expect(of(parts.join(''))!.length).toBeLessThanOrEqual(16_384);
    }),
    { numRuns: 2000 },
  );
  // Stars that a backtracking matcher would try in every way.
  expect(of(`#{m:${'*a'.repeat(300)}b,${'a'.repeat(3000)}}`)).toBe('0');
  expect(of('#{?a,'.repeat(500) + '}'.repeat(500))).toBe('');
});

const operators = ['&&', '||', '==', '!=', '<', '>', '<=', '>=', '!', '!!', 'm', 'e|+', 'n', 'b', 'd', '=9'];

it.each(operators)('an operand of %s is expanded once, however deep it stands', (operator) => {
  const seen: string[] = [];
  const watch = (name: string): string | undefined => {
    seen.push(name);
    return lookup(name);
  };
  expect(expand(nested(operator, 30), watch, new Steps())).toBeDefined();
  expect(seen).toEqual(['a']);
  // Each level reads what is within it: so many characters, and not twice as many with each.
  for (const levels of [30, 200]) {
    const text = nested(operator, levels);
    expect(taken(text)).toBeLessThan(42 * 2 * text.length);
  }
});

test('a pattern and a text are compared within the steps, and no format behind them has any', () => {
  const [pattern, text] = ['a'.repeat(8000), 'a'.repeat(16_000)];
  const long = (name: string): string | undefined => (name === 'pane_index' ? pattern : name === 'A' ? text : undefined);
  const steps = new Steps();
  expect(expand('#{m:*#{pane_index}b,#{A}}', long, steps)).toBeUndefined();
  expect(steps.left).toBe(0);
  expect(expand('#{a}', lookup, steps)).toBeUndefined();
  // What anybody writes is far from that.
  expect(taken('#{&&:#{==:#{host},desk.example},#{m:*desk*,#{host}}}')).toBeLessThan(1000);
});
