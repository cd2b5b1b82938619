import { expect, test } from 'vitest';
import { doorNames } from '../src/access/index.ts';
import type { AuditEntry } from '../src/ledger/events.ts';
import { Refusals } from './refusals.ts';

test('of a flood of denials the ledger names who stood at that door', () => {
  const peers = doorNames.map((door) => {
    const told: AuditEntry[] = [];
    const refusals = new Refusals(
      (entry) => told.push(entry),
      () => 0,
    );
    for (let i = 0; i < 100; i++) refusals.denied(door, { needs: 'recording.replay.own', why: 'locked', person: undefined });
    const floods = told.filter(({ action }) => action === 'bridge.refused').map(({ detail }) => detail as Record<string, unknown>);
    expect(floods).toEqual([{ peer: expect.any(String) as string, code: 'too-many' }]);
    return [door, floods[0]!['peer']];
  });
  expect(Object.fromEntries(peers)).toEqual({ page: 'page', command: 'page', vault: 'vault-host', pty: 'pty-host', socket: 'socket', cli: 'terminal' });
});
