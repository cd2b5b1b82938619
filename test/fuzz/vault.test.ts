/** Whatever stands in a file or comes in a message: a refusal of ours with a sentence, or nothing; never another error, never a change. */
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { loadPolicy } from '../../src/policy/index.ts';
import { linkPair } from '../../src/process/link.fixture.ts';
import { openHome, readInstallation, type Home } from '../../src/storage/index.ts';
import { StorageFault } from '../../src/disk/fault.ts';
import { MemorySecretStore } from '../../src/storage/secret-store.fixture.ts';
import { openSigner } from '../../src/storage/signer.ts';
import { Backoff, backoffPath } from '../../src/people/backoff.ts';
import { UnlockError } from '../../src/people/errors.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { VaultHost } from '../../src/vault/host.ts';
import type { OpenIdentity } from '../../src/people/identity.ts';
import { SoftwareAuthenticator } from '../../src/people/passkey.fixture.ts';
import { Passkeys } from '../../src/people/passkey.ts';
import { asOperator } from '../../src/people/active.fixture.ts';
import { NOTHING_MORE, personPath, readPerson, unlockWithPassphrase } from '../../src/people/person.ts';
import { vaultParentService, vaultService } from '../../src/vault/service.ts';
import type { PersonRecord } from '../../src/people/types.ts';
import { firstHome, ownFolder } from '../support/first-home.ts';

const passphrase = Buffer.from('kettle orbit willow prairie stamp');
const party = { origin: 'https://wardmux.localhost', rpId: 'wardmux.localhost' };
/** Enough to meet each kind of damage many times; each run writes a file or more, on machines with slow disks too. */
const runs = 200;

let home: Home;
let person: PersonRecord;
let identity: OpenIdentity;
beforeAll(async () => {
  const place = ownFolder();
  const result = await firstHome(place, { passphrase });
  home = openHome(result.home.folder);
  ({ person, identity } = result);
});

/** A file's bytes with some of them changed, cut, doubled, or replaced altogether. */
const damage = (bytes: Buffer): fc.Arbitrary<Buffer> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 2000 }).map((random) => Buffer.from(random)),
    fc.nat(bytes.length).map((end) => bytes.subarray(0, end)),
    fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(bytes);
      copy[at] = byte;
      return copy;
    }),
    fc.tuple(fc.nat(bytes.length), fc.nat(bytes.length)).map(([from, to]) => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])),
    fc.json({ maxDepth: 4 }).map((json) => Buffer.from(json)),
  );
/** A JSON value with one of its members, anywhere, replaced by something else. */
const mutate = (value: unknown): fc.Arbitrary<unknown> =>
  fc.tuple(fc.array(fc.nat(20), { maxLength: 5 }), fc.anything({ maxDepth: 2 })).map(([path, other]) => {
    const copy = structuredClone(value);
    let at = copy;
    for (const [depth, step] of path.entries()) {
      const keys = at !== null && typeof at === 'object' ? Object.keys(at) : [];
      if (keys.length === 0) break;
      const key = keys[step % keys.length]!;
      const holder = at as Record<string, unknown>;
      if (depth === path.length - 1) holder[key] = other;
      else at = holder[key];
    }
    return copy;
  });

const loaders: [string, (home: Home) => string, (home: Home) => unknown][] = [
  ['installation.json', (at) => at.installation, readInstallation],
  ['policy.json', (at) => at.policy, loadPolicy],
  ['a person', (at) => personPath(at, person.id), (at) => readPerson(at, person.id)],
];
test.each(loaders)('%s, damaged anyhow: a sentence with the path, and the file is left as it is', (_, pathOf, load) => {
  const path = pathOf(home);
  const good = readFileSync(path);
  try {
    fc.assert(
      fc.property(damage(good), (bytes) => {
        writeFileSync(path, bytes);
        try {
          load(home);
        } catch (error) {
          expect(error).toBeInstanceOf(StorageFault);
          expect((error as Error).message).toContain(path);
          expect((error as Error).message).toMatch(/\.$/);
        }
        expect(readFileSync(path).equals(bytes)).toBe(true);
      }),
      { numRuns: runs },
    );
  } finally {
    writeFileSync(path, good);
  }
});

test('a person with any one bit of its ciphertext or public part changed does not open', async () => {
  const text = readFileSync(personPath(home, person.id), 'utf8');
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.nat(6), async (at, bit) => {
      const bytes = Buffer.from(text);
      bytes[at]! ^= 1 << bit;
      writeFileSync(personPath(home, person.id), bytes);
      let read: PersonRecord | undefined;
      try {
        read = readPerson(home, person.id);
      } catch (error) {
        expect(error).toBeInstanceOf(StorageFault);
        return;
      }
      // A change that JSON does not see, such as a space for a line break, is no change; nor is one in base64url's unused bits.
      const opened = await unlockWithPassphrase(read && asOperator(read), passphrase, NOTHING_MORE).catch((error: unknown) => error);
      if (opened instanceof UnlockError) return;
      const values = (record: PersonRecord): string =>
        JSON.stringify(record, (key, value: unknown) =>
          key === 'ciphertext' || key === 'iv' || key === 'salt' ? Buffer.from(String(value), 'base64url').toString('hex') : value,
        );
      expect(values(read!)).toBe(values(person));
    }),
    { numRuns: 40 },
  );
  writeFileSync(personPath(home, person.id), text);
});

