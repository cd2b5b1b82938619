/** Whoever looks through events in the window: the look is entered before anything is shown, and what was typed is found or refused in words. */
import { expect, test } from 'vitest';
import type { Input } from '../src/bridge/schema.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import { firstHome, ownFolder } from '../test/support/first-home.ts';
import { auditOf, type AuditParts } from './audit.ts';

type Asked = Parameters<AuditParts['keeper']['events']>[0];
const all: Input<'audit.events'> = { kind: 'all', before: null, action: '', person: '', since: '', until: '', count: 50 };

async function start() {
  const { home, identity } = await firstHome(ownFolder());
  const { person } = identity;
  const log: (AuditEntry | Asked)[] = [];
  let takes = true;
  const facts = { people: () => [person.id], person: (id: string) => (id === person.id ? { roles: ['auditor'] } : undefined) };
  const audit = auditOf({
    home,
    gate: { requireSession: () => ({ person }) },
    vaults: {},
    installed: { require: () => ({ ledger: { facts } }) },
    journal: { enter: async (entry: AuditEntry) => (takes && log.push(entry), takes) },
    keeper: {
      events: async (asked: Asked) => {
        log.push(asked);
        return { size: 900, events: [], next: 700, reached: null };
      },
    },
  } as unknown as AuditParts);
  identity.destroy();
  return { audit, log, person, refuse: () => (takes = false) };
}
const looked = { action: 'ledger.read', detail: { how: 'list', window: true } };

test('each look is entered first, going on from it is not another one, and from elsewhere is', async () => {
  const { audit, log, person } = await start();
  await audit.events(all);
  expect(log).toMatchObject([
    { ...looked, person: person.id },
    { before: null, actions: null, people: null },
  ]);
  await audit.events({ ...all, before: 700 });
  expect(log.slice(2)).toMatchObject([{ before: 700 }]);
  await audit.events({ ...all, before: 500 });
  await audit.events({ ...all, kind: 'failed', before: 700 });
  await audit.events(all);
  expect(log.slice(3).map((one) => ('action' in one ? one.action : one.before))).toEqual(['ledger.read', 500, 'ledger.read', 700, 'ledger.read', null]);
});

test('where the look cannot be entered nothing is asked, and nothing is shown', async () => {
  const { audit, log, refuse } = await start();
  refuse();
  await expect(audit.events(all)).rejects.toMatchObject({ code: 'not-entered' });
  expect(log).toEqual([]);
});

test('what was typed is an action or several, somebody, and days; everything else is refused before it is a look', async () => {
  const { audit, log, person } = await start();
  await audit.events({ ...all, action: 'unlock', person: person.id, since: '2026-11-01', until: '2026-11-01' });
  const asked = log.at(-1) as Asked;
  expect(asked).toMatchObject({ actions: ['unlock'], people: [person.id] });
  expect(asked.until! - asked.since!).toBe(86_400_000 - 1);
  await audit.events({ ...all, action: 'hold.*' });
  expect((log.at(-1) as Asked).actions).toEqual(expect.arrayContaining(['hold.set', 'hold.clear']));
  const before = log.length;
  for (const [typed, code] of [
    [{ action: 'nothing' }, 'no-action'],
    [{ person: 'Nobody Known' }, 'nobody'],
    [{ since: 'yesterday' }, 'no-day'],
    [{ until: '2026-13-40' }, 'no-day'],
  ] as const)
    await expect(audit.events({ ...all, ...typed })).rejects.toMatchObject({ code });
  expect(log).toHaveLength(before);
});
