/** docs/policy.md and docs/policy.schema.json are what the tables and the schema say. UPDATE_DOCS=1 with this test writes them anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { policyFieldNames } from '../types/words.ts';
import { fieldTable, presetTable } from './page.ts';
import { policySchema } from './policy.ts';
import { allowedText, nodesAt, policyJsonSchema, type SchemaNode } from './schema.ts';

const docs = join(import.meta.dirname, '../../docs');
/** Prettier pads the columns of the page: only the words count. */
const words = (line: string): string => line.replace(/ *\| */g, '|').replace(/-{3,}/g, '---');

test.each([
  ['fields', fieldTable()],
  ['presets', presetTable()],
])('docs/policy.md has the table of %s as ours is', async (_, lines) => {
  const path = join(docs, 'policy.md');
  const page = readFileSync(path, 'utf8').split('\n');
  const start = page.findIndex((line) => words(line) === words(lines[0]!));
  expect(start, 'the table is in the page').toBeGreaterThanOrEqual(0);
  const end = start + page.slice(start).findIndex((line) => !line.startsWith('|'));
  if (process.env['UPDATE_DOCS']) {
    page.splice(start, end - start, ...lines);
    writeFileSync(path, await format(page.join('\n'), { ...(await resolveConfig(path)), filepath: path }));
    return;
  }
  expect(page.slice(start, end).map(words)).toEqual(lines.map(words));
});

test('docs/policy.schema.json is the schema that decides', async () => {
  const path = join(docs, 'policy.schema.json');
  const text = await format(JSON.stringify(policyJsonSchema()), { ...(await resolveConfig(path)), filepath: path });
  if (process.env['UPDATE_DOCS']) writeFileSync(path, text);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

/** Every property of a schema, by its path; the inside of a key is RFC 7518's and not ours. */
function properties(node: SchemaNode, path = ''): [string, SchemaNode][] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, part]): [string, SchemaNode][] => {
    const at = path === '' ? name : `${path}.${name}`;
    return [[at, part], ...(name === 'jwk' ? [] : properties(part, at))];
  });
  const inside = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.items ? [node.items] : [])];
  return [...own, ...inside.flatMap((part) => properties(part, path))];
}

test('every field that a policy can have is described, and is in a row of the table of fields', () => {
  const all = properties(policyJsonSchema());
  expect(all.length).toBeGreaterThan(30);
  for (const [path, node] of all) {
    expect(node.description, path).toMatch(/\.$/);
    // Objects are made of their fields; lists are one field.
    if (node.properties === undefined)
      expect(
        policyFieldNames.some((name) => path === name || path.startsWith(`${name}.`)),
        path,
      ).toBe(true);
  }
  for (const name of policyFieldNames) expect(all.map(([path]) => path)).toContain(name);
});

test('the schema refuses what is not known, as we do', () => {
  const objects = (node: SchemaNode): SchemaNode[] => [
    ...(node.properties ? [node] : []),
    ...[...Object.values(node.properties ?? {}), ...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.items ? [node.items] : [])].flatMap(objects),
  ];
  for (const node of objects(policyJsonSchema())) expect((node as { additionalProperties?: unknown }).additionalProperties).toBe(false);
  expect(policySchema.safeParse({}).success).toBe(false);
});

test('what is allowed at a field is said in words', () => {
  const at = (...path: (string | number)[]): string => nodesAt(policyJsonSchema(), path).map(allowedText).join(' / ');
  expect(at('lock', 'idleSeconds')).toBe('a whole number from 30 to 900');
  expect(at('workstation', 'class')).toBe('one of "shared-clinical", "nursing", "it-office", "remote"');
  expect(at('recording', 'input')).toBe('"never"');
  expect(at('workstation', 'name')).toBe('text from 1 to 80 characters');
  expect(at('auditKeys')).toBe('a list from 1 to 16 entries');
  expect(at('anchors', 0, 'port')).toBe('a whole number from 1 to 65535');
  expect(at('lock')).toBe('an object with idleSeconds, warnSeconds, maxHours, clearClipboard');
  expect(at('lock', 'constructor')).toBe('');
});
