/** Enrolment, roles and state over a real ledger: what files and the ledger have afterwards, and what is refused. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newScryptParameters } from '../../crypto/kdf.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { noList } from '../../people/active.fixture.ts';
import { attemptPassphrase } from '../../people/attempt.ts';
import { followLedger, readBackoffKey } from '../../people/backoff-key.ts';
import { dearest, NOTHING_MORE, personPath, unlockWithPassphrase } from '../../people/person.ts';
import { readPinned, stagePerson } from '../../people/pinned.ts';
import { lookPath, workspacePath } from '../../storage/index.ts';
import { openSecretStore } from '../../storage/secret-store.ts';
import { type FirstRunResult } from '../installation/first-run.ts';
import { deciderOf } from '../deeds/decide.ts';
import { openLedger } from '../installation/open-ledger.ts';
import { enrol, grantRoles, listedPeople, prepareEnrolment, setState, type PeopleParts } from './people.ts';
import { choosePerson, meant } from './person.ts';
import { installationTrust } from '../installation/trust.ts';
import { firstHome, firstWords as words, ownFolder } from '../../../test/support/first-home.ts';

const hers = 'marble canyon drizzle hammock violet';
const kdf = newScryptParameters();
let place: string;
let made: FirstRunResult;
let ledger: Ledger;
let parts: PeopleParts;

beforeAll(async () => {
  place = ownFolder();
  made = await firstHome(place, { auditKeyPath: join(place, 'audit-key.json') });
  ({ ledger } = await openLedger(made.home, made.installation));
  parts = { home: made.home, installation: made.installation, ledger, admin: deciderOf(made.identity) };
});
afterAll(async () => {
  made.identity.destroy();
  await ledger.close();
});

const prepared = (name: string): ReturnType<typeof prepareEnrolment> => prepareEnrolment({ name, passphrase: Buffer.from(hers), kdf });
async function openAs(id: string, passphrase: string): Promise<OpenIdentity> {
  return unlockWithPassphrase(readPinned(made.home, ledger.facts, id), Buffer.from(passphrase), dearest(made.home));
}

test('somebody is enrolled with their own passphrase, which was wiped, and opens their identity with it alone', async () => {
  const typed = Buffer.from(hers);
  const record = await prepareEnrolment({ name: ' Mara Ueda ', passphrase: typed, kdf });
  expect([...typed].every((byte) => byte === 0)).toBe(true);
  expect(await enrol(parts, record, ['operator'])).toMatchObject({ roles: ['operator'], state: 'active' });
  expect(readFileSync(personPath(made.home, record.id), 'utf8')).not.toMatch(/roles|operator/);
  const mara = await openAs(record.id, hers);
  expect(mara.person).toMatchObject({ id: record.id, roles: ['operator'], active: true });
  mara.destroy();
  await expect(openAs(record.id, words)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  expect(meant(made.home, ledger.facts, 'mara ueda')).toBe(record.id);
  expect(meant(made.home, ledger.facts, 'nobody')).toBe('nobody');
  expect(ledger.facts.person(made.person.id)!.roles).toEqual(['operator', 'security']);
});

test('a name twice, a bad name, a weak passphrase, roles that are kept apart: refused, and nothing is written', async () => {
  const before = ledger.events;
  await expect(enrol(parts, await prepared('MARA UEDA'), ['operator'])).rejects.toThrow('has the name');
  await expect(enrol(parts, await prepared('Eve Example'), ['security', 'auditor'])).rejects.toThrow('Nobody is security admin and auditor');
  await expect(prepared('Eve\u202eExample')).rejects.toMatchObject({ code: 'bad-name' });
  await expect(prepareEnrolment({ name: 'Eve', passphrase: Buffer.from('short'), kdf })).rejects.toMatchObject({ code: 'weak-passphrase' });
  expect(ledger.events).toBe(before);
});

test('roles are what the ledger says; nobody changes their own, and nobody without the role changes anybody’s, whatever they enter', async () => {
  const id = meant(made.home, ledger.facts, 'Mara Ueda');
  await expect(grantRoles(parts, made.person.id, ['operator'])).rejects.toMatchObject({ code: 'not-yourself' });
  await expect(setState(parts, made.person.id, 'disabled')).rejects.toMatchObject({ code: 'not-yourself' });
  await expect(grantRoles(parts, 'p-ffffffffffff', ['operator'])).rejects.toMatchObject({ code: 'unknown-person' });
  await expect(grantRoles(parts, id, ['operator'])).rejects.toMatchObject({ code: 'no-change' });
  await expect(grantRoles(parts, id, ['auditor', 'security'])).rejects.toMatchObject({ code: 'not-together' });
  await grantRoles(parts, id, ['auditor']);
  expect(ledger.facts.person(id)!.roles).toEqual(['auditor']);
  // She has a key and can enter events, and is no security admin: what she signs is in the ledger, and counts for nothing.
  const mara = await openAs(id, hers);
  const as = { ...parts, admin: deciderOf(mara) };
  await expect(grantRoles(as, made.person.id, [])).rejects.toMatchObject({ code: 'not-permitted' });
  await expect(setState(as, made.person.id, 'disabled')).rejects.toMatchObject({ code: 'not-permitted' });
  await expect(enrol(as, await prepared('Eve Example'), ['security'])).rejects.toMatchObject({ code: 'not-permitted' });
  mara.destroy();
  expect(ledger.facts.people()).toHaveLength(2);
  expect(ledger.facts.person(made.person.id)).toMatchObject({ roles: ['operator', 'security'], state: 'active' });
  expect(meant(made.home, ledger.facts, 'Eve Example')).toBe('Eve Example');
});

test('a disabled person opens nothing with the right passphrase, in the words of a wrong one, and comes back', async () => {
  const id = meant(made.home, ledger.facts, 'Mara Ueda');
  await setState(parts, id, 'disabled');
  const wrong = (await openAs('p-ffffffffffff', hers).catch((error: unknown) => error)) as Error;
  await expect(openAs(id, hers)).rejects.toMatchObject({ code: 'disabled', message: wrong.message });
  await expect(choosePerson(made.home, ledger.facts, id, () => undefined)).rejects.toThrow('cannot come in');
  expect(meant(made.home, ledger.facts, 'Mara Ueda')).toBe(id);
  await expect(setState(parts, id, 'disabled')).rejects.toMatchObject({ code: 'no-change' });
  await setState(parts, id, 'active');
  (await openAs(id, hers)).destroy();
});

test('a deleted person’s keys are gone, what names them stays: the trust file, the list, the id for ever', async () => {
  const id = meant(made.home, ledger.facts, 'Mara Ueda');
  const before = readFileSync(personPath(made.home, id));
  const trustOf = () => installationTrust(made.home, made.installation, ledger.facts).persons.find((one) => one.id === id);
  const trusted = trustOf();
  const windows = [workspacePath(made.home, id), lookPath(made.home, id)];
  for (const path of windows) writeFileSync(path, '{}');
  await setState(parts, id, 'deleted');
  const left = readFileSync(personPath(made.home, id), 'utf8');
  expect(JSON.parse(left)).toMatchObject({ id, name: 'Mara Ueda', slots: [], identity: null });
  expect(left).not.toContain('ciphertext');
  expect(windows.filter((path) => existsSync(path))).toEqual([]);
  expect(trustOf()).toEqual(trusted);
  expect(listedPeople(made.home, ledger.facts).find((one) => one.id === id)).toMatchObject({ state: 'deleted', roles: [], slots: [], name: 'Mara Ueda' });
  await expect(openAs(id, hers)).rejects.toMatchObject({ code: 'disabled' });
  // Their old record out of a backup is refused, by whatever way it comes.
  renameSync(personPath(made.home, id), join(place, 'gravestone'));
  writeFileSync(personPath(made.home, id), before);
  await expect(openAs(id, hers)).rejects.toMatchObject({ code: 'changed-person' });
  renameSync(join(place, 'gravestone'), personPath(made.home, id));
  for (const state of ['active', 'disabled', 'deleted'] as const) await expect(setState(parts, id, state)).rejects.toMatchObject({ code: 'deleted' });
  await expect(grantRoles(parts, id, ['operator'])).rejects.toMatchObject({ code: 'deleted' });
  const again = { ...(await prepared('Somebody Else')), id };
  await expect(enrol(parts, again, ['operator'])).rejects.toMatchObject({ code: 'known-id' });
  // The name is free for somebody else, who has another id.
  const namesake = await prepared('Mara Ueda');
  await enrol(parts, namesake, ['operator']);
  expect(meant(made.home, ledger.facts, 'Mara Ueda')).toBe(namesake.id);
});

test('of two security admins who enrol the same name at once one does', async () => {
  const { ledger: other } = await openLedger(made.home, made.installation);
  const both = [await prepared('Kim Ito'), await prepared('kim  ito')];
  const done = await Promise.allSettled([enrol(parts, both[0]!, ['operator']), enrol({ ...parts, ledger: other }, both[1]!, ['operator'])]);
  await other.close();
  await ledger.refresh();
  expect(done.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(done.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'same-name' } });
  const enrolled = both.filter(({ id }) => ledger.facts.person(id));
  expect(enrolled).toHaveLength(1);
  expect(meant(made.home, ledger.facts, 'Kim Ito')).toBe(enrolled[0]!.id);
});

test('a cut between the event and the file is made good at the next look: enrolment and deletion', async () => {
  const record = await prepared('Jo Varga');
  const { id } = record;
  await enrol(parts, record, ['operator']);
  // As if the file had not got its name.
  stagePerson(made.home, record);
  rmSync(personPath(made.home, id));
  expect(readPinned(made.home, ledger.facts, id)).toMatchObject({ name: 'Jo Varga', roles: ['operator'] });
  const whole = readFileSync(personPath(made.home, id));
  await setState(parts, id, 'deleted');
  const gravestone = readPinned(made.home, ledger.facts, id)!;
  writeFileSync(personPath(made.home, id), whole);
  stagePerson(made.home, gravestone);
  expect(readPinned(made.home, ledger.facts, id)).toMatchObject({ slots: [], identity: null });
  expect(readFileSync(personPath(made.home, id), 'utf8')).not.toContain('ciphertext');
});

test('who is deleted leaves no other file of theirs that opens: a change that was cut, nor a write that was', async () => {
  const record = await prepared('Ken Ode');
  const { id } = record;
  await enrol(parts, record, ['operator']);
  const whole = readFileSync(personPath(made.home, id));
  const left = [`${id}.json.next-0123456789abcdef`, `.${id}.json.0123456789ab.tmp`, `.${id}.json.next-0123456789abcdef.0123456789ab.tmp`];
  for (const name of left) writeFileSync(join(made.home.people, name), whole);
  const another = join(made.home.people, `${made.person.id}.json.next-0123456789abcdef`);
  writeFileSync(another, 'of somebody else');
  await setState(parts, id, 'deleted');
  for (const name of readdirSync(made.home.people).filter((each) => each.includes(id)))
    expect(readFileSync(join(made.home.people, name), 'utf8'), name).not.toContain('ciphertext');
  expect(existsSync(another)).toBe(true);
  rmSync(another);
});

test.each([
  ['damaged', (path: string) => writeFileSync(path, '{')],
  ['gone', (path: string) => rmSync(path)],
])('somebody whose record is %s is deleted all the same, and a backup of it opens nothing', async (how, harm) => {
  const record = await prepared(`Lee ${how}`);
  const { id } = record;
  await enrol(parts, record, ['operator']);
  const path = personPath(made.home, id);
  const whole = readFileSync(path);
  harm(path);
  await setState(parts, id, 'deleted');
  expect(ledger.facts.person(id)).toMatchObject({ state: 'deleted', roles: [] });
  expect(existsSync(path)).toBe(false);
  expect(listedPeople(made.home, ledger.facts).find((one) => one.id === id)).toMatchObject({ state: 'deleted', name: null, fault: 'missing' });
  expect(installationTrust(made.home, made.installation, ledger.facts).persons.map((one) => one.id)).not.toContain(id);
  writeFileSync(path, whole);
  await expect(openAs(id, hers)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  rmSync(path);
});

test('a passphrase without an id is charged to each on whom it is tried, who is told of it, and is tried on nobody who waits', async () => {
  const kim = await prepared('Kim Olsen');
  await enrol(parts, kim, ['operator']);
  const ids = [made.person.id, kim.id];
  const backoff = followLedger(made.home, await readBackoffKey(openSecretStore(made.installation.secretStore, made.home, made.installation.id)), ledger);
  const tries = (passphrase: string): ReturnType<typeof attemptPassphrase> => {
    const read = (id: string) => readPinned(made.home, ledger.facts, id);
    return attemptPassphrase({ backoff, ledger, read, revocations: noList }, '', Buffer.from(passphrase), NOTHING_MORE, () => ids);
  };
  const counts = (): number[][] => ids.map((id) => [ledger.facts.attempts(id, 'passphrase').failures, backoff.status(id, 'passphrase').failures]);
  const wrong = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i++) await expect(tries('ribbon falcon cobalt meadow nothing')).rejects.toMatchObject({ code: 'wrong-passphrase' });
  };
  await wrong(1);
  expect(counts()).toEqual([[1, 1], [1, 1]]); // prettier-ignore
  const { identity, failures } = await tries(hers);
  expect([identity.person.id, failures]).toEqual([kim.id, 1]);
  identity.destroy();
  ledger.standsOn(null);
  // The other's is as it was.
  expect(counts()).toEqual([[1, 1], [0, 0]]); // prettier-ignore
  await wrong(3);
  await ledger.append({ action: 'unlock.attempt', person: made.person.id, detail: { method: 'passphrase' } });
  expect(backoff.status(made.person.id, 'passphrase').waitSeconds).toBeGreaterThan(0);
  // It is the right one of somebody who waits.
  await expect(tries(words)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  expect(counts()).toEqual([[5, 5], [4, 4]]); // prettier-ignore
});
