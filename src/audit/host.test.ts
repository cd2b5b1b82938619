/** Over a real ledger: what is open is told once, again after a crash and no more than that, and with each event that others enter. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { firstHome, ownFolder } from '../../test/support/first-home.ts';
import { Alerts, type Alert } from '../alerts/evaluate.ts';
import { ledgerPaths } from '../ledger/files.ts';
import type { LedgerEntry } from '../ledger/types.ts';
import { Endpoint } from '../process/endpoint.ts';
import { linkPair } from '../process/link.fixture.ts';
import { appendEvent, openInstallation } from '../services/installation/installation.ts';
import { testEvent } from '../ledger/fixture.ts';
import { DAY_MS } from '../types/units.ts';
import { MOST_NAMED_FILES } from '../types/words.ts';
import { AuditHost, FILES_MS, openAlertsOf } from './host.ts';
import { auditParentService, auditService, MOST_TOLD, type AuditParentInput, type AuditParentService, type AuditService, type OpenAlerts } from './service.ts';
import { waitFor } from '../../test/support/wait-for.ts';

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** Main, as far as this process hears of it. @param program where the program is that is looked at */
function begin(home: string, now: () => number = Date.now, program?: string) {
  const [inside, outside] = linkPair();
  const told: OpenAlerts[] = [];
  const blind: string[] = [];
  const files: AuditParentInput<'files'>[] = [];
  const main = new Endpoint<AuditParentService, AuditService>({
    table: auditParentService,
    handlers: {
      ready: () => {},
      alerts: (open) => void told.push(open),
      blind: ({ sentence }) => void blind.push(sentence),
      sent: () => ({}),
      sink: () => ({}),
      sinkEnds: () => ({}),
      files: (found) => {
        files.push(found);
        return {};
      },
    },
    theirs: auditService,
    door: () => undefined,
    post: (message) => outside.post(message),
    frame: () => {},
    trouble: () => {},
    bad: () => {
      throw new Error('a message that is none');
    },
  });
  outside.onMessage((message) => main.receive(message));
  new AuditHost({ link: inside, now, program, exit: () => {} });
  main.tell('configure', { home });
  ends.push(() => outside.close());
  return { told, blind, files, look: () => main.ask('look', {}) };
}

/** @param program where what was signed for lies; none: nothing was. */
async function installation(program?: string) {
  const { home, identity } = await firstHome(ownFolder(), { program });
  identity.destroy();
  const site = await openInstallation({ env: { WARDMUX_HOME: home.folder } });
  return { home, enter: (entry: LedgerEntry) => appendEvent(site, entry) };
}
const names = ({ alerts }: OpenAlerts): string[] => alerts.map(({ rule }) => rule);
const refused: LedgerEntry = { action: 'policy.refused', detail: { reason: 'changed' } };

test('what is open is told when the ledger was read, and again when there is another one, and not in between', async () => {
  const { home, enter } = await installation();
  await enter(refused);
  const host = begin(home.folder);
  await waitFor(() => expect(host.told.map(names)).toEqual([['policy-file']]));
  // What is entered and raises nothing is no news.
  await enter({ action: 'app.stop', detail: {} });
  expect(names(await host.look())).toEqual(['policy-file']);
  await enter({ action: 'backoff.tampered', detail: { how: 'set-back' } });
  const open = await host.look();
  // Those that cannot wait first.
  expect(names(open)).toEqual(['tampered', 'policy-file']);
  expect(open).toMatchObject({ all: 2, page: 1 });
  expect(host.told.map(names)).toEqual([['policy-file'], ['tampered', 'policy-file']]);
});

test('after a crash the same alerts are there, each once', async () => {
  const { home, enter } = await installation();
  for (let n = 0; n < 3; n++) await enter(refused);
  await enter({ action: 'backoff.tampered', detail: { how: 'set-back' } });
  const before = await begin(home.folder).look();
  const after = await begin(home.folder).look();
  expect(after).toEqual(before);
  expect(before.alerts.map(({ rule, count }) => [rule, count])).toEqual([
    ['tampered', 1],
    ['policy-file', 3],
  ]);
});

