/** Whoever is in is out within seconds where the ledger says so: over a real record, and what the ledger has of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi, type Mock } from 'vitest';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import type { KnownPerson } from '../../src/ledger/person-facts.ts';
import { asOperator } from '../../src/people/active.fixture.ts';
import { changePassphrase, newCodes } from '../../src/people/change.ts';
import type { OpenIdentity } from '../../src/people/identity.ts';
import { addPerson, createPerson, savePerson } from '../../src/people/person.ts';
import { factsOf, readPinned } from '../../src/people/pinned.ts';
import type { Person } from '../../src/people/types.ts';
import { Ways } from '../../src/people/ways.ts';
import { openHome, type Home } from '../../src/storage/index.ts';
import { PersonWatch, type Present } from './person.ts';

const kdf = newScryptParameters();
let place: string;
let home: Home;
let identity: OpenIdentity;
let person: Person;
let known: KnownPerson;
let session: Present;
let lock: Mock<(cause: 'policy' | 'unknown') => void>;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-watch-'));
  home = openHome(join(place, 'home'));
  const made = await createPerson({ name: 'Ada Example', passphrase: Buffer.from('x'), now: '2026-01-01T00:00:00Z', kdf, roles: ['operator'] });
  ({ identity } = made);
  person = asOperator(made.record);
  addPerson(home, person);
});
afterAll(() => {
  identity.destroy();
  rmSync(place, { recursive: true, force: true });
});
beforeEach(() => {
  savePerson(home, person);
  identity.replaceSlots(person.slots);
  known = { ...factsOf(person), former: [], seq: 1, roles: ['operator'], rolesSeq: 2, state: 'active', stateSeq: null };
  session = { person, ways: new Ways(person.slots[0]!.id) };
  lock = vi.fn();
  revoked.length = 0;
});

/** Slots that a list names of which the ledger knows nothing. */
const revoked: string[] = [];

/** Looks once, five seconds later. */
async function look(): Promise<void> {
  const facts = { person: () => known };
  const watch = new PersonWatch({
    present: () => session,
    ledger: () => ({ facts, refresh: async () => undefined }) as never,
    read: (id) => readPinned(home, facts, id),
    revocations: { names: ({ id }) => revoked.includes(id) },
    lock,
    failed: vi.fn(),
    again: vi.fn(),
  });
  for (let i = 0; i < 5; i++) await watch.tick();
}
/** Somebody, somewhere, changes the slots, and the ledger has it. */
function changed(): void {
  savePerson(home, identity.person);
  known = { ...known, ...factsOf(identity.person), seq: 3 };
}

test('who came in by a slot that a revocation list names is out, also where the ledger could not be told of it', async () => {
  revoked.push('k-000000000000');
  await look();
  expect(lock).not.toHaveBeenCalled();
  revoked.push(person.slots[0]!.id);
  await look();
  expect(lock).toHaveBeenCalledExactlyOnceWith('policy');
});

test('who is as they were when they came stays in, and who is disabled or has other roles is out', async () => {
  await look();
  expect(lock).not.toHaveBeenCalled();
  known = { ...known, state: 'disabled' };
  await look();
  known = { ...known, state: 'active', roles: [] };
  await look();
  expect(lock.mock.calls).toEqual([['policy'], ['policy']]);
});

test('where the slot that they came in by is gone they are out, and not for other slots or a change of their own', async () => {
  newCodes(identity, '2026-01-02T00:00:00Z');
  changed();
  await look();
  expect(lock).not.toHaveBeenCalled();
  const change = await changePassphrase(identity, Buffer.from('y'), '2026-01-03T00:00:00Z', kdf);
  changed();
  await look();
  expect(lock.mock.calls).toEqual([['policy']]);
  session.ways.follow(person.slots, change);
  await look();
  expect(lock).toHaveBeenCalledTimes(1);
});

test('a record that was read after the slot had gone does not make it stand', async () => {
  session = { person, ways: new Ways('k-ffffffffffff') };
  await look();
  expect(lock.mock.calls).toEqual([['policy']]);
});

test('where nobody knows which slots there are, they are out', async () => {
  known = { ...known, slots: 'f'.repeat(64) };
  await look();
  expect(lock.mock.calls).toEqual([['policy']]);
});
