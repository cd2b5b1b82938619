/** docs/threat-model.md names what holds each row: the files are there, the named tests are in them, and every attack has its row. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/threat-model.md'), 'utf8');

const cases = readFileSync(join(root, 'docs/manual-tests.md'), 'utf8').replaceAll(/\s+/g, ' ');

/** A file or folder of the clone in backticks, and the names of tests in parentheses behind it. */
const references = [...text.matchAll(/`((?:src|main|renderer|test|native|tools)\/[\w./-]+)`(?: \(((?:"[^"]+"(?:, | and )?)+)\))?/g)].map(
  ([, path, names = '']) => ({ path: path!, names: [...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name!) }),
);
/** Titles are cut in the text where the rest says no more, and a table's rows fill their own in. */
const plain = (words: string): string => words.replaceAll(/[’']/g, "'").replaceAll(/\s+/g, ' ');

function sourceOf(path: string): string {
  const whole = join(root, path);
  if (!statSync(whole).isDirectory()) return readFileSync(whole, 'utf8');
  return readdirSync(whole, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

test('every file that it names is there', () => {
  expect(references.length).toBeGreaterThan(100);
  expect([...new Set(references.map(({ path }) => path))].filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('every test that it names by its words is in the file beside it', () => {
  const named = references.filter(({ names }) => names.length > 0);
  expect(named.length).toBeGreaterThanOrEqual(8);
  const missing = named.flatMap(({ path, names }) => {
    const source = plain(sourceOf(path));
    return names.filter((name) => !source.includes(plain(name))).map((name) => `${path}: ${name}`);
  });
  expect(missing).toEqual([]);
});

test('each of the attacks A1 to A36 has one row, whose state is one of those that the text explains, and each automated one names a test', () => {
  const rows = [...text.matchAll(/^\| A(\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)];
  expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: 36 }, (_, n) => n + 1));
  for (const [row, , , state, where] of rows) {
    expect(state!.trim(), row).toMatch(/^(automated|part|manual|not yet|not defended|by construction)\b/);
    // By its words: a file alone says too little. Whether they are in it the test above asks.
    if (!/^(not|manual)/.test(state!.trim())) expect(where, row).toMatch(/`(test|src|main|renderer)\/[\w./-]+` \("/);
    const [, manual] = /manual-tests\.md, "([^"]+)"/.exec(where!) ?? [];
    expect(manual !== undefined, row).toBe(/\bmanual\b/.test(state!));
    if (manual !== undefined) expect(cases, row).toContain(manual);
  }
});

test('no two threats have one number', () => {
  const numbers = [...text.matchAll(/^### (\d+)\. /gm)].map(([, number]) => Number(number));
  expect(numbers.length).toBeGreaterThan(40);
  expect(numbers).toEqual([...new Set(numbers)]);
});
