import { expect, test } from 'vitest';
import { grantOf } from '../../src/access/index.ts';
import type { PersonRecord } from '../../src/people/types.ts';
import { pageRequests } from './page.ts';
import type { RequestParts } from './parts.ts';

/** A workspace that says hello, with somebody in who has these roles. */
async function hello(roles: string[]): Promise<{ readonly told: string[]; readonly asked: number }> {
  const person = { id: 'p-000000000001', name: 'Ada Example', roles } as unknown as PersonRecord;
  const told: string[] = [];
  let asked = 0;
  const parts: Partial<RequestParts> = {
    gate: {
      session: { person, grant: grantOf(person, 'passphrase') },
      attached: () => undefined,
      notice: () => undefined,
    } as unknown as RequestParts['gate'],
    windows: { document: 1, surface: 'workspace', greet: () => undefined },
    vaults: { require: () => ({ connect: async () => new Uint8Array(65), ask: () => Promise.reject(new Error('not here')) }) },
    pty: {
      start: () => undefined,
      ack: () => undefined,
      attach: async () => {
        asked++;
        return { publicKey: new Uint8Array(65), panes: [] };
      },
    },
    workspace: { view: { windows: [] } } as unknown as RequestParts['workspace'],
    unlock: { takeWelcome: () => undefined } as unknown as RequestParts['unlock'],
    status: { line: () => ({}), takeFlags: () => [] } as unknown as RequestParts['status'],
    policy: { look: async () => undefined as never, remind: () => undefined },
    display: { value: {} } as unknown as RequestParts['display'],
    emit: (event) => void told.push(event),
  };
  await pageRequests(parts as RequestParts).hello({ publicKey: '' });
  return { told, asked };
}

test('an operator is shown their panes', async () => {
  const { told, asked } = await hello(['operator']);
  expect([asked, told.includes('view'), told.includes('status')]).toEqual([1, true, true]);
});

test('whoever may not use sessions is in all the same, and sees none: the shells are not asked', async () => {
  const { told, asked } = await hello(['auditor']);
  expect([asked, told.includes('view'), told.includes('status')]).toEqual([0, false, true]);
});
