/** docs/siem/sigma.yml: each alert has a rule or a reason why not; each looks for what the alert looks for, in fields that are sent and that the index has; and the file is YAML of that form. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { format } from 'prettier';
import { ruleNames, type RuleName } from '../../src/alerts/absences.ts';
import { rules, type AlertRule } from '../../src/alerts/rules.ts';
import { eventTable, isAllowedValue } from '../../src/ledger/events.ts';
import { testEvent } from '../../src/ledger/fixture.ts';
import type { FieldType } from '../../src/ledger/table/row.ts';
import type { LedgerEvent } from '../../src/ledger/types.ts';
import { eventDocument } from '../../src/sinks/document.ts';
import { selectionsOf, sigma, type Selection } from './made/sigma.ts';

const person = 'p-0a1b2c3d4e5f';
const text = readFileSync(join(import.meta.dirname, '../../docs/siem/sigma.yml'), 'utf8');
const documents = text.split(/^---\n/m).slice(1);

/** Values that a type allows; the words of a list, each. */
function samples(type: FieldType): readonly unknown[] {
  if (typeof type !== 'string') return type;
  const changes = [['network weaker - -'], ['network stronger - -', 'sinks weaker - -'], ['network neither - -']];
  const some = [true, false, 1, 'ab'.repeat(32), person, [person], 'error', ...changes];
  return some.filter((value) => isAllowedValue(type, value));
}

/** Events of an action, each field that decides something with each of its values. */
function eventsOf(action: string): LedgerEvent[] {
  const row = eventTable.find((each) => each.action === action)!;
  const base = Object.fromEntries(
    Object.entries(row.fields).flatMap(([name, type]) => (samples(type).length > 0 ? [[name.replace('?', ''), samples(type)[0]]] : [])),
  );
  const details = Object.entries(row.fields).flatMap(([name, type]) => {
    const key = name.replace('?', '');
    const { [key]: _, ...without } = base;
    return [...samples(type).map((value) => ({ ...base, [key]: value })), ...(name.endsWith('?') ? [without] : [])];
  });
  const outcomes = row.outcome === 'required' ? (['success', 'failure'] as const) : [undefined];
  const people = row.person === 'required' ? [person] : row.person === 'optional' ? [person, undefined] : [undefined];
  return [base, ...details].flatMap((detail) =>
    outcomes.flatMap((outcome) =>
      people.map((who) => testEvent(7, { action, detail, ...(who && { person: who }), ...(outcome && { outcome }) } as Parameters<typeof testEvent>[1])),
    ),
  );
}

const valueAt = (document: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);

/** As a SIEM reads a selection: all of its fields, of each one of its values. */
function matches(document: unknown, selection: Selection): boolean {
  return Object.entries(selection).every(([key, wanted]) => {
    const [path, modifier] = key.split('|') as [string, string | undefined];
    const found = valueAt(document, path);
    if (modifier === 'exists') return (found !== undefined) === wanted;
    const values = Array.isArray(found) ? found : [found];
    return (Array.isArray(wanted) ? wanted : [wanted]).some((one) =>
      values.some((value) => (modifier === 'contains' ? String(value).includes(String(one)) : value === one)),
    );
  });
}

interface Mapping {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Mapping>>;
}

const context = { ownerOf: () => undefined, setBackMs: 0, isOddHour: false };

test('each alert has a rule, or a reason why Sigma has no words for it', () => {
  expect(Object.keys(sigma).toSorted()).toEqual([...ruleNames].toSorted());
  for (const [name, of] of Object.entries(sigma))
    if (typeof of === 'string') expect(text).toContain(`# ${name}: ${of}.`);
    else
      expect(
        documents.some((document) => document.startsWith(`title: 'Wardmux ${name}'\n`) || document.startsWith(`title: "Wardmux ${name}"\n`)),
        name,
      ).toBe(true);
});

const withRule = Object.entries(sigma).flatMap(([name, of]) => (typeof of === 'string' ? [] : [[name as RuleName & keyof typeof rules, of] as const]));

test.each(withRule)('%s looks for what the alert looks for', (name, of) => {
  const rule: AlertRule = rules[name];
  const { selection, not } = selectionsOf(rule, of);
  let both = 0;
  for (const action of rule.actions ?? [])
    for (const event of eventsOf(action)) {
      const document: unknown = JSON.parse(eventDocument(event, 'ab'.repeat(32), 'ws7').line);
      const found = matches(document, selection) && !not.some((one) => matches(document, one));
      // Of an id that nobody has, the workstation alone counts.
      const counts = rule.is(event, context) && (of.distinct === undefined || event.person !== undefined);
      expect(found, JSON.stringify(document)).toBe(counts);
      if (found) both++;
    }
  expect(both).toBeGreaterThan(0);
});

test('each field that a rule names is one that is sent, and that the index template has', () => {
  const template = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/siem/elastic-index-template.json'), 'utf8')) as {
    readonly template: { readonly mappings: Mapping };
  };
  const has = (path: string): boolean => {
    let at: Mapping | undefined = template.template.mappings;
    for (const part of path.split('.')) {
      if (at?.type === 'flattened') return true;
      at = at?.properties?.[part];
    }
    return at !== undefined;
  };
  for (const [name, of] of withRule) {
    const { selection, not } = selectionsOf(rules[name], of);
    const fields = [...Object.keys(selection), ...not.flatMap((one) => Object.keys(one)), ...(of.by ?? []), ...(of.distinct ? [of.distinct] : [])].map(
      (key) => key.split('|')[0]!,
    );
    for (const field of fields) {
      expect(has(field), `${name}: ${field}`).toBe(true);
      const [, detail] = /^wardmux\.detail\.(.+)$/.exec(field) ?? [];
      const { actions }: AlertRule = rules[name];
      const rows = eventTable.filter(({ action }) => actions?.includes(action) ?? true);
      if (detail)
        expect(
          rows.some(({ fields: all }) => detail in all || `${detail}?` in all),
          `${name}: ${field}`,
        ).toBe(true);
    }
  }
});

test('it is YAML, each document of the form that the specification asks for, with an id of its own', async () => {
  expect(await format(text, { parser: 'yaml', printWidth: 160, singleQuote: true })).toBe(text);
  const ids = documents.map((document) => /^id: ([0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12})$/m.exec(document)?.[1]);
  expect(ids).not.toContain(undefined);
  expect(new Set(ids).size).toBe(ids.length);
  for (const document of documents) {
    expect(document).toMatch(/^title: .{1,256}$/m);
    expect(document).toMatch(/^status: (stable|test|experimental|deprecated|unsupported)$/m);
    expect(document).toMatch(/^level: (informational|low|medium|high|critical)$/m);
    if (document.includes('\ncorrelation:\n')) {
      expect(document).toMatch(/^ {2}type: (event_count|value_count)$/m);
      const [, named] = /^ {2}rules:\n {4}- (\S+)$/m.exec(document)!;
      expect(documents.filter((other) => other.includes(`\nname: ${named}\n`))).toHaveLength(1);
      expect(document).toMatch(/^ {2}timespan: \d+m$/m);
      expect(document).toMatch(/^ {4}gte: \d+$/m);
    } else {
      expect(document).toMatch(/^logsource:\n {2}product: wardmux\n {2}service: ledger$/m);
      expect(document).toMatch(/^detection:\n {2}selection:$/m);
      expect(document).toMatch(/^ {2}condition: selection( and not filter)?$/m);
    }
  }
});
