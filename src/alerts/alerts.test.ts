/** Alerts follow from the events alone: each rule by the smallest incident that raises it and the largest that does not, and a year of 50 workstations. */
import { expect, test } from 'vitest';
import { startDetail, testEvent } from '../ledger/fixture.ts';
import type { LedgerEntry, LedgerEvent } from '../ledger/types.ts';
import { alertSentence, Alerts, oddHours } from './evaluate.ts';
import type { RuleName } from './absences.ts';
import type { SiteHours } from './rules.ts';
import { absences } from './absences.ts';
import { rules } from './rules.ts';

const hours: SiteHours = { timeZone: 'UTC', days: [1, 2, 3, 4, 5], from: 6, to: 20 };
/** A Monday. */
const NOON = Date.parse('2026-11-23T12:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ada = 'p-0a1b2c3d4e5f';
const bo = 'p-112233445566';
const cy = 'p-223344556677';
const recording = '20261122-081500-0a1b2c3d';

/** Events at these minutes after noon, of one machine that goes on. */
function eventsAt(...list: readonly (readonly [minute: number, entry: LedgerEntry])[]): LedgerEvent[] {
  return list.map(([minute, entry], seq) => ({
    ...testEvent(seq, entry, new Date(NOON + minute * MINUTE).toISOString()),
    monoUs: Math.round((HOUR + minute * MINUTE) * 1000),
  }));
}
const raised = (events: readonly LedgerEvent[], now = NOON + 10 * MINUTE) => {
  const alerts = new Alerts(hours);
  for (const event of events) alerts.take(event);
  return alerts.at(now);
};
const names = (events: readonly LedgerEvent[], now?: number): RuleName[] => raised(events, now).map(({ rule }) => rule);
const failed = (person: string, reason = 'wrong-passphrase'): LedgerEntry => ({
  action: 'unlock',
  person,
  outcome: 'failure',
  detail: { method: 'passphrase', reason },
});
const exported = (redaction = 'default'): LedgerEntry => ({ action: 'export', person: ada, outcome: 'success', detail: { recording, redaction } });
const closing = (alert: number, rule: RuleName, about: readonly string[], person: string): LedgerEntry => ({
  action: 'alert.closed',
  person,
  detail: { alert, rule, about, note: 'ab'.repeat(32), byKey: '', signature: '' },
});

test('thresholds: one less raises nothing, spread over more than the window nothing, and tries that are none do not count', () => {
  expect(names(eventsAt(...[0, 1, 2, 3].map((at) => [at, failed(ada)] as const)))).toEqual([]);
  expect(names(eventsAt(...[0, 1, 2, 3, 10].map((at) => [at, failed(ada)] as const)))).toEqual(['failed-unlocks']);
  expect(names(eventsAt(...[0, 1, 2, 3, 10.1].map((at) => [at, failed(ada)] as const)))).toEqual([]);
  expect(names(eventsAt(...[0, 1, 2, 3, 4, 5].map((at) => [at, failed(ada, 'passkey-not-used')] as const)))).toEqual([]);
});

test('a host that an alert is about stands in its sentence, once; what is no name of one, and what a window’s host is called, does not', () => {
  const changed = (host: string): LedgerEntry => ({ action: 'host.changed', person: ada, detail: { host } });
  const [lab, other, none, forgotten, ...rest] = raised(
    eventsAt(
      [0, changed('lab-gw')],
      [1, changed('lab-gw')],
      [2, changed('lab-gw:2222')],
      [3, changed('lab\u001b[2J')],
      [4, { action: 'host.key', person: bo, detail: { host: 'lab-gw', change: 'forgotten' } }],
      [5, { action: 'app.start', detail: { version: '1.0.0', host: 'electron' } }],
      [6, { action: 'host.refused', detail: { surface: 'workspace', what: 'dialog' } }],
    ),
  );
  expect([lab!.hosts, lab!.count, other!.hosts, none!.hosts]).toEqual([['lab-gw'], 2, ['lab-gw:2222'], []]);
  expect(alertSentence(lab!)).toBe(`${rules['host-key-changed'].help} Host: lab-gw.`);
  expect(alertSentence({ ...lab!, hosts: ['a', 'b'] })).toBe(`${rules['host-key-changed'].help} Hosts: a, b.`);
  expect(alertSentence(none!)).toBe(rules['host-key-changed'].help);
  expect([forgotten!.rule, forgotten!.hosts]).toEqual(['host-key-forgotten', ['lab-gw']]);
  expect(rest.map(({ rule, hosts: named }) => [rule, named])).toEqual([['tampered', []]]);
});

test('one that is entered late, or a clock that was set back and on again, empties no count', () => {
  expect(names(eventsAt(...[10, 11, 12, 13, -60, 14].map((at) => [at, failed(ada)] as const)), NOON + HOUR)).toContain('failed-unlocks');
  expect(names(eventsAt([0, failed(ada)], [1, failed(bo)], [-600, failed(ada)], [2, failed(cy)]))).toContain('spray');
  // Those of a clock that was ahead stand for themselves.
  expect(names(eventsAt(...[600, 601, 602, 603, 0].map((at) => [at, failed(ada)] as const)))).not.toContain('failed-unlocks');
});

test('spray is of different people, also of ids that nobody has', () => {
  const nobody = (crowd: number): LedgerEntry => ({ action: 'unlock', outcome: 'failure', detail: { reason: 'no-such-person', crowd } });
  expect(names(eventsAt([0, failed(ada)], [1, failed(bo)], [2, failed(ada)]))).toEqual([]);
  expect(names(eventsAt([0, failed(ada)], [1, failed(bo)], [2, nobody(7)]))).toEqual(['spray']);
  expect(names(eventsAt([0, nobody(7)], [1, nobody(7)], [2, nobody(8)]))).toEqual([]);
  const [alert] = raised(eventsAt([0, failed(ada)], [1, failed(bo)], [2, failed(cy)]));
  expect(alert).toMatchObject({ severity: 'page', seq: 2, about: [ada, bo, cy], due: new Date(NOON + 2 * MINUTE + 4 * HOUR).toISOString() });
});

test('somebody who comes in had only mistyped, and takes nobody else out of the count; what is open stays', () => {
  const came = (person: string): LedgerEntry => ({ action: 'unlock', person, outcome: 'success', detail: { method: 'passphrase' } });
  expect(names(eventsAt([0, failed(ada)], [1, came(ada)], [2, failed(bo)], [3, failed(cy)]))).toEqual([]);
  // Who has an account of their own gets no further by coming in between.
  expect(names(eventsAt([0, failed(ada)], [1, failed(bo)], [2, came('p-334455667788')], [3, failed(cy)]))).toEqual(['spray']);
  // The third of them opens: two are not three, as before; a fourth is.
  expect(names(eventsAt([0, failed(ada)], [1, failed(bo)], [2, failed(cy)], [3, came(cy)]))).toEqual(['spray']);
  expect(names(eventsAt([0, failed(ada)], [1, came(ada)], [2, failed(ada)], [3, failed(bo)], [4, failed(cy)]))).toEqual(['spray']);
});

const updated = (checkout: boolean): LedgerEntry => ({ action: 'program.updated', detail: { from: '0.1.0', to: '0.2.0', checkout, files: 3 } });
const signed = { byKey: '', signature: '' };
/** The smallest incident of each rule, and the nearest thing that is none. */
const incidents: Readonly<Record<RuleName, { readonly is: readonly LedgerEvent[]; readonly not: readonly LedgerEvent[]; readonly now?: number }>> = {
  'failed-unlocks': { is: eventsAt(...[0, 1, 2, 3, 4].map((at) => [at, failed(ada)] as const)), not: eventsAt([0, failed(ada)]) },
  'failed-unlocks-here': {
    is: eventsAt(...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => [at / 2, failed(at % 2 ? ada : bo)] as const)),
    not: eventsAt(...[0, 1, 2, 3].map((at) => [at, failed(at % 2 ? ada : bo)] as const)),
  },
  spray: { is: eventsAt([0, failed(ada)], [1, failed(bo)], [2, failed(cy)]), not: eventsAt([0, failed(ada)], [1, failed(bo)], [20, failed(cy)]) },
  'forged-unlock': { is: eventsAt([0, failed(ada, 'passkey-refused')]), not: eventsAt([0, failed(ada)]) },
  'barred-unlock': { is: eventsAt([0, failed(ada, 'disabled')]), not: eventsAt([0, failed(ada, 'back-off')]) },
  'recovery-used': {
    is: eventsAt([0, { action: 'person.keys', person: ada, detail: { change: 'recovered' } }]),
    not: eventsAt([0, { action: 'person.keys', person: ada, detail: { change: 'name' } }]),
  },
  'rights-changed': {
    is: eventsAt([0, { action: 'person.roles', person: ada, detail: { roles: ['operator'], by: bo, ...signed } }]),
    not: eventsAt([0, { action: 'person.roles', person: ada, detail: { roles: ['operator'] } }]),
  },
  'station-stopped': {
    is: eventsAt([0, { action: 'station.stop', detail: { to: 'stopped', by: bo, ...signed } }]),
    not: eventsAt([0, { action: 'station.stop', detail: { to: 'lifted', by: bo, ...signed } }]),
  },
  denied: {
    is: eventsAt(
      ...[0, 1, 2, 3, 4].map((at) => [at, { action: 'access.denied', person: ada, detail: { door: 'cli', needs: 'policy.accept', why: 'locked' } }] as const),
    ),
    not: eventsAt([0, { action: 'access.denied', person: ada }]),
  },
  'odd-hours': {
    is: eventsAt([9 * 60, { action: 'person.keys', person: ada, detail: { change: 'name', by: ada } }]),
    not: eventsAt(
      [1, { action: 'person.keys', person: ada, detail: { change: 'name', by: ada } }],
      // A first run at night.
      [9 * 60, { action: 'person.keys', person: ada }],
      [9 * 60, { action: 'person.roles', person: ada, detail: { roles: ['operator', 'security'] } }],
    ),
  },
  'host-key-changed': { is: eventsAt([0, { action: 'host.changed', person: ada, detail: { host: 'lab-gw' } }]), not: [] },
  'host-key-forgotten': {
    is: eventsAt([0, { action: 'host.key', person: ada, detail: { host: 'lab-gw', change: 'forgotten' } }]),
    not: eventsAt([0, { action: 'host.key', person: ada, detail: { host: 'lab-gw', change: 'pinned' } }]),
  },
  'policy-changed': {
    is: eventsAt([0, { action: 'policy.change', person: ada, detail: { previousSha256: 'ab', changes: ['lock.idleSeconds stronger 300 240'] } }]),
    not: eventsAt([0, { action: 'policy.change', detail: {} }]),
  },
  'policy-weaker': {
    is: eventsAt([0, { action: 'policy.change', person: ada, detail: { previousSha256: 'ab', changes: ['lock.idleSeconds weaker 240 300'] } }]),
    not: eventsAt([0, { action: 'policy.change', person: ada, detail: { previousSha256: 'ab', changes: ['lock.idleSeconds stronger 300 240'] } }]),
  },
  'policy-file': { is: eventsAt([0, { action: 'policy.refused', detail: { reason: 'changed' } }]), not: [] },
  'break-glass': { is: eventsAt([0, { action: 'breakglass.start', person: ada, detail: { breakGlass: 'b-0123456789ab' } }]), not: [] },
  'break-glass-often': {
    is: eventsAt(...[0, 1, 2].map((at) => [at, { action: 'breakglass.start', person: ada, detail: { breakGlass: `b-${at}` } }] as const)),
    not: eventsAt(...[0, 1].map((at) => [at, { action: 'breakglass.start', person: ada, detail: { breakGlass: `b-${at}` } }] as const)),
  },
  'review-overdue': {
    is: eventsAt([0, { action: 'first-run', person: ada }], [5, { action: 'ledger.read', detail: { how: 'report' } }]),
    not: eventsAt([0, { action: 'first-run', person: ada }], [24 * 60, { action: 'ledger.reviewed', person: bo, detail: { from: 0, to: 1 } }]),
    now: NOON + 31 * 24 * HOUR,
  },
  'break-glass-unreviewed': {
    is: eventsAt([0, { action: 'breakglass.end', person: ada, detail: { breakGlass: 'b-1' } }]),
    not: eventsAt(
      [0, { action: 'breakglass.end', person: ada, detail: { breakGlass: 'b-1' } }],
      [5, { action: 'breakglass.review', person: bo, detail: { breakGlass: 'b-1' } }],
    ),
    now: NOON + 72 * HOUR,
  },
  'whole-export': { is: eventsAt([0, exported('none')]), not: eventsAt([0, exported()]) },
  'many-exports': {
    is: eventsAt(...Array.from({ length: 10 }, (_, n) => [n * 60, exported()] as const)),
    not: eventsAt(...Array.from({ length: 9 }, (_, n) => [n, exported()] as const)),
  },
  'own-review': {
    is: eventsAt(
      [0, { action: 'recording.start', person: ada, detail: { recording, ...startDetail } }],
      [1, { action: 'play', person: ada, outcome: 'success', detail: { recording, key: 'audit' } }],
    ),
    not: eventsAt(
      [0, { action: 'recording.start', person: ada, detail: { recording, ...startDetail } }],
      [1, { action: 'play', person: bo, outcome: 'success', detail: { recording, key: 'audit' } }],
      [2, { action: 'play', person: ada, outcome: 'success', detail: { recording, key: 'owner' } }],
    ),
  },
  'deleted-early': {
    is: eventsAt([0, { action: 'recording.deleted', person: ada, detail: { recording, cause: 'early' } }]),
    not: eventsAt([0, { action: 'recording.deleted', person: ada, detail: { recording, cause: 'schedule' } }]),
  },
  'hold-changed': { is: eventsAt([0, { action: 'hold.set', person: ada, detail: {} }]), not: [] },
  'recording-off': {
    is: eventsAt([0, { action: 'recording.failed', detail: { recording } }]),
    not: eventsAt([0, { action: 'recording.end', detail: { recording } }]),
  },
  'recording-damaged': { is: eventsAt([0, { action: 'recording.damaged', detail: { recording } }]), not: [] },
  jiggler: { is: eventsAt([0, { action: 'input.jiggled', person: ada }]), not: eventsAt([0, { action: 'lock', detail: { cause: 'idle' } }]) },
  'clock-back': {
    is: clock([0, 0], [10, 8.9]),
    not: clock([0, 0], [10, 9.1]),
  },
  'clock-far-back': { is: clock([0, 0], [20, 9.9]), not: clock([0, 0], [20, 10.1]) },
  'clock-unsynced': {
    is: eventsAt([0, { action: 'clock.state', detail: { state: 'unsynced' } }]),
    not: eventsAt([0, { action: 'clock.state', detail: { state: 'synced' } }]),
  },
  'anchor-fails': {
    is: eventsAt([0, { action: 'anchor.failed', detail: { anchor: 'siem' } }]),
    not: eventsAt([0, { action: 'anchor.sent', detail: { anchor: 'siem' } }]),
  },
  'sink-fails': {
    is: eventsAt([0, { action: 'sink.failed', detail: { sink: 'siem' } }]),
    not: eventsAt([0, { action: 'sink.resumed', detail: { sink: 'siem' } }]),
  },
  'sink-certificate': {
    is: eventsAt([0, { action: 'sink.certificate', detail: { sink: 'siem', which: 'own', until: '2026-12-24T12:00:00.000Z' } }]),
    not: eventsAt([0, { action: 'sink.resumed', detail: { sink: 'siem' } }]),
  },
  'sink-silent': {
    is: eventsAt([0, { action: 'sink.failed', detail: { sink: 'siem' } }], [9, { action: 'sink.resumed', detail: { sink: 'other' } }]),
    not: eventsAt([0, { action: 'sink.failed', detail: { sink: 'siem' } }], [9, { action: 'sink.resumed', detail: { sink: 'siem' } }]),
    now: NOON + 4 * HOUR,
  },
  tampered: { is: eventsAt([0, { action: 'ledger.disturbed', detail: { file: 'events', how: 'changed' } }]), not: [] },
  'program-changed': {
    is: eventsAt([0, { action: 'integrity.differs', detail: { part: 'program', how: 'changed', file: 'dist/cli.mjs' } }]),
    not: eventsAt([0, { action: 'integrity.check', outcome: 'failure', detail: { differences: 1 } }]),
  },
  'program-updated': { is: eventsAt([0, updated(false)]), not: eventsAt([0, updated(true)]) },
  'program-rebuilt': { is: eventsAt([0, updated(true)]), not: eventsAt([0, updated(false)]) },
  unvouched: { is: eventsAt([0, { action: 'ledger.unvouched', detail: { file: 'events', lines: 1, bytes: 10 } }]), not: [] },
  crashed: {
    is: eventsAt([0, { action: 'renderer.exit', detail: { surface: 'workspace', reason: 'crashed' } }]),
    not: eventsAt([0, { action: 'renderer.exit', detail: { surface: 'workspace', reason: 'closed' } }]),
  },
  'verification-failed': {
    is: eventsAt([0, { action: 'verify', outcome: 'failure', detail: { target: 'ledger', code: 'cut' } }]),
    not: eventsAt([0, { action: 'verify', outcome: 'failure', detail: { target: 'bundle', code: 'bad-ledger' } }]),
  },
  'revocation-closed': {
    is: eventsAt([0, { action: 'revocation.look', detail: { state: 'missing', open: false } }]),
    not: eventsAt([0, { action: 'revocation.look', detail: { state: 'good', open: true } }]),
  },
  'not-verified': {
    is: eventsAt([0, { action: 'first-run', person: ada }]),
    not: eventsAt([0, { action: 'first-run', person: ada }], [60, { action: 'selftest', outcome: 'success' }]),
    now: NOON + 24 * HOUR,
  },
};

