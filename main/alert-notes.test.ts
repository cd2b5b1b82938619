import { expect, test } from 'vitest';
import type { OpenAlert, OpenAlerts } from '../src/audit/service.ts';
import { AlertNotes } from './alert-notes.ts';
import type { DesktopNote } from './machine/desktop-note.ts';

const time = '2026-11-28T12:00:00.000Z';
const alert = (seq: number): OpenAlert => ({
  ...{ rule: 'tampered', seq, severity: 'page', owner: 'security', raised: time, due: time, about: ['p-0a1b2c3d4e5f'], hosts: [], count: 1, last: time },
});
const open = (...seqs: readonly number[]): OpenAlerts => ({ events: 9, all: seqs.length, page: seqs.length, alerts: seqs.map(alert) });

function setup() {
  const notes: DesktopNote[] = [];
  const clock = { now: 0 };
  const told = new AlertNotes({
    notify: async (note) => notes.push(note),
    now: () => clock.now,
  });
  const tick = async (what: OpenAlerts | undefined, ms = 60_000): Promise<readonly string[]> => {
    clock.now += ms;
    told.tick(what);
    await Promise.resolve();
    await Promise.resolve();
    return notes.splice(0).map(({ body, replaces, urgency }) => `${body} ${replaces} ${urgency}`);
  };
  return { tick };
}

test('what is open at the start is told once, another one again, and one that is closed not at all', async () => {
  const { tick } = setup();
  expect(await tick(undefined)).toEqual([]);
  expect(await tick(open())).toEqual([]);
  expect(await tick(open(1, 2))).toEqual(['2 alerts are open. 0 page']);
  expect(await tick(open(1, 2))).toEqual([]);
  expect(await tick(open(2))).toEqual([]);
  // One goes, another comes: as many, and news all the same. It takes the place of the one before.
  expect(await tick(open(3))).toEqual(['1 alert is open. 1 page']);
});

test('in a flood it is told once a minute, and what came meanwhile is not forgotten', async () => {
  const { tick } = setup();
  expect(await tick(open(1), 1000)).toHaveLength(1);
  for (let n = 2; n < 30; n++) expect(await tick(open(1, n), 1000)).toEqual([]);
  expect(await tick(open(1, 30, 31), 60_000)).toEqual(['3 alerts are open. 1 page']);
});

test('the desktop hears how many there are, and nothing of whom or what', async () => {
  const notes: DesktopNote[] = [];
  new AlertNotes({ notify: async (note) => notes.push(note), now: () => 0 }).tick(open(1));
  expect(notes).toEqual([{ summary: 'Wardmux', body: '1 alert is open.', urgency: 'page', replaces: 0 }]);
});
