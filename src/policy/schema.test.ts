/** The JSON Schema of a policy: it has every field, refuses what we refuse, and says in words what may stand where. */
import { expect, test } from 'vitest';
import { policyFieldNames } from '../types/words.ts';
import { policySchema } from './policy.ts';
import { allowedText, nodesAt, policyJsonSchema, type SchemaNode } from './schema.ts';

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
  expect(at('lock')).toBe('an object with idleSeconds, warnSeconds, maxHours, logoffMinutes, parkMinutes, holdShells, takeOver, listParked, clearClipboard');
  expect(at('lock', 'constructor')).toBe('');
});