test('a ledger that does not hold has no alerts: that is said, and they are there again when it holds', async () => {
  const { home, enter } = await installation();
  await enter(refused);
  const { events } = ledgerPaths(home.ledger);
  const good = readFileSync(events);
  const bad = Buffer.from(good);
  bad[bad.indexOf('"action"') + 10]! ^= 1;
  writeFileSync(events, bad);
  const host = begin(home.folder);
  await waitFor(() => expect(host.blind).toHaveLength(1));
  expect(host.blind[0]).toContain('Nothing is shown of a ledger that does not hold');
  await expect(host.look()).rejects.toMatchObject({ code: 'blind' });
  writeFileSync(events, good);
  expect(names(await host.look())).toEqual(['policy-file']);
  // What nobody vouched for is an append that is under way, and no event.
  appendFileSync(events, '{"seq":');
  expect(names(await host.look())).toEqual(['policy-file']);
});

test('an emergency, which has three days to be reviewed, stands before what can wait and came sooner', () => {
  const alerts = new Alerts({ timeZone: 'UTC', days: [], from: 0, to: 0 });
  alerts.take(testEvent(0, { action: 'ledger.unvouched', detail: { file: 'events', lines: 1, bytes: 1 } }));
  alerts.take(
    testEvent(1, { action: 'breakglass.start', person: 'p-000000000001', detail: { breakGlass: 'b-000000000001', reason: 'system-down', minutes: 60 } }),
  );
  alerts.take(testEvent(2, { action: 'backoff.tampered', detail: { how: 'set-back' } }));
  const told = openAlertsOf(alerts.at(0), 3).alerts;
  expect(told.map(({ severity }) => severity)).toEqual(['page', 'page', 'warn']);
  expect(told.map(({ rule }) => rule)).toContain('break-glass');
  // By time and number alone it would be the last one.
  expect(told.map(({ seq }) => seq)).toEqual([2, 1, 0]);
});

test('of a flood those are told that cannot wait, and how many there are', () => {
  const alerts = new Alerts({ timeZone: 'UTC', days: [], from: 0, to: 0 });
  const many = MOST_TOLD + 50;
  for (let seq = 0; seq < many; seq++)
    alerts.take(
      testEvent(
        seq,
        seq < 50 ? { action: 'ledger.unvouched', detail: { file: 'events', lines: 1, bytes: 1 } } : { action: 'backoff.tampered', detail: { how: 'set-back' } },
      ),
    );
  const all: readonly Alert[] = alerts.at(0);
  expect(all).toHaveLength(many);
  const told = openAlertsOf(all, many);
  expect(told).toMatchObject({ events: many, all: many, page: MOST_TOLD });
  // Three days are longer than four hours: those that can wait are the ones that are left out.
  expect(new Set(names(told))).toEqual(new Set(['tampered']));
});

test('the program’s files are looked at some time after a start and then once a day: not while somebody waits for the start, and not of an installation that has signed for none', async () => {
  const program = ownFolder();
  writeFileSync(join(program, 'package.json'), '{}');
  const [signed, unsigned] = [await installation(program), await installation()];
  mkdirSync(join(program, 'dist'));
  for (let n = 0; n <= MOST_NAMED_FILES; n++) writeFileSync(join(program, 'dist', `${n}.mjs`), '');
  const began = Date.now();
  let ahead = 0;
  const now = (): number => began + ahead;
  const [host, other] = [begin(signed.home.folder, now, program), begin(unsigned.home.folder, now, program)];
  await Promise.all([host.look(), other.look()]);
  expect([host.files, other.files]).toEqual([[], []]);
  ahead = FILES_MS + 1000;
  await waitFor(() => expect(host.files).toHaveLength(1));
  expect(host.files[0]).toMatchObject({ check: { differences: MOST_NAMED_FILES + 1 }, updated: null });
  expect(host.files[0]!.differs.map(({ part, how }) => `${part} ${how}`)).toEqual(Array(MOST_NAMED_FILES).fill('program added'));
  // It has its answer before this one. Nobody has entered it: a day later it is still to be.
  await host.look();
  ahead += DAY_MS;
  await waitFor(() => expect(host.files).toHaveLength(2));
  expect(other.files).toEqual([]);
});
