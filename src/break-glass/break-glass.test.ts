/** What is owed after an emergency, and what those wrote who began it. */
import { expect, test } from 'vitest';
import { AuditKeyOpener, generateAuditKey } from '../recording/wrap.ts';
import type { EmergencyFacts } from '../ledger/break-glass-facts.ts';
import { drillsDue, endless, lookAtWords, reviewableBy, reviewStateOf, sealWords, silentAlert, unreviewed, wordsDigest } from './index.ts';

const HOUR = 3_600_000;
const END = Date.parse('2026-11-28T04:00:00.000Z');
const one: EmergencyFacts = {
  id: 'b-000000000001',
  person: 'p-000000000001',
  second: 'p-000000000002',
  reason: 'system-down',
  text: null,
  seq: 7,
  time: '2026-11-28T03:00:00.000Z',
  extended: false,
  end: { time: new Date(END).toISOString(), cause: 'ended' },
  alerted: [],
  review: null,
};
const review = { by: 'p-000000000003', time: '2026-11-29T04:00:00.000Z', finding: 'justified' } as const;
const facts = (...all: EmergencyFacts[]) => ({ emergencies: { all, drills: [] } });

test('a review is due from the end on, overdue after 72 hours, and of nobody who was in it', () => {
  expect(reviewStateOf({ ...one, end: null }, END)).toBe('running');
  expect(reviewStateOf(one, END + 72 * HOUR - 1)).toBe('due');
  expect(reviewStateOf(one, END + 72 * HOUR)).toBe('overdue');
  expect(reviewStateOf({ ...one, review }, END + 100 * HOUR)).toBe('reviewed');
  expect(unreviewed(facts({ ...one, end: null }, one, { ...one, review }))).toEqual([one]);
  for (const person of [one.person, one.second!]) expect(reviewableBy(facts(one), person)).toEqual([]);
  expect(reviewableBy(facts(one), 'p-000000000003')).toEqual([one]);
});

test('the alert is silent until it has left by some anchor; only where none carries one, until somebody has reviewed it', () => {
  for (const carried of [true, false]) {
    expect(silentAlert(facts({ ...one, end: null }), carried)?.id).toBe(one.id);
    expect(silentAlert(facts(one), carried)?.id).toBe(one.id);
    expect(silentAlert(facts({ ...one, alerted: ['siem'] }), carried)).toBeUndefined();
    expect(silentAlert(facts({ ...one, alerted: ['siem'], review }), carried)).toBeUndefined();
  }
  expect(silentAlert(facts({ ...one, review }), false)).toBeUndefined();
  expect(silentAlert(facts({ ...one, review }), true)?.id).toBe(one.id);
});

test('one without an end stands out as soon as it cannot run any more', () => {
  const began = Date.parse(one.time);
  const running = { emergency: { ...one, end: null } };
  expect(endless({ emergency: undefined }, began)).toBeUndefined();
  expect(endless(running, began + 2 * HOUR - 1)).toBeUndefined();
  expect(endless(running, began + 2 * HOUR)?.id).toBe(one.id);
  expect(endless(running, began - 1)?.id).toBe(one.id);
});

test('who has the role of emergencies owes a drill every 90 days', () => {
  const known = { roles: ['emergency'] };
  const site = (time?: string) => ({
    active: () => ['p-1', 'p-2'],
    person: (id: string) => (id === 'p-1' ? known : { roles: ['operator'] }) as never,
    drill: (person: string) => (time === undefined || person !== 'p-1' ? undefined : { person, seq: 1, time }),
  });
  expect(drillsDue(site(), END)).toEqual([{ person: 'p-1', last: null }]);
  expect(drillsDue(site(new Date(END).toISOString()), END + 90 * 24 * HOUR - 1)).toEqual([]);
  expect(drillsDue(site(new Date(END).toISOString()), END + 90 * 24 * HOUR)).toHaveLength(1);
});

test('the words open with the audit key, for their own emergency, and with nothing else', async () => {
  const [audit, other] = [generateAuditKey(), generateAuditKey()];
  const file = await sealWords(one.id, Buffer.from('ICU bed 4, INC-20817: Zoë'), [audit.recipient]);
  expect(file.toString('utf8')).not.toContain('INC-20817');
  const look = (id: string, bytes: Uint8Array | undefined, key?: typeof audit) =>
    lookAtWords(id, wordsDigest(bytes ?? file), bytes, key && AuditKeyOpener.fromJson(key.file));
  expect(await look(one.id, file, audit)).toEqual({ state: 'read', words: 'ICU bed 4, INC-20817: Zoë' });
  expect(await look('b-000000000002', file, audit)).toEqual({ state: 'sealed' });
  expect(await look(one.id, file, other)).toEqual({ state: 'sealed' });
  expect(await look(one.id, file)).toEqual({ state: 'sealed' });
  expect(await look(one.id, Buffer.from('{'), audit)).toEqual({ state: 'sealed' });
  // The ledger knows another file, or there is none any more.
  expect(await lookAtWords(one.id, wordsDigest(Buffer.from('{')), file, AuditKeyOpener.fromJson(audit.file))).toEqual({ state: 'changed' });
  expect(await look(one.id, undefined, audit)).toEqual({ state: 'missing' });
});
