import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { exitTable } from '../cli/exit.ts';
import { failureTable } from '../export/failures.ts';
import { eventTableText } from './table-text.ts';

const path = join(import.meta.dirname, '../../docs/format.md');

/** Prettier pads the columns of the page: only the words count. */
const words = (line: string): string => line.replace(/ *\| */g, '|').replace(/-{3,}/g, '---');

/** The tables of the page that are made from tables of ours, each found by its head. */
const tables: readonly (readonly [what: string, lines: readonly string[]])[] = [
  ['events', eventTableText().split('\n')],
  [
    'failures',
    ['| status | code | sentence |', '| --- | --- | --- |', ...failureTable.map(({ code, status, sentence }) => `| ${status} | \`${code}\` | ${sentence} |`)],
  ],
  ['exit statuses', ['| status | meaning |', '| --- | --- |', ...exitTable.map(({ status, help }) => `| ${status} | ${help} |`)]],
];

/** Where a table stands in the page: its first line, and the one behind its last. */
function place(page: readonly string[], head: string): readonly [start: number, end: number] {
  const start = page.findIndex((line) => words(line) === words(head));
  const length = page.slice(start).findIndex((line) => !line.startsWith('|'));
  return [start, length < 0 ? page.length : start + length];
}

test.each(tables)('docs/format.md has the table of %s as ours is (UPDATE_DOCS=1 with this test writes it anew)', async (_, lines) => {
  const page = readFileSync(path, 'utf8').split('\n');
  const [start, end] = place(page, lines[0]!);
  expect(start, 'the table is in the page').toBeGreaterThanOrEqual(0);
  if (process.env['UPDATE_DOCS']) {
    page.splice(start, end - start, ...lines);
    writeFileSync(path, await format(page.join('\n'), { ...(await resolveConfig(path)), filepath: path }));
    return;
  }
  expect(page.slice(start, end).map(words)).toEqual(lines.map(words));
});
