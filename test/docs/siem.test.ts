/** What docs/siem has for collectors to load fits what is sent: each field of each event has its place, and one of the right type. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventTable } from '../../src/ledger/events.ts';
import { testEvent } from '../../src/ledger/fixture.ts';
import { eventDocument, testDocument } from '../../src/sinks/document.ts';

interface Mapping {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Mapping>>;
}
interface Template {
  readonly index_patterns: readonly string[];
  readonly template: { readonly mappings: Mapping & { readonly dynamic: unknown } };
}

/** Types of a mapping that take a value. */
function fits(type: string, value: unknown): boolean {
  if (type === 'date') return typeof value === 'string' && !Number.isNaN(Date.parse(value));
  if (type === 'long' || type === 'byte') return value === null || Number.isSafeInteger(value);
  if (type === 'flattened' || type === 'flat_object') return typeof value === 'object';
  return (Array.isArray(value) ? value : [value]).every((each) => each === null || typeof each === 'string');
}

function lacking(mapping: Mapping | undefined, value: unknown, path: string): string[] {
  if (!mapping) return [`${path} has no place`];
  if (mapping.type) return fits(mapping.type, value) ? [] : [`${path} is no ${mapping.type}`];
  return Object.entries(value as object).flatMap(([name, each]) => lacking(mapping.properties?.[name], each, `${path}.${name}`));
}

test.each(['elastic', 'opensearch'])('%s-index-template.json has a place for each field of every event', (name) => {
  const template = JSON.parse(readFileSync(join(import.meta.dirname, `../../docs/siem/${name}-index-template.json`), 'utf8')) as Template;
  // The index that is meant where a row names none; a field of a later version is kept, and refuses nothing.
  expect(template.index_patterns).toEqual(['wardmux']);
  const { mappings } = template.template;
  expect(mappings.dynamic).toBe(false);
  const documents = [
    ...eventTable.map(({ action }) =>
      eventDocument({ ...testEvent(7, { action, person: 'p-0a1b2c3d4e5f', outcome: 'failure' }), entered: '2026-11-22T00:00:01.000Z' }, 'ab'.repeat(32), 'ws7'),
    ),
    eventDocument(testEvent(7, { action: 'unlock', outcome: 'failure', detail: { method: 'passphrase', failures: 3 } }), 'ab'.repeat(32), 'ws7'),
    testDocument('w-0123456789ab', '2026-11-29T02:00:00.000Z', 'ws7'),
  ];
  for (const { line: json } of documents) expect(lacking(mappings, JSON.parse(json), '')).toEqual([]);
});
