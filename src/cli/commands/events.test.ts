/** `wardmux events` shows what is asked for, of a ledger that holds only, enters each reading, and follows without losing or repeating anything. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runHere } from '../../../test/support/run-here.ts';
import { appendEvent, openInstallation } from '../../services/installation/installation.ts';
import type { CliIo } from '../io.ts';

let place: string;
let home: string;

const wardmux = (...args: string[]) => runHere(args, { home, place });
interface Shown {
  readonly seq: number;
  readonly action: string;
  readonly person?: string;
  readonly time: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}
const lines = (out: string): Shown[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Shown);
const shown = async (...args: string[]) => {
  const { status, out, err } = await wardmux('events', '--json', ...args);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return lines(out);
};

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-events-'));
  home = join(place, 'home');
  writeFileSync(join(place, 'passphrase'), 'kettle orbit willow prairie stamp\n');
  const fd = openSync(join(place, 'passphrase'), 'r');
  expect(await wardmux('init', '--name', 'Ada Example', '--passphrase-fd', String(fd), '--audit-key-out', join(place, 'audit.json'))).toMatchObject({
    status: 0,
  });
  try {
    closeSync(fd);
  } catch {
    // The command closed it.
  }
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('all of it, in order, byte for byte as it is stored, and the reading itself as its last event', async () => {
  const { out } = await wardmux('events', '--json');
  expect(out).toBe(readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8'));
  const events = lines(out);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n));
  expect(events.at(-1)).toMatchObject({ action: 'ledger.read', detail: { how: 'list' } });
  const [text] = (await wardmux('events', '--action', 'first-run')).out.split('\n');
  expect(text).toMatch(/^\d+ \d{4}-\S+ first-run p-\S+ auditKeys=/);
});

test('by action, by the first words of several, by person and by time; together they narrow', async () => {
  const all = await shown();
  expect(await shown('--action', 'first-run')).toEqual(all.filter(({ action }) => action === 'first-run'));
  const people = await shown('--action', 'person.*', '--action', 'policy.change');
  expect(people.length).toBeGreaterThan(2);
  expect(people).toEqual(all.filter(({ action }) => action.startsWith('person.') || action === 'policy.change'));
  const ada = all.find(({ action }) => action === 'first-run')!.person!;
  const hers = await shown('--person', 'ada example');
  expect(hers.length).toBeGreaterThan(1);
  expect(hers).toEqual((await shown('--person', ada)).slice(0, hers.length));
  expect(hers.every(({ person }) => person === ada)).toBe(true);
  const { time } = all[2]!;
  expect(await shown('--until', time, '--action', 'person.*')).toEqual(people.filter((one) => one.action.startsWith('person.') && one.time <= time));
  expect(await wardmux('events', '--since', '2200-01-01')).toMatchObject({ status: 0, out: '', err: 'The ledger has no such event.\n' });
});

test('a word, a name or a span that finds nothing by mistake is refused, and nothing is entered', async () => {
  const before = readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8');
  expect(await wardmux('events', '--action', 'unlokc')).toMatchObject({ status: 2, out: '', err: expect.stringContaining('There is unlock') });
  expect(await wardmux('events', '--person', 'Nobody')).toMatchObject({ status: 2, out: '', err: expect.stringContaining('Nobody here has') });
  expect(await wardmux('events', '--since', '2026-11-29', '--until', '2026-11-28')).toMatchObject({ status: 2, out: '' });
  expect(await wardmux('events', '--since', '2026-02-30')).toMatchObject({ status: 2, out: '' });
  expect(readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')).toBe(before);
});

/** Follows until `--until` is over, by a clock of this test: `steps` happen one at each look. */
async function follow(steps: readonly (() => Promise<void> | void)[], args: readonly string[] = []): Promise<{ status: number; events: Shown[]; err: string }> {
  let at = Date.now();
  let step = 0;
  const end = at + 60_000;
  const io: Partial<CliIo> = {
    now: () => at,
    wait: async () => {
      if (step < steps.length) await steps[step++]!();
      else at = end + 1;
    },
  };
  const { status, out, err } = await runHere(['events', '--follow', '--json', '--until', new Date(end).toISOString(), ...args], { home, place }, io);
  return { status, events: lines(out), err };
}
const enter = async (...entries: Parameters<typeof appendEvent>[1][]): Promise<void> => {
  const site = await openInstallation({ env: { WARDMUX_HOME: home, HOME: place } });
  for (const entry of entries) await appendEvent(site, entry);
};

