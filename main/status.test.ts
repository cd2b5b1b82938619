import { expect, test } from 'vitest';
import type { AnchorView } from '../src/anchors/index.ts';
import type { StatusView } from '../src/bridge/schema.ts';
import { alertsLine, isNews, ledgerLine, recordingWord, toldBy } from './status.ts';

const view = (part: Partial<AnchorView>): AnchorView => ({
  name: 'siem',
  kind: 'syslog',
  where: 'siem.example.org:6514',
  grade: 'anchored',
  head: null,
  at: null,
  ageSeconds: null,
  failing: null,
  sentence: 'A sentence.',
  ...part,
});

test.each<[string, readonly AnchorView[], string, string, string]>([
  ['no anchor', [], 'none', 'ledger not anchored', 'No anchor keeps heads of this ledger outside.'],
  ['a fresh head', [view({ ageSeconds: 12 })], 'ok', 'ledger anchored now', 'siem: A sentence.'],
  [
    'the youngest of two',
    [view({ ageSeconds: 3000 }), view({ name: 'share', ageSeconds: 125 })],
    'ok',
    'ledger anchored 2 min',
    'siem: A sentence. share: A sentence.',
  ],
  ['one of two is late', [view({ ageSeconds: 10 }), view({ grade: 'not-anchored' })], 'warn', 'ledger not anchored', 'siem: A sentence. siem: A sentence.'],
  ['an attempt that failed', [view({ grade: 'not-anchored', ageSeconds: 370 })], 'warn', 'ledger not anchored since 6 min', 'siem: A sentence.'],
  ['one of two differs', [view({ grade: 'not-anchored' }), view({ grade: 'diverged' })], 'stop', 'ledger diverged', 'siem: A sentence. siem: A sentence.'],
])('%s', (_, views, level, word, note) => {
  expect(ledgerLine(views, 7, undefined)).toEqual({ level, word, events: 7, note });
  expect(ledgerLine(views, 7, 'Weak key.').note).toBe(`${note} Weak key.`);
});

test('alerts on the line: how many, the worst of them, nothing where there is none, and that nobody knows', () => {
  const open = { events: 9, all: 3, page: 0, alerts: [] };
  expect(alertsLine({ open, blind: undefined })).toEqual({ alerts: { open: 3, worst: 'warn' } });
  const time = '2026-11-28T12:00:00.000Z';
  const silent = {
    rule: 'sink-silent',
    seq: 4,
    severity: 'page',
    owner: 'security',
    raised: time,
    due: time,
    about: [],
    hosts: [],
    count: 1,
    last: time,
  } as const;
  expect(alertsLine({ open: { ...open, page: 1, alerts: [silent] }, blind: undefined })).toEqual({ alerts: { open: 3, worst: 'page' }, forwarder: 'silent' });
  expect(alertsLine({ open: { ...open, page: 1 }, blind: undefined })).toEqual({ alerts: { open: 3, worst: 'page' } });
  expect(alertsLine({ open: { ...open, all: 0 }, blind: undefined })).toEqual({});
  // Before the ledger was read for the first time nothing is wrong yet.
  expect(alertsLine({ open: undefined, blind: undefined })).toEqual({});
  expect(alertsLine({ open: undefined, blind: 'It cannot be read.' })).toEqual({ alerts: null });
});

test('nothing is said to be sealed while no program runs', () => {
  expect(recordingWord(false, 0, 1)).toEqual({ level: 'seal', word: 'sealed' });
  expect(recordingWord(false, 0, 0)).toEqual({ level: 'none', word: 'no shell runs' });
  expect(recordingWord(true, 0, 0).level).toBe('stop');
  expect(recordingWord(false, 1, 1).level).toBe('warn');
});

const line: StatusView = {
  classes: [{ name: 'ops', label: 'ops', look: 'general' }],
  person: 'Ada',
  role: 'operator',
  place: 'nursing',
  permits: ['session.use'],
  recording: { level: 'seal', word: 'sealed', sealedBytes: 100 },
  ledger: { level: 'ok', word: 'ledger anchored now', events: 7, note: '' },
  lockIn: 600,
  idleSeconds: 600,
  warning: false,
};
const emergency = { since: '2026-11-28T19:00:00.000Z', left: 3600, extended: false, reason: 'drill' };

test.each<[string, StatusView, number, StatusView, boolean]>([
  ['nothing but the time that runs down', line, 300, { ...line, lockIn: 300 }, false],
  ['less is left than the page counts, by more than a second', line, 300, { ...line, lockIn: 298 }, true],
  ['a key was pressed, and the minutes hide it', line, 10, { ...line, lockIn: 600 }, false],
  ['keys were pressed for longer', line, 20, { ...line, lockIn: 600 }, true],
  ['a key was pressed near the lock', { ...line, lockIn: 60 }, 10, { ...line, lockIn: 60 }, true],
  ['the warning', line, 570, { ...line, lockIn: 30, warning: true }, true],
  ['a shell has printed', line, 1, { ...line, lockIn: 599, recording: { ...line.recording, sealedBytes: 101 } }, true],
  ['an emergency runs down', { ...line, emergency }, 5, { ...line, lockIn: 595, emergency: { ...emergency, left: 3595 } }, false],
  ['it was extended', { ...line, emergency }, 5, { ...line, lockIn: 595, emergency: { ...emergency, left: 7195 } }, true],
  ['it is over', { ...line, emergency }, 5, { ...line, lockIn: 595 }, true],
])('%s: whether the line has to be told', (_, before, seconds, now, news) => {
  expect(isNews(toldBy(before, 50_000), toldBy(now, 50_000 + seconds * 1000), now.lockIn)).toBe(news);
});

test('a line that was never told is', () => expect(isNews(undefined, toldBy(line, 0), 600)).toBe(true));