/** Events whose two clocks say other things: monotonic minutes, and minutes of the wall. */
function clock(...list: readonly (readonly [mono: number, wall: number])[]): LedgerEvent[] {
  return list.map(([mono, wall], seq) => ({
    ...testEvent(seq, { action: 'app.stop' }, new Date(NOON + wall * MINUTE).toISOString()),
    monoUs: (60 + mono) * MINUTE * 1000,
  }));
}

test('every rule has an incident here', () => {
  expect(Object.keys(incidents).toSorted()).toEqual([...Object.keys(rules), ...Object.keys(absences)].toSorted());
});
test.each(Object.entries(incidents))('%s', (rule, { is, not, now = NOON + 10 * MINUTE }) => {
  expect(names(is, now)).toContain(rule);
  expect(names(not, now)).not.toContain(rule);
});

test('a machine that begins anew, a clock set forward and what was entered late are no clock that went back', () => {
  const [one, two] = clock([1000, 0], [1, 0.5]);
  expect(names([one!, two!])).toEqual([]);
  expect(names(clock([0, 0], [1, 600]))).toEqual([]);
  const late = { ...clock([0, 0], [5, 5], [0.5, -30])[2]!, entered: new Date(NOON + 5 * MINUTE).toISOString() };
  expect(names([...clock([0, 0], [5, 5]), late])).toEqual([]);
  // And one that was set back while the machine was off.
  expect(names(clock([1000, 0], [1, -5]))).toEqual(['clock-back']);
});

