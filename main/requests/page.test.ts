import { expect, test } from 'vitest';
import { waitFor } from '../../test/support/wait-for.ts';
import { grantOf } from '../../src/access/index.ts';
import type { Person } from '../../src/people/types.ts';
import type { AttachedPane } from '../../src/pty/service.ts';
import { pageRequests } from './page.ts';
import type { RequestParts } from './parts.ts';

/** A workspace that says hello, with somebody in who has these roles. */
async function hello(
  roles: string[],
  more: Partial<RequestParts> = {},
): Promise<{ readonly told: string[]; readonly asked: number; readonly noticed: string[] }> {
  const person = { id: 'p-000000000001', name: 'Ada Example', roles } as unknown as Person;
  const told: string[] = [];
  const noticed: string[] = [];
  let asked = 0;
  const requests = pageRequestsWith(
    person,
    {
      pty: {
        start: () => undefined,
        ack: () => undefined,
        attach: async () => {
          asked++;
          return { publicKey: new Uint8Array(65), panes: [] };
        },
      },
      emit: (event) => void told.push(event),
      ...more,
    },
    noticed,
  );
  await requests.hello({ publicKey: '' });
  return { told, asked, noticed };
}

/** The requests of a workspace's page, with this person in. @param noticed takes what is noticed */
function pageRequestsWith(person: Person, more: Partial<RequestParts>, noticed: string[] = []): ReturnType<typeof pageRequests> {
  const parts: Partial<RequestParts> = {
    gate: {
      session: { person, grant: grantOf(person, 'passphrase') },
      greeted: () => undefined,
      notice: (level: string, sentence: string) => void noticed.push(`${level}: ${sentence}`),
    } as unknown as RequestParts['gate'],
    windows: { document: 1, surface: 'workspace', greet: () => undefined },
    vaults: { require: () => ({ connect: async () => new Uint8Array(65), ask: () => Promise.reject(new Error('not here')) }) },
    workspace: { view: { windows: [] } } as unknown as RequestParts['workspace'],
    welcomes: { takeWelcome: () => undefined, takeNotes: () => [] },
    status: { line: () => ({}), takeFlags: () => [] } as unknown as RequestParts['status'],
    policy: { look: async () => undefined as never, remind: async () => undefined },
    consent: { asked: () => undefined, accept: async () => undefined },
    reasons: { asked: () => undefined, of: () => undefined, give: async () => undefined },
    breakGlass: { leave: () => undefined, ask: async () => undefined, admit: async () => undefined },
    display: { value: {} } as unknown as RequestParts['display'],
    emit: () => undefined,
    ...more,
  };
  return pageRequests(parts as RequestParts);
}

test('an operator is shown their panes', async () => {
  const { told, asked } = await hello(['operator']);
  expect([asked, told.includes('view'), told.includes('status')]).toEqual([1, true, true]);
});

test('whoever may not use sessions is in all the same, and sees none: the shells are not asked', async () => {
  const { told, asked } = await hello(['auditor']);
  expect([asked, told.includes('view'), told.includes('status')]).toEqual([0, false, true]);
});

test('whoever got new keys hears of a policy that was changed after that, though they were never let in by them', async () => {
  const reminded: (string | null | undefined)[] = [];
  const rebound = '2026-11-29T12:51:51.227Z';
  await hello(['operator'], {
    welcomes: { takeWelcome: () => ({ told: { lastUnlock: null, failures: 0 }, until: rebound }), takeNotes: () => [] },
    policy: { look: async () => undefined as never, remind: async (until) => void reminded.push(until) },
  });
  expect(reminded).toEqual([rebound]);
});

test('the audit key that nobody has shown to lie elsewhere is a quiet line once a day, at an unlock that is not the first', async () => {
  const kid = 'audit-7f3ac210';
  const logged: string[] = [];
  const key = (asked: string | null, apart = false) => ({ kid, inForce: [{ from: 0, to: null }], apart, asked });
  const at = (lastUnlock: string | null, facts: unknown): ReturnType<typeof hello> =>
    hello(['operator'], {
      welcomes: { takeWelcome: () => ({ told: { lastUnlock, failures: 0 }, until: lastUnlock }), takeNotes: () => [] },
      installed: { current: { ledger: { facts: { auditKeys: () => [facts] } } } } as unknown as RequestParts['installed'],
      journal: { log: ({ action }: { action: string }) => void logged.push(action) } as unknown as RequestParts['journal'],
    });
  const before = '2026-01-01T00:00:00Z';
  expect((await at(null, key(null))).noticed).toEqual([]);
  expect((await at(before, key(null))).noticed).toEqual([expect.stringMatching(new RegExp(`^note: .*${kid}.*wardmux audit-key prove FILE$`))]);
  expect(logged).toEqual(['audit-key.asked']);
  expect((await at(before, key(new Date().toISOString()))).noticed).toEqual([]);
  expect((await at(before, key(before, true))).noticed).toEqual([]);
  expect(logged).toEqual(['audit-key.asked']);
});

