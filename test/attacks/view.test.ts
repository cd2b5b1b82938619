/**
 * Somebody between the vault and the process that holds the shells, in main's place: they relay, repeat, mix up and make up
 * whatever they like, with a person record of their own, and see no byte of a shell and type none.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { PageKey } from '../../src/bridge/channel/web.ts';
import { encodeFrame } from '../../src/bridge/frames.ts';
import { factsOf, checkPinned } from '../../src/people/pinned.ts';
import { linkPair } from '../../src/process/link.fixture.ts';
import { Challenge, prove, type ProofContext } from '../../src/proof/proof.ts';
import { challengeMs } from '../../src/pty/page-view.ts';
import { owner, person as me, somebody, Stage } from '../../src/pty/host.fixture.ts';
import { homePaths, type Home } from '../../src/storage/index.ts';
import { FileSecretStore } from '../../src/storage/secret-store.ts';
import { VaultHost } from '../../src/vault/host.ts';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { createPerson, personPath, readPerson } from '../../src/people/person.ts';
import type { PersonRecord } from '../../src/people/types.ts';
import type { KnownPerson } from '../../src/ledger/person-facts.ts';
import { FlatLine, type Flat } from '../../src/process/flat.fixture.ts';
import { vaultService } from '../../src/vault/service.ts';
import { firstHome, firstWords as words, ownFolder } from '../support/first-home.ts';

const kdf = newScryptParameters();
/** As the ledger has the first person. */
const knownAs = (record: PersonRecord): KnownPerson => ({
  ...factsOf(record),
  former: [],
  seq: 1,
  roles: ['operator', 'security'],
  rolesSeq: 3,
  state: 'active',
  stateSeq: null,
});
let place: string;
let home: Home;
let id: string;

beforeAll(async () => {
  place = ownFolder();
  const result = await firstHome(place);
  result.identity.destroy();
  id = result.person.id;
  home = result.home;
});

/** A real vault host, and the page at it. */
async function vault(folder: string) {
  const [inside, outside] = linkPair();
  new VaultHost({ link: inside, exit: () => {}, chooseStore: async ({ secrets }) => ({ store: new FileSecretStore(secrets) }), kdf });
  const line = new FlatLine(vaultService, { unlockPassphrase: ['unlocked'], proveUnlock: ['proved'], proveView: ['proved'] });
  const waiting = new Map<number | undefined, (answer: Flat) => void>();
  outside.onMessage((given) => {
    const message = line.incoming(given);
    waiting.get((given as { id?: number }).id)?.(message);
  });
  const post = (message: Flat): Promise<void> => outside.send(line.outgoing(message));
  let next = 1;
  const ask = (question: Flat): Promise<Flat> => {
    const id = next++;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      void post({ ...question, id });
    });
  };
  await post({ type: 'configure', home: folder, origin: 'https://wardmux.localhost', rpId: 'wardmux.localhost', version: '0.0.0' });
  const connect = async (key: PageKey) => {
    return key.connect((await ask({ type: 'connect', publicKey: key.publicKey }))['publicKey'] as Uint8Array);
  };
  const unlock = async (key: PageKey, passphrase = words, known: unknown = knownAs(readPerson(home, id)!)) => {
    const channel = await connect(key);
    await post({ type: 'frame', bytes: await channel.seal(encodeFrame({ type: 'passphrase', bytes: Buffer.from(passphrase) })) });
    return ask({ type: 'unlockPassphrase', person: id, known });
  };
  return { ask, connect, unlock };
}

/** A shell of the owner of `home`, with text in it, and a pty host in the test's hands. */
async function shell(): Promise<Stage> {
  const { encryptionKey } = readPerson(home, id)!;
  const stage = new Stage();
  stage.configure();
  await stage.spawn(1, { person: id, recipients: [{ kid: factsOf(readPerson(home, id)!).encryptionKey, role: 'owner', jwk: encryptionKey }] });
  return stage;
}

function secretText(stage: Stage): void {
  stage.ptys[0]!.print(Buffer.from('name: Jane Doe'));
}

test('the owner, with the vault open, sees the shell: the way that the attacks below try to take', async () => {
  const stage = await shell();
  const { ask, unlock } = await vault(home.folder);
  const key = await PageKey.generate();
  expect(await unlock(key)).toMatchObject({ type: 'unlocked' });
  const challenge = await stage.challenge(key, id, { recipient: { kid: '', role: 'owner', jwk: readPerson(home, id)!.encryptionKey }, opener: owner.opener });
  const answer = await ask({ type: 'proveView', sealed: challenge.sealed, peer: challenge.publicKey });
  expect(answer.type).toBe('proved');
  expect(stage.prove((answer as unknown as { proof: Uint8Array }).proof)).toMatchObject({ type: 'attached', panes: [{ pane: 1 }] });
});

test('a self-made record of the same id: the vault host refuses it, and where it were believed it would still see no shell', async () => {
  const copy = join(place, 'forged');
  cpSync(home.folder, copy, { recursive: true });
  const forged = await createPerson({ name: 'Ada Example', passphrase: Buffer.from('another phrase of mine'), now: '2026-11-28T00:00:00Z', kdf, roles: [] });
  const record = { ...forged.record, id };
  writeFileSync(personPath(homePaths(copy), id), JSON.stringify(record));
  const { unlock } = await vault(copy);
  const refused = await unlock(await PageKey.generate(), 'another phrase of mine');
  expect(refused).toMatchObject({ type: 'refused', code: 'changed-person' });
  expect(refused['sentence']).toContain('other keys than those that were enrolled here');
  expect(() => checkPinned(homePaths(copy), id, knownAs(readPerson(home, id)!))).toThrow('other keys');
  expect(readFileSync(personPath(homePaths(copy), id), 'utf8')).toBe(JSON.stringify(record));
  // As if all of main were theirs: they prove their own key, and the owner's pane is not theirs.
  const stage = await shell();
  const mine = somebody();
  const page = await stage.attach(id, mine);
  expect(page.panes).toEqual([]);
  const before = stage.count('frame');
  secretText(stage);
  await stage.clock.advance(1000);
  expect(stage.count('frame')).toBe(before);
  await page.type(1, 'rm -rf /');
  expect(stage.ptys[0]!.received.length).toBe(0);
});