test('a follower is given each event once and in order, whoever enters it, and only those that are asked for', async () => {
  const stop = { action: 'app.stop' } as const;
  const start = { action: 'app.start', detail: { version: '1.2.3', host: 'cli' } } as const;
  const { status, events } = await follow([() => enter(start, stop), () => {}, () => enter(start)]);
  expect(status).toBe(0);
  const read = events.findIndex(({ detail }) => detail?.['how'] === 'follow');
  expect(events.slice(read + 1).map(({ action }) => action)).toEqual(['app.start', 'app.stop', 'app.start']);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n));
  const asked = await follow([() => enter(start, stop)], ['--action', 'app.stop', '--since', events.at(-1)!.time]);
  expect(asked.events.map(({ action }) => action)).toEqual(['app.stop']);
});

test('a follower of a ledger that is set back says so, and ends', async () => {
  const names = ['events.jsonl', 'checkpoints.jsonl', 'head'];
  const files = (): Buffer[] => names.map((name) => readFileSync(join(home, 'ledger', name)));
  const put = (all: readonly Buffer[]): void => names.forEach((name, n) => writeFileSync(join(home, 'ledger', name), all[n]!));
  const before = files();
  let whole = before;
  const setBack = (): void => {
    whole = files();
    put(before);
  };
  const { status, events, err } = await follow([setBack]);
  put(whole);
  expect({ status, err }).toEqual({ status: 51, err: expect.stringContaining('no longer goes on from') });
  expect(events.at(-1)).toMatchObject({ detail: { how: 'follow' } });
});

test('a ledger that does not hold shows nothing', async () => {
  const path = join(home, 'ledger', 'events.jsonl');
  const bytes = readFileSync(path, 'utf8');
  writeFileSync(path, bytes.replace('"action":"first-run"', '"action":"first-rum"'));
  expect(await wardmux('events')).toMatchObject({ status: 7, out: '' });
  writeFileSync(path, bytes);
});

test('reports of a span of time: as text, HTML, CSV and JSON, sorted, with names or without; and the making of one is an event', async () => {
  const made = await wardmux('report', 'events', '--action', 'person.*', '--format', 'json', '--sort', 'action');
  const report = JSON.parse(made.out) as { events: Shown[]; ledger: { size: number } };
  expect(report.events.map(({ action }) => action)).toEqual(report.events.map(({ action }) => action).toSorted());
  expect((await shown()).findLast(({ detail }) => detail?.['how'] === 'report')).toBeDefined();
  const page = await wardmux('report', 'review', '--since', '2026-01-01', '--until', '2199-12-31', '--format', 'html');
  expect(page.out).toContain('Ada Example');
  expect(page.out).not.toMatch(/<script|https?:|<img|<link/i);
  expect((await wardmux('report', 'review', '--format', 'html', '--no-names')).out).not.toContain('Ada Example');
  expect((await wardmux('report', 'events', '--format', 'csv')).out).toMatch(/^seq,time,.*\r\n0,/);
  expect(await wardmux('report', 'events', '--sort', 'passphrase')).toMatchObject({ status: 2, out: '' });
  const path = join(place, 'events.csv');
  expect(await wardmux('report', 'events', '--format', 'csv', '--output', path)).toMatchObject({ status: 0, out: '' });
  expect(readFileSync(path, 'utf8')).toContain('first-run');
});
