/** Reports of events: what is sorted by, what a spreadsheet is given, and that nothing of a month is out of a reviewer's sight. */
import { expect, test } from 'vitest';
import { testEvent } from '../ledger/fixture.ts';
import type { LedgerEntry, LedgerEvent } from '../ledger/types.ts';
import { htmlOf, textOf, type Page } from './document.ts';
import { csvOf, eventsPage, jsonOf, reviewJsonOf, reviewPage, sortedBy, type EventReport } from './event-report.ts';

const ada = 'p-0a1b2c3d4e5f';
const bo = 'p-112233445566';
const entries: readonly LedgerEntry[] = [
  { action: 'app.start', detail: { version: '1.0.0' } },
  { action: 'unlock', person: bo, outcome: 'failure', detail: { method: 'passphrase', reason: 'wrong-passphrase', failures: 10 } },
  { action: 'unlock', person: ada, outcome: 'success', detail: { method: 'passkey', failures: 9 } },
  { action: 'unlock', outcome: 'failure', detail: { reason: 'no-such-person', crowd: 3 } },
  { action: 'export', person: ada, outcome: 'success', detail: { recording: '20261122-081500-0a1b2c3d', redaction: 'default' } },
  { action: 'access.denied', person: bo, detail: { door: 'cli', needs: 'policy.accept', why: 'not-permitted' } },
];
const reportOf = (events: readonly LedgerEvent[]): EventReport => ({
  installation: 'w-0123456789ab',
  since: null,
  until: '2026-11-30T23:59:59.999Z',
  actions: null,
  person: null,
  made: '2026-12-01T08:00:00.000Z',
  software: '1.0.0',
  ledger: { size: 6, root: 'ab'.repeat(32) },
  events,
  contextOf: ({ person }) => ({
    roles: person === undefined ? [] : ['operator', 'auditor'],
    policySha256: 'ef'.repeat(32),
    workstationClass: 'nursing',
    clockMs: person === bo ? -90_000 : 0,
    clockState: person === bo ? 'unsynced' : 'synced',
  }),
  nameOf: (person) => (person === ada ? 'Ada <b>' : undefined),
});
const events = entries.map((entry, seq) => testEvent(seq, entry));
const seqs = (field: string): number[] => sortedBy(events, field).map(({ seq }) => seq);

test('sorted by a column or a field of the detail: numbers by size, equals in order, what lacks it last', () => {
  expect(seqs('failures')).toEqual([2, 1, 0, 3, 4, 5]);
  expect(seqs('action')).toEqual([5, 0, 4, 1, 2, 3]);
  expect(seqs('person')).toEqual([2, 4, 1, 5, 0, 3]);
  expect(seqs('seq')).toEqual([0, 1, 2, 3, 4, 5]);
});

test('CSV has a row an event, quotes as RFC 4180 has it, and gives a spreadsheet no formula', () => {
  const risky = { ...testEvent(6, { action: 'unlock', person: ada, outcome: 'success' }), credential: '-1+A1', aal: 1 as const };
  const rows = csvOf(reportOf([...events, risky])).split('\r\n');
  expect(rows[0]).toBe('seq,time,action,person,outcome,aal,credential,roles,workstationClass,policySha256,clockMs,clockState,detail');
  expect(rows[1]).toBe(`0,2026-11-22T00:00:00.000Z,app.start,,,,,,nursing,${'ef'.repeat(32)},0,synced,"{""version"":""1.0.0""}"`);
  expect(rows[7]).toBe(`6,2026-11-22T00:00:00.000Z,unlock,${ada},success,1,'-1+A1,operator auditor,nursing,${'ef'.repeat(32)},0,synced,`);
  expect(rows[2]).toContain(`,operator auditor,nursing,${'ef'.repeat(32)},-90000,unsynced,`);
  expect(rows.length).toBe(9);
});

test('a review counts who came in and why tries failed, and every action stands somewhere in it', () => {
  const report = reportOf(events);
  const text = textOf(reviewPage(report));
  expect(text).toContain('Person: nobody who is known\n  Unlocks: 0\n  Failed: 1\n  Why: no-such-person 1');
  expect(text).toContain(`Person: Ada <b> (${ada})\n  Unlocks: 1\n  Failed: 0`);
  expect(text).toContain('Reviewed by (name, office): ____');
  for (const { action } of events) expect(action === 'unlock' || text.includes(action), action).toBe(true);
  expect(reviewJsonOf(report)).toMatchObject({
    people: [
      { person: bo, unlocks: 0, failures: 1, reasons: { 'wrong-passphrase': 1 } },
      { person: ada, unlocks: 1, failures: 0 },
      { person: null, failures: 1 },
    ],
    counts: { unlock: 3, export: 1, 'access.denied': 1, 'app.start': 1 },
    topics: expect.arrayContaining([
      { topic: 'Refused', events: [5] },
      { topic: 'Exports', events: [4] },
    ]),
  });
  expect(htmlOf(reviewPage(report))).toContain('Ada &lt;b&gt;');
});

test('nothing in a page acts: no control character, and none that turns round the order of what is shown', () => {
  const acting = '\u0007\u001b\u009b\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069';
  const said = `Ada${acting}END`;
  const page: Page = {
    title: 'A title',
    facts: [['Name', said]],
    sections: [
      { heading: 'Part', paragraphs: [said], table: { head: ['A', 'B'], rows: [[said, said]] }, list: [said], texts: [{ caption: said, text: said }] },
    ],
    sign: ['Read by'],
  };
  for (const made of [textOf(page), htmlOf(page)]) {
    expect(made.match(/END/g)).toHaveLength(7);
    for (const char of acting) expect(made.includes(char), `U+${char.codePointAt(0)!.toString(16)}`).toBe(false);
  }
});

test('of no event the pages say so', () => {
  expect(textOf(eventsPage(reportOf([])))).toContain('There is none in this time.');
  expect(textOf(reviewPage(reportOf([])))).toContain('Nobody, and nobody tried.');
});

test('for programs the digests of heads stand without what opens them', () => {
  const head = testEvent(0, { action: 'recording.heads', heads: [{ recording: '20261122-081500-0a1b2c3d', size: 3, root: 'cd'.repeat(32) }] });
  expect(JSON.stringify(jsonOf(reportOf([head])))).not.toContain('20261122-081500');
  expect(textOf(eventsPage(reportOf([head])))).toContain('20261122-081500-0a1b2c3d:3');
});

test('the head of a page and the JSON say which events were asked for', () => {
  const all = reportOf(events);
  const some = { ...all, actions: ['export', 'unlock'], person: ada };
  for (const page of [eventsPage, reviewPage]) {
    expect(textOf(page(all))).toMatch(/Actions\W+all actions\n[^]*Of or about\W+everybody\n/);
    expect(textOf(page(some))).toMatch(/Actions\W+export, unlock\n/);
    expect(textOf(page(some))).toContain(`Ada <b> (${ada})`);
  }
  for (const json of [jsonOf, reviewJsonOf]) expect(json(some)).toMatchObject({ actions: ['export', 'unlock'], person: ada });
});
