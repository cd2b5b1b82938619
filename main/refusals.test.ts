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

test('whoever floods a door with what is harmless hides nothing of another kind: each is entered, and each flood is one event', () => {
  const told: AuditEntry[] = [];
  let now = 0;
  const refusals = new Refusals(
    (entry) => told.push(entry),
    () => now,
  );
  for (let i = 0; i < 1000; i++) {
    now += 10;
    refusals.badMessage('socket', 'bad-message');
    refusals.byHost('workspace', 'navigation');
    refusals.denied('page', { needs: 'app.show', why: 'locked', person: undefined });
    // What is done under cover of it.
    if (i % 100 === 50) {
      refusals.badMessage('socket', 'moved');
      refusals.byHost('workspace', 'download');
      refusals.denied('page', { needs: 'recording.export.own', why: 'locked', person: undefined });
    }
  }
  const times = (part: Record<string, unknown>): number =>
    told.filter(({ detail }) => Object.entries(part).every(([name, value]) => (detail as Record<string, unknown>)[name] === value)).length;
  expect([times({ code: 'moved' }), times({ what: 'download' }), times({ needs: 'recording.export.own' })]).toEqual([10, 10, 10]);
  // Ten seconds of three floods: a few of each a second, and one that says that there were more.
  expect([times({ code: 'bad-message' }), times({ what: 'navigation' }), times({ needs: 'app.show' })]).toEqual([40, 40, 40]);
  expect([times({ code: 'too-many' }), times({ what: 'too-many' })]).toEqual([20, 10]);
});
