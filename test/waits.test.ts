/**
 * How window tests wait. What stands on a page before a step cannot be waited for after it: such a wait ends at once, and what follows comes too early on a
 * busy machine alone, where nobody finds out why. `brings` (test/support/brings.ts) looks before the step too. Two forms that go around it are refused here.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** A text that every text has: `/./`, `/.+/`. */
const anything = /(?:getBy\w+|hasText:|locator)\s*\(?\s*(?:\{[^}]*)?\/\.[*+]?\//;
const step = /^await (?!brings\()[^;]*(?:\.(?:press|click|type|check|selectOption)|\b(?:prefix|paste))\([^;]*\)$/;
const wait = /^await (?!brings\()[^;]*\.(?:waitFor\((?:\{ timeout: \w+ \})?\)|waitForSelector\('[^']*'\))$/;

interface Found {
  readonly line: number;
  readonly why: string;
}

/** As prettier sets it: a statement ends with its line. */
function refused(text: string): Found[] {
  const found: Found[] = [];
  let before = '';
  let line = 1;
  for (const part of text.split(/;\n/)) {
    const from = [...part.matchAll(/^ *await /gm)].at(-1)?.index ?? 0;
    const statement = part
      .slice(from)
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/ (?=\.)/g, '')
      .trim();
    const at = line + part.slice(0, from).split('\n').length - 1;
    if (anything.test(part)) found.push({ line: at, why: 'waits for any text' });
    if (wait.test(statement) && step.test(before)) found.push({ line: at, why: 'waits after a step: brings(step, what)' });
    before = statement;
    line += part.split('\n').length;
  }
  return found;
}

test('each form is found', () => {
  const of = (...lines: string[]): string[] => refused(lines.map((each) => `${each};\n`).join('')).map(({ line, why }) => `${line} ${why}`);
  expect(of("await page.keyboard.press('Enter')", "await dialog().getByText('Done.').waitFor()")).toEqual(['2 waits after a step: brings(step, what)']);
  expect(of('await prefix()', "await page.waitForSelector('.band')")).toEqual(['2 waits after a step: brings(step, what)']);
  expect(of("await page\n  .getByRole('button', { name: 'Next' })\n  .click()", "await page\n  .getByRole('radio')\n  .waitFor()")).toEqual([
    '4 waits after a step: brings(step, what)',
  ]);
  expect(of("await prove('x')", "await page.getByRole('status').getByText(/./).waitFor()")).toEqual(['2 waits for any text']);
  expect(of("await page.keyboard.press('Escape')", "await page.waitForSelector('.band', { state: 'detached' })")).toEqual([]);
  expect(of("await brings(() => page.keyboard.press('a'), page.locator('.b'))", "await page.locator('.c').waitFor()")).toEqual([]);
});

test.each(
  ['test/renderer', 'test/e2e'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  ),
)('%s waits for what its steps bring', (file) => {
  expect(refused(readFileSync(join(root, file), 'utf8'))).toEqual([]);
});