test('a page that is swapped on the way gets no proof that fits it', async () => {
  const stage = await shell();
  const { ask, unlock } = await vault(home.folder);
  const [honest, mine] = [await PageKey.generate(), await PageKey.generate()];
  await unlock(honest);
  const asOwner = { recipient: { kid: '', role: 'owner' as const, jwk: readPerson(home, id)!.encryptionKey }, opener: owner.opener };
  // The shells' process is told of my page, the vault knows the honest one.
  const challenge = await stage.challenge(mine, id, asOwner);
  const { proof } = (await ask({ type: 'proveView', sealed: challenge.sealed, peer: challenge.publicKey })) as unknown as { proof: Uint8Array };
  expect(stage.prove(proof)).toMatchObject({ type: 'attachRefused', reason: 'wrong-proof' });
  // A channel key of mine in place of the shells' process's own.
  const again = await stage.challenge(honest, id, asOwner);
  const other = (await ask({ type: 'proveView', sealed: again.sealed, peer: mine.publicKey })) as unknown as { proof: Uint8Array };
  expect(stage.prove(other.proof)).toMatchObject({ type: 'attachRefused', reason: 'wrong-proof' });
  // A proof for main is none for the shells' process.
  const third = await stage.challenge(honest, id, asOwner);
  const unlocked = (await ask({ type: 'proveUnlock', sealed: third.sealed })) as unknown as { proof: Uint8Array };
  expect(stage.prove(unlocked.proof)).toMatchObject({ type: 'attachRefused', reason: 'wrong-proof' });
  expect(stage.count('attached')).toBe(0);
});

test('a proof that is late, repeated, or for an earlier challenge opens nothing; nor does a lock leave one open', async () => {
  const stage = await shell();
  const { ask, unlock } = await vault(home.folder);
  const key = await PageKey.generate();
  await unlock(key);
  const asOwner = { recipient: { kid: '', role: 'owner' as const, jwk: readPerson(home, id)!.encryptionKey }, opener: owner.opener };
  const proofOf = async ({ sealed, publicKey }: { sealed: string; publicKey: Uint8Array }): Promise<Uint8Array> =>
    ((await ask({ type: 'proveView', sealed, peer: publicKey })) as unknown as { proof: Uint8Array }).proof;
  const late = await proofOf(await stage.challenge(key, id, asOwner));
  await stage.clock.advance(challengeMs + 1);
  expect(stage.prove(late)).toMatchObject({ type: 'attachRefused', reason: 'no-challenge' });
  const first = await proofOf(await stage.challenge(key, id, asOwner));
  const second = await proofOf(await stage.challenge(key, id, asOwner));
  expect(stage.prove(first)).toMatchObject({ type: 'attachRefused', reason: 'wrong-proof' });
  expect(stage.prove(second)).toMatchObject({ type: 'attachRefused', reason: 'no-challenge' });
  const stolen = await proofOf(await stage.challenge(key, id, asOwner));
  stage.send({ type: 'detach', cause: 'idle' });
  expect(stage.prove(stolen)).toMatchObject({ type: 'attachRefused', reason: 'no-challenge' });
  const good = await proofOf(await stage.challenge(key, id, asOwner));
  expect(stage.prove(good)).toMatchObject({ type: 'attached' });
  expect(stage.prove(good)).toMatchObject({ type: 'attachRefused', reason: 'no-challenge' });
});

test('a locked vault proves nothing, and a proof fits one context only', async () => {
  const { ask, connect } = await vault(home.folder);
  await connect(await PageKey.generate());
  const { sealed } = await Challenge.to(readPerson(home, id)!.encryptionKey);
  expect(await ask({ type: 'proveView', sealed, peer: new Uint8Array(65) })).toMatchObject({ type: 'refused', code: 'locked' });
  const context = fc.record({
    purpose: fc.constantFrom('unlock' as const, 'view' as const),
    person: fc.constantFrom(me, 'p-ffffffffffff', ''),
    page: fc.uint8Array({ maxLength: 3 }),
    peer: fc.uint8Array({ maxLength: 3 }),
  });
  const same = (a: ProofContext, b: ProofContext): boolean =>
    a.purpose === b.purpose && a.person === b.person && Buffer.from(a.page).equals(b.page) && Buffer.from(a.peer).equals(b.peer);
  await fc.assert(
    fc.asyncProperty(context, context, async (one, two) => {
      const challenge = await Challenge.to(owner.recipient.jwk);
      const proof = await prove(owner.opener, challenge.sealed, one);
      expect(challenge.accepts(proof, two)).toBe(same(one, two));
      expect(challenge.accepts(proof, one)).toBe(false);
    }),
    { numRuns: 100 },
  );
  // Only the one whom it is sealed to can answer.
  await expect(
    prove(somebody().opener, (await Challenge.to(owner.recipient.jwk)).sealed, { purpose: 'view', person: me, page: new Uint8Array(), peer: new Uint8Array() }),
  ).rejects.toThrow();
});