test('odd hours are those of the site, over the change of its clocks', () => {
  const isOdd = oddHours({ ...hours, timeZone: 'America/New_York' });
  expect([isOdd(Date.parse('2026-10-30T10:30:00Z')), isOdd(Date.parse('2026-11-02T10:30:00Z'))]).toEqual([false, true]);
  expect([isOdd(Date.parse('2026-11-02T11:00:00Z')), isOdd(Date.parse('2026-11-03T00:59:00Z')), isOdd(Date.parse('2026-11-03T01:00:00Z'))]).toEqual([
    false,
    false,
    true,
  ]);
  expect(isOdd(Date.parse('2026-11-28T17:00:00Z'))).toBe(true);
});

test('one that is open takes in what comes after it; once it is closed the next is another one', () => {
  const six = eventsAt(...[0, 1, 2, 3, 4, 5].map((at) => [at, failed(ada)] as const));
  expect(raised(six)).toMatchObject([{ rule: 'failed-unlocks', seq: 4, count: 6, events: [0, 1, 2, 3, 4, 5], last: six[5]!.time, closed: null }]);
  const again = eventsAt(
    ...[0, 1, 2, 3, 4].map((at) => [at, failed(ada)] as const),
    [5, closing(4, 'failed-unlocks', [ada], bo)],
    ...[6, 7, 8, 9, 10].map((at) => [at, failed(ada)] as const),
  );
  expect(raised(again).filter(({ rule }) => rule === 'failed-unlocks')).toMatchObject([
    { seq: 4, count: 5, closed: { by: bo, seq: 5 } },
    { seq: 10, count: 5, closed: null },
  ]);
});

