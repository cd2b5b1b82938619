/** What docs/siem has for collectors to load fits what is sent: each field of each event has its place, and one of the right type. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventTable } from '../../src/ledger/events.ts';
import { testEvent } from '../../src/ledger/fixture.ts';
import { eventDocument, testDocument } from '../../src/sinks/document.ts';
import { pictures } from './made/dashboard.ts';

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

interface Saved {
  readonly id: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, unknown>> & { readonly kibanaSavedObjectMeta?: { readonly searchSourceJSON: string } };
  readonly references: readonly { readonly name: string; readonly type: string; readonly id: string }[];
  readonly migrationVersion: Readonly<Record<string, string>>;
}
const objects = readFileSync(join(import.meta.dirname, '../../docs/siem/dashboard.ndjson'), 'utf8')
  .split('\n')
  .slice(0, -1)
  .map((one) => JSON.parse(one) as Saved);
const parsedAt = (of: Saved, name: string): unknown => JSON.parse(of.attributes[name] as string);

test('dashboard.ndjson: each object of a known form, named once, behind those that it points to', () => {
  const known = new Set<string>();
  for (const { id, type, references, migrationVersion } of objects) {
    for (const to of references) expect(known.has(`${to.type} ${to.id}`), `${id}: ${to.name}`).toBe(true);
    expect(Object.keys(migrationVersion)).toEqual([type]);
    expect(known.has(`${type} ${id}`)).toBe(false);
    known.add(`${type} ${id}`);
  }
  expect(objects.map(({ type }) => type)).toEqual(['index-pattern', ...pictures.map(() => 'visualization'), 'dashboard']);
  expect(objects[0]!.attributes).toEqual({ title: 'wardmux', timeFieldName: '@timestamp' });
});

test('dashboard.ndjson: panels lie beside each other, and each is one of the pictures', () => {
  const board = objects.at(-1)!;
  const panels = parsedAt(board, 'panelsJSON') as {
    gridData: { x: number; y: number; w: number; h: number; i: string };
    panelIndex: string;
    panelRefName: string;
  }[];
  expect(panels.map(({ panelRefName }) => panelRefName)).toEqual(board.references.map(({ name }) => name));
  const cells = panels.flatMap(({ gridData: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(48);
    return Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
  for (const { gridData, panelIndex } of panels) expect(gridData.i).toBe(panelIndex);
});

test('dashboard.ndjson: each picture asks for events that there are, by fields that every event has, of types that can be counted', () => {
  const { mappings } = (JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/siem/opensearch-index-template.json'), 'utf8')) as Template).template;
  const typeOf = (field: string): string | undefined => field.split('.').reduce<Mapping | undefined>((at, name) => at?.properties?.[name], mappings)?.type;
  const actions = new Set<string>(eventTable.map(({ action }) => action));
  for (const one of objects.filter(({ type }) => type === 'visualization')) {
    const { type, aggs } = parsedAt(one, 'visState') as {
      type: string;
      aggs: { id: string; type: string; schema: string; params: { field?: string; orderBy?: string } }[];
    };
    expect(['histogram', 'table', 'metric']).toContain(type);
    expect(new Set(aggs.map(({ id }) => id)).size).toBe(aggs.length);
    expect(aggs.filter(({ schema }) => schema === 'metric')).toHaveLength(1);
    for (const { type: kind, schema, params } of aggs) {
      const wanted = { terms: 'keyword', cardinality: 'keyword', max: 'date', date_histogram: 'date', count: undefined }[kind];
      expect(params.field === undefined ? undefined : typeOf(params.field), `${one.id} ${kind}`).toBe(wanted);
      expect({ histogram: ['metric', 'segment', 'group'], table: ['metric', 'bucket'], metric: ['metric'] }[type]).toContain(schema);
      if (params.orderBy !== undefined) expect(aggs.find(({ id }) => id === params.orderBy)?.schema).toBe('metric');
    }
    const { query, indexRefName } = JSON.parse(one.attributes.kibanaSavedObjectMeta!.searchSourceJSON) as {
      query: { query: string; language: string };
      indexRefName: string;
    };
    expect(one.references.map(({ name }) => name)).toEqual([indexRefName]);
    expect(query.language).toBe('kuery');
    for (const [, field] of query.query.matchAll(/([a-z@.]+): /g)) expect(typeOf(field!), `${one.id}: ${field}`).toBe('keyword');
    const [, named] = /event\.action: \(([^)]*)\)/.exec(query.query) ?? [];
    for (const action of named?.split(' or ') ?? []) expect(actions.has(JSON.parse(action) as string), `${one.id}: ${action}`).toBe(true);
  }
});
