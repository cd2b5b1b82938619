/**
 * What is made from the tables of the product, and so can say nothing else: the `all.ts` of each folder that has one row a file, and pages and
 * tables of docs/. `UPDATE_DOCS=1` with this test makes all of it anew. What reads the tables is imported behind the first tests, which write
 * what it reads.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { allText, foldersOfRows } from './made/indexes.ts';

const root = join(import.meta.dirname, '../..');
const docs = join(root, 'docs');
const update = process.env['UPDATE_DOCS'] !== undefined;

/** A file that is made as a whole. */
async function isMade(path: string, made: string): Promise<void> {
  isAsMade(path, await format(made, { ...(await resolveConfig(path)), filepath: path }));
}

/** The same for a form that has one text alone. */
function isAsMade(path: string, text: string): void {
  if (update) writeFileSync(path, text);
  expect(readFileSync(path, 'utf8')).toBe(text);
}

/** Prettier pads the columns of a page: only the words count. */
const words = (line: string): string => line.replace(/ *\| */g, '|').replace(/-{3,}/g, '---');

/** A table that stands in a page that people write, found by its head. */
async function hasTable(page: string, table: readonly string[]): Promise<void> {
  const path = join(docs, page);
  const lines = readFileSync(path, 'utf8').split('\n');
  const start = lines.findIndex((line) => words(line) === words(table[0]!));
  expect(start, 'the table is in the page').toBeGreaterThanOrEqual(0);
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  const end = length < 0 ? lines.length : start + length;
  if (update) {
    lines.splice(start, end - start, ...table);
    writeFileSync(path, await format(lines.join('\n'), { ...(await resolveConfig(path)), filepath: path }));
    return;
  }
  expect(lines.slice(start, end).map(words)).toEqual(table.map(words));
}

test.each(foldersOfRows)('$folder/all.ts has a line for each $what', async (rows) => {
  await isMade(join(root, rows.folder, 'all.ts'), allText(root, rows));
});

test('docs/commands.md and docs/keys.md: every command with its flags, every option, every key', async () => {
  const { commandsDocument, keysDocument } = await import('./made/commands.ts');
  const { commands } = await import('../../src/mux/commands/index.ts');
  const text = commandsDocument();
  await isMade(join(docs, 'commands.md'), text);
  await isMade(join(docs, 'keys.md'), keysDocument());
  for (const command of commands) {
    expect(text).toContain(`### ${command.name}\n`);
    for (const flag of Object.keys(command.args.values ?? {})) expect(text).toContain(`[-${flag} ${command.args.values?.[flag] ?? ''}]`);
  }
});

test('README.md: every exit status', async () => {
  const { statusesTable } = await import('./made/statuses.ts');
  await hasTable('../README.md', statusesTable());
});

test('docs/roles.md: every permission', async () => {
  const { rolesDocument } = await import('./made/roles.ts');
  const { permissionNames, permissions } = await import('../../src/access/index.ts');
  const text = rolesDocument();
  await isMade(join(docs, 'roles.md'), text);
  for (const name of permissionNames) expect(text, name).toContain(permissions[name].help);
});

test('docs/format.md: events, failures of a verification, exit statuses', async () => {
  const { eventTableText } = await import('./made/events.ts');
  const { failureTable } = await import('../../src/export/failures.ts');
  const { exitTable } = await import('../../src/cli/exit.ts');
  await hasTable('format.md', eventTableText().split('\n'));
  const failures = failureTable.map(({ code, status, sentence }) => `| ${status} | \`${code}\` | ${sentence} |`);
  await hasTable('format.md', ['| status | code | sentence |', '| --- | --- | --- |', ...failures]);
  await hasTable('format.md', ['| status | meaning |', '| --- | --- |', ...exitTable.map(({ status, help }) => `| ${status} | ${help} |`)]);
});

test('docs/events.md: every event with its codes, every alert', async () => {
  const { catalogueDocument } = await import('./made/catalogue.ts');
  await isMade(join(docs, 'events.md'), catalogueDocument());
});

test('docs/wardmux-events.7: the same for man, every row, and nothing that troff would take for its own', async () => {
  const { manPage } = await import('./made/man.ts');
  const { eventTable } = await import('../../src/ledger/events.ts');
  const path = join(docs, 'wardmux-events.7');
  const page = manPage();
  if (update) writeFileSync(path, page);
  expect(readFileSync(path, 'utf8')).toBe(page);
  for (const { action } of eventTable) expect(page).toContain(`\n.TP\n.B ${action.replaceAll('-', '\\-')}\n`);
  expect(page.split('\n').filter((line) => /^[.']/.test(line) && !/^\.(TH|SH|TP|PP|ad|nh|br|B |I |RB |IR |\\")/.test(line))).toEqual([]);
  expect(page.replaceAll(/\\(?:-|e|&|\(cq|")/g, '')).not.toContain('\\');
});

test('docs/wardmux-commands.7: every command, and nothing that troff would take for its own', async () => {
  const { commandsManPage } = await import('./made/commands-man.ts');
  const { commands } = await import('../../src/mux/commands/index.ts');
  const path = join(docs, 'wardmux-commands.7');
  const page = commandsManPage();
  if (update) writeFileSync(path, page);
  expect(readFileSync(path, 'utf8')).toBe(page);
  for (const { name } of commands) expect(page).toContain(`\n.TP\n.B ${name.replaceAll('-', '\\-')}`);
  expect(page.split('\n').filter((line) => /^[.']/.test(line) && !/^\.(TH|SH|TP|PP|ad|nh|br|B |I |RB |RI |IR |BR |\\")/.test(line))).toEqual([]);
});

test('docs/policy.md and docs/policy.schema.json: every field, every preset, and the schema that decides', async () => {
  const { fieldTable, presetTable } = await import('./made/policy.ts');
  const { policyJsonSchema } = await import('../../src/policy/schema.ts');
  await hasTable('policy.md', fieldTable());
  await hasTable('policy.md', presetTable());
  await isMade(join(docs, 'policy.schema.json'), JSON.stringify(policyJsonSchema()));
});

test('docs/siem/sigma.yml: a Sigma rule for each alert', async () => {
  const { sigmaText } = await import('./made/sigma.ts');
  await isMade(join(docs, 'siem/sigma.yml'), sigmaText());
});

test('docs/siem/dashboard.ndjson: pictures over what is sent', async () => {
  const { dashboardText } = await import('./made/dashboard.ts');
  isAsMade(join(docs, 'siem/dashboard.ndjson'), dashboardText());
});
