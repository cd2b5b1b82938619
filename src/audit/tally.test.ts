/** What the pictures are drawn from: by the hours and days of the site's clock, of the last days alone, whatever the ledger has. */
import { expect, test } from 'vitest';
import { testEvent } from '../ledger/fixture.ts';
import type { LedgerEntry } from '../ledger/types.ts';
import { Tally } from './tally.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Friday, 15:30 in Kolkata and 10:00 in UTC. */
const NOW = Date.parse('2026-11-27T10:00:00.000Z');
const ada = 'p-0a1b2c3d4e5f';
const site = { timeZone: 'Asia/Kolkata', days: [1, 2, 3, 4, 5], from: 6, to: 20 };
const failed: LedgerEntry = { action: 'unlock', person: ada, outcome: 'failure', detail: { method: 'passphrase', reason: 'wrong-passphrase' } };
const begun: LedgerEntry = { action: 'recording.start', person: ada };

function pictures(...list: readonly (readonly [at: number, entry: LedgerEntry])[]) {
  const tally = new Tally();
  for (const [seq, [at, entry]] of list.entries()) tally.take(testEvent(seq, entry, new Date(at).toISOString()), NOW);
  return tally.at(NOW, site);
}
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

test('failed unlocks stand in the hour that the clock of the site showed, and a cancelled passkey is none', () => {
  const cancelled: LedgerEntry = { ...failed, detail: { method: 'passkey', reason: 'passkey-not-used' } };
  // 14:45 and 15:15 there: a half hour off from UTC, and yet two hours.
  const { failed: shown } = pictures([NOW - 45 * 60_000, failed], [NOW - 15 * 60_000, failed], [NOW, cancelled], [NOW - 25 * HOUR, failed]);
  expect(shown.hours).toHaveLength(24);
  expect(shown.hours.slice(-2)).toEqual([
    { day: '2026-11-27', hour: 14, count: 1 },
    { day: '2026-11-27', hour: 15, count: 1 },
  ]);
  expect(sum(shown.hours.map(({ count }) => count))).toBe(2);
  expect(shown.threshold).toEqual({ count: 10, minutes: 10 });
});

test('what people did stands in its day and hour, and the hours in which the site does not work are odd', () => {
  const lock: LedgerEntry = { action: 'lock', person: ada, detail: { cause: 'user' } };
  const { activity } = pictures([NOW, lock], [NOW - 5 * DAY, lock], [NOW, { action: 'app.stop', detail: {} }]);
  expect(activity.map(({ day }) => day)).toEqual(['2026-11-21', '2026-11-22', '2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27']);
  expect(activity.at(-1)!.of[15]).toEqual({ count: 1, odd: false });
  // A Sunday.
  expect(activity[1]!.of[15]).toEqual({ count: 1, odd: true });
  expect(activity.at(-1)!.of.map(({ odd }) => odd)).toEqual(Array.from({ length: 24 }, (_, hour) => hour < 6 || hour >= 20));
  expect(sum(activity.flatMap(({ of }) => of.map(({ count }) => count)))).toBe(2);
});

test('recordings are counted by day; those of other weeks, and of a clock that was far ahead, are not', () => {
  const { recordings, activity } = pictures([NOW, begun], [NOW - DAY, begun], [NOW - DAY, begun], [NOW - 40 * DAY, begun], [NOW + 3 * DAY, begun]);
  expect(recordings).toHaveLength(14);
  expect(recordings.slice(-2)).toEqual([
    { day: '2026-11-26', of: 2 },
    { day: '2026-11-27', of: 1 },
  ]);
  expect(sum(recordings.map(({ of }) => of))).toBe(3);
  expect(activity.at(-1)!.day).toBe('2026-11-27');
});

test('a year of events takes no more than the last weeks of it', () => {
  const tally = new Tally();
  const from = NOW - 365 * DAY;
  for (let n = 0; n < 365 * 24 * 4; n++) {
    const at = from + n * 15 * 60_000;
    tally.take(testEvent(n, failed, new Date(at).toISOString()), at);
  }
  expect(tally.size).toBeLessThan(3000);
  expect(sum(tally.at(NOW, site).failed.hours.map(({ count }) => count))).toBeGreaterThan(80);
});