test('it stays open where whoever closes it is one of those it is about, names others, means another alert, or may not', () => {
  const open = [0, 1, 2, 3, 4].map((at) => [at, failed(ada)] as const);
  const isClosed = (entry: LedgerEntry, closes = true): boolean => {
    const alerts = new Alerts(hours);
    for (const event of eventsAt(...open, [5, entry])) alerts.take(event, closes);
    return alerts.at(NOON + HOUR)[0]!.closed !== null;
  };
  expect(isClosed(closing(4, 'failed-unlocks', [ada], bo))).toBe(true);
  expect(isClosed(closing(4, 'failed-unlocks', [ada], bo), false)).toBe(false);
  expect(isClosed(closing(4, 'failed-unlocks', [ada], ada))).toBe(false);
  expect(isClosed(closing(4, 'failed-unlocks', [], ada))).toBe(false);
  expect(isClosed(closing(4, 'failed-unlocks', [], bo))).toBe(false);
  expect(isClosed(closing(3, 'failed-unlocks', [ada], bo))).toBe(false);
  expect(isClosed(closing(4, 'spray', [ada], bo))).toBe(false);
});

test('what should have happened and has not is one alert, closed or late, and another one the next time', () => {
  const first = [0, { action: 'first-run', person: ada }] as const;
  const good = (minute: number) => [minute, { action: 'selftest', outcome: 'success' }] as const;
  expect(names(eventsAt(first), NOON + 24 * HOUR - 1)).toEqual([]);
  expect(raised(eventsAt(first), NOON + 25 * HOUR)).toMatchObject([
    { rule: 'not-verified', seq: 0, raised: new Date(NOON + 24 * HOUR).toISOString(), closed: null },
  ]);
  expect(raised(eventsAt(first, good(25 * 60)), NOON + 26 * HOUR)).toMatchObject([{ rule: 'not-verified', seq: 0, closed: null }]);
  const closed = eventsAt(first, [25 * 60, closing(0, 'not-verified', [], bo)]);
  expect(raised(closed, NOON + 90 * HOUR)).toMatchObject([{ rule: 'not-verified', seq: 0, closed: { by: bo } }]);
  const next = eventsAt(first, [25 * 60, closing(0, 'not-verified', [], bo)], good(26 * 60));
  expect(raised(next, NOON + 90 * HOUR)).toMatchObject([
    { seq: 0, closed: { by: bo } },
    { seq: 2, closed: null },
  ]);
  // Before it is due there is nothing to close.
  expect(raised(eventsAt(first, [60, closing(0, 'not-verified', [], bo)]), NOON + 25 * HOUR)).toMatchObject([{ seq: 0, closed: null }]);
});

test('evaluated in two parts, wherever it is cut, it comes to the same, and nothing is doubled', () => {
  const events = Object.values(incidents)
    .flatMap(({ is }) => is)
    .map((event, seq) => ({ ...event, seq }));
  const whole = raised(events, NOON + 100 * HOUR);
  expect(new Set(whole.map(({ rule, seq }) => `${rule} ${seq}`)).size).toBe(whole.length);
  for (let cut = 0; cut <= events.length; cut += 7) {
    const alerts = new Alerts(hours);
    for (const event of events.slice(0, cut)) alerts.take(event);
    // Looking changes nothing.
    alerts.at(NOON + 100 * HOUR);
    for (const event of events.slice(cut)) alerts.take(event);
    expect(alerts.at(NOON + 100 * HOUR)).toEqual(whole);
  }
});