test('the back-off state, damaged anyhow, never lets more through than the whole one', () => {
  const key = Buffer.alloc(32, 9);
  const clock = () => ({ wallMs: 1_800_000_000_000, bootMs: 1_000_000, bootId: 'boot' });
  const path = backoffPath(home, person.id);
  const before = readFileSync(path);
  new Backoff(home, key, { clock }).create(person.id);
  for (let n = 0; n < 6; n++) {
    const backoff = new Backoff(home, key, { clock: n < 5 ? clock : () => ({ ...clock(), bootMs: 1_030_000 }) });
    backoff.begin(person.id, 'passphrase');
  }
  const good = readFileSync(path);
  // What the ledger has of it.
  const tally = (_: unknown, method: string) => ({ failures: method === 'passphrase' ? 6 : 0, since: -1 });
  fc.assert(
    fc.property(damage(good), (bytes) => {
      writeFileSync(path, bytes);
      expect(new Backoff(home, key, { clock, tally }).status(person.id, 'passphrase').waitSeconds).toBeGreaterThanOrEqual(60);
    }),
    { numRuns: runs },
  );
  writeFileSync(path, before);
});

test('a signing key of any bytes is refused in a sentence', async () => {
  const installation = readInstallation(home)!;
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const store = new MemorySecretStore();
      await store.set('signing-key', bytes);
      await expect(openSigner(home, installation, store)).rejects.toBeInstanceOf(StorageFault);
    }),
    { numRuns: 200 },
  );
});

test('no answer of a browser that differs from the true one enrols or unlocks', async () => {
  const passkeys = new Passkeys(party, () => 0);
  const device = new SoftwareAuthenticator(party.origin, party.rpId);
  const create = await passkeys.enrolOptions(identity);
  const prove = await passkeys.enrolVerify(identity, device.create(create));
  await passkeys.enrolProve(identity, device.get(prove), [device.prf(prove)!, device.prf(prove)!], 'Key', new Date(0).toISOString());
  const enrolled = identity.person;

  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.context(), async (seed, context) => {
      const options = await passkeys.unlockOptions(enrolled);
      const truth = device.get(options);
      const [lie] = fc.sample(mutate(truth), { numRuns: 1, seed });
      const result = await passkeys.unlock(enrolled, lie, device.prf(options)).catch((error: unknown) => error);
      if (result instanceof Error) {
        context.log(result.message);
        expect(result).toBeInstanceOf(UnlockError);
        return;
      }
      // What was changed is not a part of the proof: then the proof itself is whole.
      const { clientDataJSON, authenticatorData, signature } = (lie as typeof truth).response;
      expect({ clientDataJSON, authenticatorData, signature }).toEqual(truth.response);
    }),
    { numRuns: 200 },
  );

  const slots = identity.person.slots.length;
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const fresh = new SoftwareAuthenticator(party.origin, party.rpId);
      const truth = fresh.create(await passkeys.enrolOptions(identity));
      const [lie] = fc.sample(mutate(truth), { numRuns: 1, seed });
      const result = await passkeys.enrolVerify(identity, lie).catch((error: unknown) => error);
      if (result instanceof Error) expect(result).toBeInstanceOf(Refusal);
      expect(identity.person.slots).toHaveLength(slots);
    }),
    { numRuns: 200 },
  );
});

test('the vault host answers any message with one of its own, or not at all', async () => {
  const [inside, outside] = linkPair();
  const exits: number[] = [];
  new VaultHost({ link: inside, exit: (code) => exits.push(code) });
  const said: unknown[] = [];
  outside.onMessage((message) => said.push(message));
  await outside.send({ request: 'configure', input: { home: home.folder, ...party, version: '0' } });
  // `connect` with nonsense ends the process, and stop is none of its words; `letGo` lets go of whoever is in, which is nobody, and says so.
  const names = Object.keys(vaultService).filter((name) => name !== 'connect' && name !== 'letGo');
  const input = fc.record({ person: fc.string(), name: fc.string(), recording: fc.string(), pane: fc.nat(), upTo: fc.nat(), folder: fc.string(), label: fc.string(), after: fc.nat(), response: fc.dictionary(fc.string(), fc.anything()), purpose: fc.constantFrom('unlock', 'view'), sealed: fc.string(), peer: fc.uint8Array(), ticket: fc.nat(), auditKeyPath: fc.string() }); // prettier-ignore
  const anything = fc.oneof(
    fc.anything({ withNullPrototype: false, maxDepth: 3 }),
    fc.record({ frame: fc.uint8Array() }),
    fc.record({ id: fc.nat(), request: fc.constantFrom(...names), input }),
    fc.record({ id: fc.nat(), ok: fc.boolean(), output: fc.anything(), error: fc.anything() }),
  );
  await fc.assert(
    fc.asyncProperty(anything, async (message) => {
      await outside.send(message).catch((error: unknown) => {
        // What structured clone cannot carry never comes over the line.
        expect((error as Error).name).toBe('DataCloneError');
      });
    }),
    { numRuns: runs },
  );
  await expect.poll(() => said.length).toBeGreaterThan(10);
  for (const message of said as { ok?: boolean; error?: { code: string; sentence: string }; request?: string; input?: unknown }[]) {
    if (message.request === undefined)
      expect(message).toEqual({ id: expect.any(Number), ok: false, error: { code: expect.any(String), sentence: expect.any(String) } });
    else {
      expect(['ready', 'denied']).toContain(message.request);
      vaultParentService[message.request as 'ready' | 'denied'].input.parse(message.input);
    }
  }
  expect(exits).toEqual([]);
});
