/** The stop of the station, lifted at the app's lock page: by whom, what it enters, that it opens nothing, and that wrong tries do not keep it out. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { acceptAsItStands } from '../../src/policy/force.fixture.ts';
import { changeSentences } from '../../src/services/people/changes.ts';
import { enrol, prepareEnrolment, setState } from '../../src/services/people/people.ts';
import { stopStation } from '../../src/services/emergency/stop.ts';
import { asAda, rig, type Rig } from '../app.fixture.ts';
import { waitFor } from '../../test/support/wait-for.ts';

const [ADA, MO, JO] = ['Ada Example', 'Mo Adeyemi', 'Jo Varga'];

interface Event {
  readonly action: string;
  readonly person?: string;
  readonly outcome?: string;
  readonly aal: number | null;
  readonly credential: string | null;
  readonly detail: Record<string, unknown>;
}
const events = (made: Rig, action: string): Event[] =>
  readFileSync(join(made.home, 'ledger/events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"${action}"`))
    .map((line) => JSON.parse(line) as Event);

/** Stopped by Ada, with Jo, who has no role, enrolled before; at the lock page. @param tries of Mo's passphrase that have failed before, when Mo was disabled for a while */
async function stopped(more: Pick<Parameters<typeof rig>[0], 'falseLift'> = {}, tries = 0): Promise<Rig> {
  const made = await rig({ setUp: true, second: MO, secondRoles: ['security', 'operator'], ...more });
  await asAda(made, async (parts) => {
    const jo = await prepareEnrolment({ name: JO, passphrase: Buffer.from('violin harbour seven lanterns moss'), kdf: newScryptParameters() });
    await enrol(parts, jo, []);
    const mo = parts.ledger.facts.people()[1]!;
    if (tries > 0) for (const state of ['disabled', 'active'] as const) await setState(parts, mo, state);
    for (let n = 0; n < tries; n++) await parts.ledger.append({ action: 'unlock.attempt', person: mo, detail: { method: 'passphrase' } });
    await stopStation(parts, 'security-incident');
  });
  await seconds(made, 5);
  await answerTo(made, 'hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  return made;
}
async function seconds(made: Rig, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    made.clock.now += 1000;
    await made.app.tick();
  }
}
async function answerTo(made: Rig, request: string, input: unknown): Promise<Rig['posted'][number]> {
  const from = made.posted.length;
  const asked = made.ask(request, input);
  return waitFor(() => {
    const found = made.posted.slice(from).find(({ id }) => id === asked);
    if (!found) throw new Error('no answer yet');
    return found;
  });
}
const isStopped = async (made: Rig): Promise<boolean> => (await answerTo(made, 'lock.facts', {})).output!['stopped'] !== null;

test('another security admin lifts it at the lock page: entered under what they have shown, at once, and nothing is opened by it', async () => {
  const made = await stopped();
  expect(await isStopped(made)).toBe(true);
  made.ask('lock.passphrase', { person: MO });
  await waitFor(() => expect(made.posted).toContainEqual(expect.objectContaining({ error: expect.objectContaining({ code: 'stopped' }) as object })));
  const from = made.posted.length;
  expect(await answerTo(made, 'lock.liftPassphrase', { person: MO })).toMatchObject({ output: {} });
  expect(await isStopped(made)).toBe(false);
  // The page is told, and does not wait for the next look at the ledger.
  expect(made.posted.slice(from)).toContainEqual(expect.objectContaining({ event: 'stale' }));
  const [mo] = events(made, 'person.roles').flatMap(({ person, detail }) =>
    (detail['roles'] as string[]).includes('security') && detail['by'] ? [person!] : [],
  );
  const lifted = events(made, 'station.stop').at(-1)!;
  expect(lifted.detail).toMatchObject({ to: 'lifted', by: mo });
  expect([lifted.aal, lifted.credential]).toEqual([1, events(made, 'unlock').findLast(({ outcome }) => outcome === 'success')!.credential]);
  expect(made.shown).toEqual(['lock']);
  await made.app.lock('hotkey');
  made.ask('lock.passphrase', { person: ADA });
  await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
});

