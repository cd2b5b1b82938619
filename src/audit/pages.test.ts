/** Pages of events, from the end of a real ledger: every event once and in order, whatever is asked for; and none of a ledger that is not what was signed for. */
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { firstHome, ownFolder } from '../../test/support/first-home.ts';
import type { AuditEntry } from '../ledger/events.ts';
import { ledgerPaths } from '../ledger/files.ts';
import { openInstallation, withLedger, type OpenInstallation } from '../services/installation/installation.ts';
import { pageOf, type EventPage, type PageQuery } from './pages.ts';

let site: OpenInstallation;
const bo = 'p-112233445566';
/** More than are proven together. */
const MANY = 300;

beforeAll(async () => {
  const { home, identity } = await firstHome(ownFolder());
  identity.destroy();
  site = await openInstallation({ env: { WARDMUX_HOME: home.folder } });
  await withLedger(site, async ({ ledger }) => {
    const refused: AuditEntry = { action: 'unlock', outcome: 'failure', person: bo, detail: { method: 'passphrase', reason: 'wrong-passphrase' } };
    await ledger.append(refused);
    for (let n = 0; n < MANY; n++) await ledger.append(n % 100 === 50 ? refused : { action: 'app.stop', detail: {} });
  });
});

const all: PageQuery = { kind: 'all', before: null, count: 100 };
const page = (query: Partial<PageQuery> = {}, raised: (seq: number) => 'warn' | undefined = () => undefined): Promise<EventPage> =>
  pageOf(site.home.ledger, site.noteKey, { ...all, ...query }, raised);
const seqs = ({ events }: EventPage): number[] => events.map(({ event }) => event.seq);

/** Everything that a question finds, page after page. */
async function everything(query: Partial<PageQuery>): Promise<number[]> {
  const found: number[] = [];
  for (let before: number | null = null; ;) {
    const one: EventPage = await page({ ...query, before });
    found.push(...seqs(one));
    if (one.next === null) return found;
    before = one.next;
  }
}

test('page after page there is every event once, newest first, down to the first', async () => {
  const { size } = await page();
  const down = Array.from({ length: size }, (_, n) => size - 1 - n);
  expect(size).toBeGreaterThan(MANY);
  expect(seqs(await page())).toEqual(down.slice(0, 100));
  expect(await everything({ count: 97 })).toEqual(down);
  expect(await everything({ count: 1000 })).toEqual(down);
  expect(await page({ before: 0 })).toMatchObject({ events: [], next: null, reached: null });
  // A number that is none yet is the end.
  expect(seqs(await page({ before: size + 5, count: 2 }))).toEqual(down.slice(0, 2));
});

test('what is asked for is found in all of it: a sort, an action, a person, a span, what raised an alert', async () => {
  const failed = await everything({ kind: 'failed' });
  expect(failed).toHaveLength(1 + MANY / 100);
  expect(await everything({ actions: new Set(['unlock']), count: 2 })).toEqual(failed);
  expect(await everything({ people: new Set([bo]) })).toEqual(failed);
  expect(await everything({ people: new Set(['p-000000000000']) })).toEqual([]);
  expect(await everything({ until: 0 })).toEqual([]);
  expect(await everything({ kind: 'emergencies' })).toEqual([]);
  expect(seqs(await page({ kind: 'alerts' }, (seq) => (seq === failed[2] ? 'warn' : undefined)))).toEqual([failed[2]]);
  expect((await page({ kind: 'changes' })).events.map(({ event }) => event.action)).toContain('policy.change');
});

test('an event that is not the one that was signed for is never shown', async () => {
  const { events } = ledgerPaths(site.home.ledger);
  const good = readFileSync(events);
  const bad = Buffer.from(good);
  bad[bad.lastIndexOf('wrong-passphrase')]! ^= 1;
  writeFileSync(events, bad);
  try {
    await expect(everything({})).rejects.toMatchObject({ code: 'corrupt' });
  } finally {
    writeFileSync(events, good);
  }
  expect(seqs(await page({ count: 1 }))).toHaveLength(1);
});