const shown = (pane: number): AttachedPane => ({ pane, recording: `r-${pane}`, written: {} as AttachedPane['written'], seen: 0 });

test('the vault rebuilds the panes as soon as the shells have answered: the page is not waited for, and is told of the shells before', async () => {
  const order: string[] = [];
  const ask = async (request: string, { pane }: { readonly pane?: number }): Promise<never> => (order.push(`${request} ${pane}`), {} as never);
  await hello(['operator'], {
    vaults: { require: () => ({ connect: async () => new Uint8Array(65), ask }) } as unknown as RequestParts['vaults'],
    pty: { start: () => undefined, ack: () => undefined, attach: async () => ({ publicKey: new Uint8Array(65), panes: [shown(0), shown(3)] }) },
    emit: (event, payload) => void order.push(event === 'channel' ? `channel ${(payload as { peer: string }).peer}` : event),
  });
  expect(order.filter((each) => /^(channel|rebuild)/.test(each))).toEqual(['channel vault', 'channel pty', 'rebuild 0', 'rebuild 3']);
});

test('nothing is rebuilt for a page in whose place another one has come while the shells were asked', async () => {
  const windows = { document: 1, surface: 'workspace' as const, greet: () => undefined };
  const asked: string[] = [];
  const attach = async (): Promise<{ publicKey: Uint8Array; panes: AttachedPane[] }> => {
    windows.document++;
    return { publicKey: new Uint8Array(65), panes: [shown(0)] };
  };
  const said = hello(['operator'], {
    windows,
    vaults: {
      require: () => ({ connect: async () => new Uint8Array(65), ask: async (request: string) => void asked.push(request) }),
    } as unknown as RequestParts['vaults'],
    pty: { start: () => undefined, ack: () => undefined, attach },
  });
  await expect(said).rejects.toThrow('This page was replaced.');
  expect(asked).toEqual([]);
});

test('of hellos of one document the vault rebuilds once, for the page whose key was proven', async () => {
  const order: string[] = [];
  const refused: string[] = [];
  const attaching: (() => void)[] = [];
  const person = { id: 'p-000000000001', name: 'Ada Example', roles: ['operator'] } as unknown as Person;
  const name = (key: Uint8Array): string => Buffer.from(key).toString('latin1');
  const said: Promise<unknown>[] = [];
  const requests = pageRequestsWith(person, {
    vaults: {
      require: () => ({
        connect: async (key: Uint8Array) => (order.push(`vault ${name(key)}`), new Uint8Array(65)),
        ask: async (request: string, { page }: { readonly page: Uint8Array }) => void order.push(`${request} ${name(page)}`),
      }),
    } as unknown as RequestParts['vaults'],
    pty: {
      start: () => undefined,
      ack: () => undefined,
      attach: async () => {
        await new Promise<void>((resolve) => attaching.push(resolve));
        return { publicKey: new Uint8Array(65), panes: [shown(0)] };
      },
    },
  });
  const say = async (key: string): Promise<void> => {
    const before = attaching.length;
    said.push(requests.hello({ publicKey: Buffer.from(key).toString('base64') }).catch((error: Error) => refused.push(`${key}: ${error.message}`)));
    await waitFor(() => expect(attaching).toHaveLength(before + 1));
  };
  await say('k1');
  await say('k2');
  for (const go of attaching) go();
  await Promise.all(said);
  expect(order).toEqual(['vault k1', 'vault k2', 'rebuild k2']);
  // A flood of them costs no more.
  for (const key of ['k3', 'k4', 'k5']) {
    await say(key);
    attaching.at(-1)!();
    await Promise.all(said);
  }
  expect(order.slice(3)).toEqual(['vault k3', 'vault k4', 'vault k5']);
  expect(refused).toEqual(['k1: This page was replaced.']);
});