test('nobody lifts what they have stopped, nor without the role, and a signature that is not theirs lifts nothing', async () => {
  const made = await stopped();
  expect(await answerTo(made, 'lock.liftPassphrase', { person: ADA })).toMatchObject({ error: { code: 'not-yourself' } });
  expect(await answerTo(made, 'lock.liftPassphrase', { person: JO })).toMatchObject({ error: { code: 'not-permitted' } });
  await waitFor(() => expect(events(made, 'access.denied').at(-1)?.detail).toMatchObject({ door: 'page', needs: 'stop.lift', why: 'not-permitted' }));
  expect([await isStopped(made), events(made, 'station.stop').length]).toEqual([true, 1]);
  // The machine takes the next attempt: the one before is over.
  expect(await answerTo(made, 'lock.liftPassphrase', { person: MO })).toMatchObject({ output: {} });
  expect(await answerTo(made, 'lock.liftPassphrase', { person: MO })).toMatchObject({ error: { code: 'no-change' } });

  const forged = await stopped({ falseLift: { signature: Buffer.alloc(64, 1).toString('base64url') } });
  expect(await answerTo(forged, 'lock.liftPassphrase', { person: MO })).toMatchObject({ error: { code: 'changed-meanwhile' } });
  expect([await isStopped(forged), events(forged, 'station.stop').length]).toEqual([true, 1]);
});

test('where the policy asks for two factors, whoever has shown one lifts nothing, also while they have no second one', async () => {
  const made = await stopped();
  const path = join(made.home, 'policy.json');
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), unlock: { factors: 2 } }));
  await acceptAsItStands(made.home);
  await seconds(made, 6);
  expect(await answerTo(made, 'lock.liftPassphrase', { person: MO })).toMatchObject({ error: { code: 'two-factors' } });
  expect([await isStopped(made), events(made, 'station.stop').length]).toEqual([true, 1]);
  expect(events(made, 'unlock').at(-1)).toMatchObject({ outcome: 'failure', detail: { reason: 'two-factors' } });
});

test('an hour of waiting is five minutes for whoever lifts it, and for nothing else', async () => {
  const made = await stopped({}, 12);
  expect((await answerTo(made, 'lock.wait', { person: MO })).output).toMatchObject({ seconds: 3600 });
  const waits = (await answerTo(made, 'lock.liftPassphrase', { person: MO })).error as { readonly code: string; readonly sentence: string };
  expect(waits).toMatchObject({ code: 'back-off', sentence: expect.stringContaining('Wait 5 minutes') as string });
  expect(made.vaultHeard.filter(({ type }) => type === 'liftPassphrase')).toEqual([]);
});

test('to lift it is no coming in: the ledger says what it was for, and what somebody is to be told they are told when they come in, in another run too', async () => {
  const made = await stopped({}, 3);
  let mo = '';
  /** As another process reads the ledger. */
  const owed = async (): Promise<{ readonly failures: number; readonly changes: readonly string[] }> => {
    let found = { failures: 0, changes: [] as readonly string[] };
    await asAda(made, async ({ home, ledger: { facts } }) => {
      mo = facts.people()[1]!;
      const { since, failures } = facts.untold(mo);
      found = { failures: failures + facts.attempts(mo, 'passphrase').failures, changes: changeSentences(home, facts, mo, since) };
    });
    return found;
  };
  const before = await owed();
  expect(before.failures).toBe(3);
  expect(before.changes.join()).toContain('disabled');
  await seconds(made, 5);
  expect(await answerTo(made, 'lock.liftPassphrase', { person: JO })).toMatchObject({ error: { code: 'not-permitted' } });
  expect(await answerTo(made, 'lock.liftPassphrase', { person: MO })).toMatchObject({ output: {} });
  expect(events(made, 'unlock').slice(-2)).toEqual([1, 2].map(() => expect.objectContaining({ outcome: 'success', detail: expect.objectContaining({ lifts: true }) as object }) as object)); // prettier-ignore
  expect(await owed()).toEqual(before);
  made.ask('lock.passphrase', { person: MO });
  await waitFor(() => expect(made.shown.at(-1)).toBe('workspace'));
  const from = made.posted.length;
  made.ask('hello', { publicKey: Buffer.alloc(65, 4).toString('base64') });
  await waitFor(() =>
    expect(made.posted.slice(from)).toContainEqual(expect.objectContaining({ event: 'welcome', payload: expect.objectContaining({ failures: 3 }) as object })),
  );
  expect(events(made, 'unlock').at(-1)!.detail).not.toHaveProperty('lifts');
  expect(await owed()).toEqual({ failures: 0, changes: [] });
});
