import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitTable } from '../cli/exit.ts';
import { failureTable } from '../export/failures.ts';
import { eventTableText } from './table-text.ts';

/** Prettier pads the columns of the page: only the words count. */
const words = (text: string): string => text.replace(/ *\| */g, '|').replace(/-{3,}/g, '---');
const page = words(readFileSync(join(import.meta.dirname, '../../docs/format.md'), 'utf8'));

test('docs/format.md has every event, failure and exit status as the tables have them', () => {
  for (const line of eventTableText().split('\n')) expect(page).toContain(words(line));
  for (const { code, status, sentence } of failureTable) expect(page).toContain(words(`| ${status} | \`${code}\` | ${sentence} |`));
  for (const { status, help } of exitTable) expect(page).toContain(words(`| ${status} | ${help} |`));
});
