/** A record is the ledger's or it is refused: any change of what counts, and none of what does not. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LedgerFacts } from '../ledger/facts.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { openSigner, requireInstallation, type Home } from '../storage/index.ts';
import { FileSecretStore } from '../storage/secret-store.ts';
import { firstRun } from './first-run.ts';
import { generateKeys } from './identity.ts';
import { newScryptParameters } from './kdf.ts';
import { personPath, readPerson } from './person.ts';
import { enterStaged, factsOf, mismatch, readPinned, stagePerson } from './pinned.ts';
import type { PersonRecord } from './types.ts';

let place: string;
let home: Home;
let person: PersonRecord;
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-pinned-'));
  const result = await firstRun({
    home: join(place, 'home'),
    name: 'Ada Example',
    passphrase: Buffer.from('kettle orbit willow prairie stamp'),
    auditKeyPath: join(place, 'audit.json'),
    chooseStore: async ({ secrets }) => ({ store: new FileSecretStore(secrets) }),
    kdf: newScryptParameters(),
  });
  result.identity.destroy();
  ({ home, person } = result);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

async function withLedger<T>(task: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await Ledger.open({ folder: home.ledger, installation: requireInstallation(home).id, signer: await openSigner(home) });
  try {
    return await task(ledger);
  } finally {
    await ledger.close();
  }
}

const passkey = (counter: number, wrap: string): PersonRecord['slots'][number] => ({
  id: 'k-0123456789ab',
  type: 'passkey-prf',
  created: '2026-11-28T00:00:00.000Z',
  label: 'Key',
  credentialId: 'Y3JlZA',
  publicKey: 'a2V5',
  counter,
  transports: ['usb'],
  prfSalt: 'A'.repeat(43),
  wrapped: { iv: 'A'.repeat(16), ciphertext: wrap },
});

test('the first run enters the person, and the record is taken', async () => {
  await withLedger(async ({ facts }) => {
    expect(facts.person(person.id)).toEqual(factsOf(person));
    expect(readPinned(home, facts, person.id)).toEqual(person);
    expect(readPinned(home, facts, 'p-ffffffffffff')).toBeUndefined();
    expect(readPinned(home, facts, '../../etc/passwd')).toBeUndefined();
  });
});

test('whatever is changed in a record is found, and named; a use of a passkey is no change', () => {
  const known = factsOf(person);
  const other = generateKeys();
  const changes: [Partial<PersonRecord>, string][] = [
    [{ encryptionKey: other.encryptionKey }, 'keys'],
    [{ signingKey: other.signingKey }, 'keys'],
    [{ name: 'Eve' }, 'record'],
    [{ roles: ['operator', 'operator'] }, 'record'],
    [{ created: '2026-01-01T00:00:00.000Z' }, 'record'],
    [{ slots: [] }, 'slots'],
    [{ slots: [...person.slots, passkey(0, 'A'.repeat(64))] }, 'slots'],
  ];
  for (const [change, reason] of changes) expect(mismatch({ ...person, ...change }, known), JSON.stringify(change)).toBe(reason);
  expect(mismatch(person, undefined)).toBe('unknown');
  const withKey = { ...person, slots: [...person.slots, passkey(1, 'A'.repeat(64))] };
  expect(mismatch({ ...person, slots: [...person.slots, passkey(7, 'B'.repeat(64))] }, factsOf(withKey))).toBeUndefined();
});

test('a change of slots counts from its event on, wherever it was cut off', async () => {
  const changed = { ...person, slots: [...person.slots, passkey(1, 'A'.repeat(64))] };
  await withLedger(async (ledger) => {
    // Staged and not entered: nothing has changed.
    stagePerson(home, changed);
    expect(readPinned(home, ledger.facts, person.id)).toEqual(person);
    const before = readFileSync(personPath(home, person.id));
    expect(await enterStaged(home, ledger, person.id, person.id)).toEqual(changed);
    // Entered, and cut off before the file got its name.
    writeFileSync(personPath(home, person.id), before);
    expect(() => readPinned(home, ledger.facts, person.id)).toThrow('other key slots');
    stagePerson(home, changed);
    expect(readPinned(home, ledger.facts, person.id)).toEqual(changed);
    expect(readPerson(home, person.id)).toEqual(changed);
    // Nobody's keys, name or roles are changed this way.
    for (const change of [{ name: 'Eve' }, { encryptionKey: generateKeys().encryptionKey }]) {
      stagePerson(home, { ...changed, ...change });
      await expect(enterStaged(home, ledger, person.id, person.id)).rejects.toThrow(/other (keys|name|roles)|another name/);
    }
    expect(ledger.facts.person(person.id)).toEqual(factsOf(changed));
  });
});

test('facts follow the events, and no event gives other keys to a known person', () => {
  const kid = fc.constantFrom('a', 'b').map((letter) => letter.repeat(43));
  const event = fc.oneof(
    fc.record({ action: fc.constant('person.keys'), person: fc.constantFrom('p-1', 'p-2'), detail: fc.record({ encryptionKey: kid, signingKey: kid, record: fc.string({ maxLength: 4 }), slots: fc.string({ maxLength: 4 }) }) }), // prettier-ignore
    fc.record({ action: fc.constant('unlock.attempt'), person: fc.constantFrom('p-1', 'p-2', undefined), detail: fc.record({ method: fc.constantFrom('passphrase', 'passkey') }) }), // prettier-ignore
    fc.record({ action: fc.constant('unlock'), person: fc.constantFrom('p-1', 'p-2', undefined), outcome: fc.constantFrom('success', 'failure'), detail: fc.record({ method: fc.constantFrom('passphrase', 'passkey') }) }), // prettier-ignore
    fc.record({ action: fc.constant('policy.change'), detail: fc.record({ sha256: fc.string({ maxLength: 4 }), auditKeys: fc.array(kid) }) }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (list) => {
      const facts = new LedgerFacts();
      const events = list.map((entry, seq) => ({ ...entry, seq }) as unknown as LedgerEvent);
      const first = new Map<string, unknown>();
      let policy: unknown;
      for (const entry of events) {
        facts.take(entry);
        if (entry.action === 'person.keys' && !first.has(entry.person!))
          first.set(entry.person!, [entry.detail!['encryptionKey'], entry.detail!['signingKey']]);
        if (entry.action === 'policy.change') policy = entry.detail!['sha256'];
        for (const [id, keys] of first) {
          const known = facts.person(id)!;
          expect([known.encryptionKey, known.signingKey]).toEqual(keys);
        }
        expect(facts.policy?.sha256).toBe(policy);
      }
      for (const id of facts.people()) {
        for (const method of ['passphrase', 'passkey'] as const) {
          const mine = events.filter((entry) => entry.person === id && entry.detail!['method'] === method);
          const success = mine.findLastIndex(({ action, outcome }) => action === 'unlock' && outcome === 'success');
          expect(facts.attempts(id, method)).toEqual({
            failures: mine.slice(success + 1).filter(({ action }) => action === 'unlock.attempt').length,
            since: success < 0 ? -1 : mine[success]!.seq,
          });
        }
      }
    }),
    { numRuns: 500 },
  );
});
