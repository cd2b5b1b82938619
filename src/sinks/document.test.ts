/** Of an event leaves as JSON what leaves as syslog, in the words of ECS, and no more. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import '../../test/support/properties.ts';
import { valueSet } from '../../test/support/value-sets.ts';
import { everyEvent, testEvent } from '../ledger/fixture.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { eventDocument, testDocument } from './document.ts';
import { eventMessage } from './message.ts';

const leaf = 'ab'.repeat(32);
const CANARY = 'Quillfeather';
const ada = 'p-0a1b2c3d4e5f';
const ecs = valueSet<{ kind: string[]; category: Record<string, string[]>; outcome: string[] }>('ecs');

interface Parsed {
  readonly event: Readonly<Record<string, unknown>> & { readonly category?: readonly string[]; readonly type?: readonly string[] };
  readonly wardmux: Readonly<Record<string, unknown>> & { readonly detail?: Readonly<Record<string, unknown>> };
}
const parsed = (event: LedgerEvent): Parsed => JSON.parse(eventDocument(event, leaf, 'ws7').line) as Parsed;

test('every event of the table is one line, in words that ECS has, without a signature, and says what its syslog message says', () => {
  for (const event of everyEvent(ada)) {
    const { id, line: json } = eventDocument(event, leaf, 'ws7');
    expect(id).toBe('w-0123456789ab/7');
    expect(json).not.toContain('\n');
    const document = parsed(event);
    expect(ecs.kind).toContain(document.event['kind']);
    expect(ecs.outcome).toContain(document.event['outcome']);
    const [category] = document.event.category!;
    for (const type of document.event.type!) expect(ecs.category[category!]).toContain(type);
    expect(Object.keys(document.wardmux).slice(0, 4)).toEqual(['id', 'installation', 'seq', 'leaf']);
    for (const name of ['signature', 'byKey', 'secondKey', 'secondSignature', 'formerKey']) expect(json).not.toContain(`"${name}"`);
    const names = Object.keys(document.wardmux.detail ?? {});
    const element = /\[wardmuxDetail@32473 ([^\]]*)\]/.exec(eventMessage(event, leaf, 'ws7'))?.[1] ?? '';
    expect(names).toEqual([...element.matchAll(/(\w+)="/g)].map(([, name]) => name));
  }
});

test('no field that the table does not have, and no value that its type does not allow, gets out', () => {
  const everywhere: LedgerEvent[] = [
    testEvent(1, { action: 'lock', detail: { cause: CANARY, note: CANARY } }),
    testEvent(2, { action: `ward.${CANARY}`, person: ada, detail: { cause: CANARY } }),
    testEvent(3, { action: 'person.roles', person: ada, detail: { roles: [CANARY], by: CANARY, byKey: CANARY } }),
    { ...testEvent(4, { action: 'app.stop' }), extra: CANARY } as LedgerEvent,
    testEvent(5, { action: 'recording.heads', heads: [{ recording: '20261122-081500-0a1b2c3d', size: 3, root: 'cd'.repeat(32) }] }),
  ];
  for (const event of everywhere) {
    const { line: json } = eventDocument(event, leaf, 'ws7');
    expect(json).not.toContain(CANARY);
    expect(json).not.toContain('20261122-081500');
  }
  expect(parsed(everywhere[1]!).event).toMatchObject({ action: 'unknown', outcome: 'unknown' });
});

test('numbers stay numbers and lists lists; a test is no event', () => {
  const event = testEvent(3, { action: 'unlock', person: ada, outcome: 'failure', detail: { method: 'passphrase', failures: 3 } });
  expect(parsed(event)).toMatchObject({ event: { sequence: 3, outcome: 'failure' }, wardmux: { detail: { method: 'passphrase', failures: 3 } } });
  const { line: json } = testDocument('w-0123456789ab', '2026-11-29T02:00:00.000Z', 'ws7');
  expect(json).not.toContain('"wardmux":{');
});

test('whatever stands where an id should, it is one line of JSON', () => {
  const hostile = fc.string({ unit: fc.constantFrom('"', '\\', '}', '\n', '\r', '\0', '\u2028', 'é', '\ud800', '7'), maxLength: 40 });
  fc.assert(
    fc.property(hostile, hostile, (credential, host) => {
      const { line: json } = eventDocument({ ...testEvent(1, { action: 'app.stop' }), credential }, leaf, host);
      expect(json).not.toMatch(/[\n\r]/);
      expect((JSON.parse(json) as Parsed).wardmux['leaf']).toBe(leaf);
    }),
  );
});
