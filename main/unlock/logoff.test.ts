/** Shells that the policy lets run on after a logoff: who is told of whose, who ends them, and what whoever it was is told. */
import { expect, test } from 'vitest';
import type { LogoffFacts } from '../../src/ledger/facts.ts';
import type { AuditEntry } from '../../src/ledger/events.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { Logoff, logoffNote, type LogoffParts } from './logoff.ts';

const ada = 'p-000000000001';
const jo = 'p-000000000002';

function station({ holds = true } = {}) {
  const shells = new Map<string, number>([
    [ada, 3],
    [jo, 1],
  ]);
  const log: AuditEntry[] = [];
  const at = { away: [] as { readonly person: string }[], in: jo as string | undefined, whole: true, left: 0 };
  const logoff = new Logoff({
    gate: {
      proven: Promise.resolve(),
      holdsKey: true,
      get session() {
        return at.in && { person: { id: at.in }, grant: { breakGlass: null } };
      },
      requireSession: () => ({ person: { id: at.in } }),
      requireWhole: () => {
        if (!at.whole) throw new Refusal('degraded', 'The ledger cannot be written.');
      },
    },
    machine: at,
    installed: { current: { policy: { policy: { lock: { holdShells: holds } } }, ledger: { facts: { person: () => undefined } } } },
    journal: { log: (entry: AuditEntry) => void log.push(entry) },
    pty: { retire: () => {} },
    workspace: {
      shellCount: 1,
      shellsOf: (id: string) => shells.get(id) ?? 0,
      logOff: async (id: string) => {
        const ended = (shells.get(id) ?? 0) - at.left;
        shells.set(id, at.left);
        return { ended, left: at.left };
      },
    },
    memory: { forget: () => {} },
    home: { people: '/nowhere' },
  } as unknown as LogoffParts);
  return { logoff, log, shells, at };
}

test('what runs on after a logoff is listed, as long as it runs and its person is not back; what waits behind a lock is not', async () => {
  const { logoff, shells, at } = station();
  expect(logoff.held).toEqual([]);
  await logoff.loggedOff(ada, 'park', undefined);
  expect(logoff.held).toEqual([{ id: ada, since: expect.stringMatching(/^\d{4}-.*Z$/) as unknown }]);
  at.in = ada;
  expect(logoff.held).toEqual([]);
  Object.assign(at, { in: undefined, away: [{ person: ada }] });
  expect(logoff.held).toEqual([]);
  at.away = [];
  expect(logoff.held).toHaveLength(1);
  shells.set(ada, 0);
  expect(logoff.held).toEqual([]);
});

test('nothing is held where the policy ends shells, nor of whoever was stopped', async () => {
  const ends = station({ holds: false });
  await ends.logoff.loggedOff(ada, 'park', undefined);
  const stopped = station();
  await stopped.logoff.loggedOff(ada, 'stopped', undefined);
  expect([ends.logoff.held, stopped.logoff.held]).toEqual([[], []]);
  expect(stopped.log).toMatchObject([{ action: 'session.logoff', detail: { ended: 3, held: 0 } }]);
});

test('whoever may ends what is held, and it is entered under their name; nobody ends what is not, nor where that cannot be entered', async () => {
  const { logoff, log, shells, at } = station();
  await expect(logoff.endHeld(ada)).rejects.toMatchObject({ code: 'not-held' });
  await logoff.loggedOff(ada, 'park', undefined);
  at.whole = false;
  await expect(logoff.endHeld(ada)).rejects.toMatchObject({ code: 'degraded' });
  expect(shells.get(ada)).toBe(3);
  at.whole = true;
  expect(await logoff.endHeld(ada)).toContain('3 shells of p-000000000001 ended.');
  expect(log.at(-1)).toEqual({ action: 'session.ended', person: jo, detail: { of: ada, ended: 3 } });
  await expect(logoff.endHeld(ada)).rejects.toMatchObject({ code: 'not-held' });
});

test('a shell that does not end in time is said and stays listed', async () => {
  const { logoff, log, at } = station();
  await logoff.loggedOff(ada, 'park', undefined);
  at.left = 1;
  expect(await logoff.endHeld(ada)).toMatch(/^2 shells .* One shell had not ended in time/);
  expect(log.at(-1)).toMatchObject({ detail: { of: ada, ended: 2, left: 1 } });
  expect(logoff.held).toHaveLength(1);
});

test('at the next unlock somebody is told that theirs ran on, and who has ended it since', () => {
  const fact: LogoffFacts = { seq: 9, time: new Date().toISOString(), cause: 'logoff', ended: 0, held: 3 };
  const told = (logoff: LogoffFacts): string | undefined =>
    logoffNote({ untold: () => ({ since: 5, failures: 0 }), logoff: () => logoff }, ada, (id) => (id === jo ? 'Jo Varga' : id));
  expect(told(fact)).toContain('3 shells ran on, recorded, as the policy says.');
  expect(told({ ...fact, by: jo })).toContain('3 shells ran on, recorded, until Jo Varga ended what was left');
  expect(told({ ...fact, seq: 4 })).toBeUndefined();
});
