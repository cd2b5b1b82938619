/** test/README.md says by which test each fault of before is held: each of them is there, under the name that stands there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const lines = readFileSync(join(root, 'test/README.md'), 'utf8').split('\n');
const faults = lines.flatMap((line, n) => (line.startsWith('- ') ? n : []));
const named = lines.flatMap((line) =>
  /^ +- /.test(line) ? [/^ {2}- `(?<file>[^`]+\.test\.ts)`: (?<title>.+)$/.exec(line)?.groups ?? { file: line, title: '' }] : [],
);

test('each fault has a test', () => {
  expect(faults.length).toBeGreaterThan(45);
  for (const n of faults) expect(lines[n + 1], lines[n]).toMatch(/^ {2}- `/);
});

test.each(named)('$file: $title', ({ file = '', title = '' }) => {
  expect(readFileSync(join(root, file), 'utf8').replaceAll("\\'", "'")).toContain(title);
});
