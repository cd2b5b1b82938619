import { operatorAccess } from '../recording/access.ts';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { decodeFrame, encodeFrame, type ViewFrame } from '../bridge/frames.ts';
import { PageKey, type PageChannel } from '../bridge/channel/web.ts';
import { composeSums, EXPORT_NAMESPACE, readVerifier, signAsInstallation, trustText, verifyBundle, type BundleStatement } from '../export/index.ts';
import { installationNoteKey, Ledger, noticeEntry, readFacts } from '../ledger/index.ts';
import { certifierOf, deedText, type Certificate } from '../ledger/certificate.ts';
import type { KnownPerson } from '../ledger/person-facts.ts';
import { loadPolicy } from '../policy/policy.ts';
import { linkPair } from '../process/link.fixture.ts';
import type { Link } from '../process/link.ts';
import { encodeSnapshot } from '../recording/tail.ts';
import type { RecordingNotice, Written } from '../recording/types.ts';
import { generateAuditKey, thumbprint } from '../recording/wrap.ts';
import { RecordingWriter } from '../recording/writer.ts';
import { homePaths, openSigner, readInstallation, requireInstallation, type Home } from '../storage/index.ts';
import { FileSecretStore } from '../storage/secret-store.ts';
import { firstRun } from '../services/installation/first-run.ts';
import { VaultHost, type VaultHostParts } from './host.ts';
import { newScryptParameters } from '../crypto/kdf.ts';
import { SoftwareAuthenticator } from '../people/passkey.fixture.ts';
import { personPath, readPerson } from '../people/person.ts';
import { enterStaged, type StagedChange } from '../people/pinned.ts';
import { installationTrust } from '../services/installation/trust.ts';
import { FlatLine, type Flat } from '../process/flat.fixture.ts';
import { vaultService } from './service.ts';

const words = 'kettle orbit willow prairie stamp';
const party = { origin: 'https://wardmux.localhost', rpId: 'wardmux.localhost' };
const kdf = newScryptParameters();
const chooseStore = async (home: Home) => ({ store: new FileSecretStore(home.secrets) });

// As far as the tests look into it.
interface Answer extends Flat {
  readonly person: string;
  readonly options: Record<string, unknown>;
  readonly sentence: string;
  readonly skipped: number;
}

/** The words of the answers. */
const answerWords = {
  connect: ['connected'],
  createPerson: ['created'],
  unlockPassphrase: ['unlocked'],
  unlockPasskey: ['unlocked'],
  passkeyOptions: ['options'],
  enrolOptions: ['options'],
  enrolVerify: ['options'],
  confirmPassphrase: ['confirmed'],
  confirmOptions: ['options'],
  confirmPasskey: ['confirmed'],
  changePassphrase: ['staged'],
  changeSlot: ['staged'],
  raiseCost: ['staged'],
  enrolProve: ['enrolled'],
  proveUnlock: ['proved'],
  sealWords: ['sealed'],
  liftPassphrase: ['lifted'],
  liftPasskey: ['lifted'],
  proveView: ['proved'],
  rebuild: ['rebuilt'],
  exportPlan: ['planned'],
  exportPlanOther: ['planned'],
  exportWords: ['said'],
  export: ['exported'],
} as const;

/** Main and the page in one: asks, and opens what the vault host seals. */
class Driver {
  readonly frames: ViewFrame[] = [];
  /** Everything that passed main, as bytes: what must not hold a secret. */
  readonly passed: unknown[] = [];
  readonly #link: Pick<Link, 'send' | 'onMessage'>;
  readonly #line = new FlatLine(vaultService, answerWords);
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #page: PageChannel | undefined;
  /** The page's key, which what is rebuilt is for. */
  key: Uint8Array = new Uint8Array(65);
  #opening: Promise<void> = Promise.resolve();
  #next = 1;
  attest: (statement: BundleStatement) => Promise<string> = async () => '';

  readonly #home: Home;

  constructor(link: Pick<Link, 'send' | 'onMessage'>, home: string) {
    this.#link = link;
    this.#home = homePaths(home);
    link.onMessage((given) => {
      this.passed.push(given);
      const message = this.#line.incoming(given);
      const { id } = given as { id?: number };
      if (message.type === 'frame') {
        this.#opening = this.#opening.then(async () => void this.frames.push(decodeFrame(await this.#page!.open(message['bytes'] as Uint8Array))));
      } else if (message.type === 'attest') {
        void this.attest(message['statement'] as BundleStatement).then((signature) =>
          signature === '' ? this.post({ type: 'refused', id: id!, code: 'not-signed', sentence: '' }) : this.post({ type: 'attested', id: id!, signature }),
        );
      } else if (id !== undefined) this.#answers.get(id)?.(message as Answer);
    });
    this.post({ type: 'configure', home, ...party, version: '0.0.0-test' });
  }

  /** What the ledger has, as main would say it. */
  async known(id: string): Promise<KnownPerson | undefined> {
    const installation = readInstallation(this.#home);
    return installation && (await readFacts(this.#home.ledger, installationNoteKey(installation))).person(id);
  }

  post(message: Flat): void {
    const given = this.#line.outgoing(message);
    this.passed.push(given);
    void this.#link.send(given);
  }

  /** Anything at all, and what comes back under its number. */
  raw(message: { id: number; request: string; input: unknown } | null): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    if (message) this.#link.onMessage((given) => (given as { id?: number }).id === message.id && resolve(given));
    else resolve(undefined);
    void this.#link.send(message);
    return promise;
  }

  async connect(): Promise<void> {
    const key = await PageKey.generate();
    const { publicKey } = await this.ask({ type: 'connect', publicKey: key.publicKey });
    this.#page = await key.connect(publicKey as Uint8Array);
    this.key = key.publicKey;
  }

  async secret(type: 'passphrase' | 'prf' | 'words' | 'disclosure', bytes: Uint8Array | string): Promise<void> {
    const plain = encodeFrame({ type, bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes });
    this.post({ type: 'frame', bytes: await this.#page!.seal(plain) });
  }

  async ask(question: Flat): Promise<Answer> {
    const id = this.#next++;
    const known = typeof question['person'] === 'string' ? { known: await this.known(question['person']) } : {};
    const answer = await new Promise<Answer>((resolve) => {
      this.#answers.set(id, resolve);
      this.post({ ...(question.type === 'rebuild' && { page: this.key }), ...question, ...known, id });
    });
    await this.#opening;
    return answer;
  }

  async unlock(person: string, passphrase = words): Promise<Answer> {
    await this.secret('passphrase', passphrase);
    return this.ask({ type: 'unlockPassphrase', person });
  }

  /** The same person once more. */
  async confirm(person: string, passphrase = words): Promise<Answer> {
    await this.secret('passphrase', passphrase);
    return this.ask({ type: 'confirmPassphrase', known: await this.known(person) });
  }

  async enrol(person: string, device: SoftwareAuthenticator): Promise<Answer> {
    const create = await this.ask({ type: 'enrolOptions' });
    const prove = await this.ask({ type: 'enrolVerify', response: device.create(create.options) });
    for (let touch = 0; touch < 2; touch++) await this.secret('prf', device.prf(prove.options)!);
    return this.ask({ type: 'enrolProve', workstation: 'w', response: device.get(prove.options), label: 'Key', known: await this.known(person) });
  }
}

const stagedOf = ({ type: _, id: __, ...staged }: Answer): StagedChange => staged as unknown as StagedChange;

/** What main does with a change that was staged. */
async function enter(home: Home, id: string, staged: StagedChange): Promise<void> {
  const ledger = await Ledger.open({ folder: home.ledger, installation: requireInstallation(home).id, signer: await openSigner(home) });
  await enterStaged(home, ledger, id, staged);
  await ledger.close();
}

let template: string;
let person: string;
beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'wardmux-vault-'));
  const result = await firstRun({
    home: template,
    name: 'Ada Example',
    passphrase: Buffer.from(words),
    auditKeyPath: join(mkdtempSync(join(tmpdir(), 'wardmux-key-')), 'a.json'),
    chooseStore,
    kdf,
  });
  result.identity.destroy();
  person = result.person.id;
});

let home: Home;
let exits: number[];
const children: ChildProcess[] = [];
let clock = 0;
const start = (folder = home.folder, parts: Partial<VaultHostParts> = {}): Driver & { close(): void } => {
  const [inside, outside] = linkPair();
  const fixed = { chooseStore, kdf, now: () => new Date('2026-11-22T00:00:00Z'), nowMs: () => clock, dearer: () => undefined };
  new VaultHost({ link: inside, exit: (code) => exits.push(code), ...fixed, ...parts });
  return Object.assign(new Driver(outside, folder), { close: outside.close });
};
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-vault-'));
  cpSync(template, folder, { recursive: true });
  home = homePaths(folder);
  exits = [];
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

test('the first run over the protocol: a person, then a passkey, then an unlock with it', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'wardmux-setup-')), 'home');
  const main = start(folder);
  await main.connect();
  expect(
    await main.ask({ type: 'createPerson', name: 'Ada', workstationClass: 'it-office', auditKeyPath: join(folder, '../a.json'), replaceInstallation: false }),
  ).toMatchObject({
    type: 'refused',
    code: 'wrong-passphrase',
  });
  await main.secret('passphrase', 'too short');
  expect(
    await main.ask({ type: 'createPerson', name: 'Ada', workstationClass: 'it-office', auditKeyPath: join(folder, '../a.json'), replaceInstallation: false }),
  ).toMatchObject({
    type: 'refused',
    code: 'weak-passphrase',
  });
  await main.secret('passphrase', words);
  const created = await main.ask({
    type: 'createPerson',
    name: 'Ada',
    workstationClass: 'it-office',
    auditKeyPath: join(folder, '../a.json'),
    replaceInstallation: false,
  });
  expect(created).toMatchObject({ type: 'created' });
  const id = created.person;

  const device = new SoftwareAuthenticator(party.origin, party.rpId);
  const create = await main.ask({ type: 'enrolOptions' });
  await main.secret('prf', device.prf(create.options)!);
  const prove = await main.ask({ type: 'enrolVerify', response: device.create(create.options) });
  await main.secret('prf', device.prf(prove.options)!);
  const enrolled = await main.ask({ type: 'enrolProve', workstation: 'w', response: device.get(prove.options), label: 'Key', known: await main.known(id) });
  expect(enrolled).toMatchObject({ type: 'enrolled' });
  // Before the ledger has it, the new slot counts for nothing.
  expect(readPerson(homePaths(folder), id)?.slots).toHaveLength(1);
  await enter(homePaths(folder), id, stagedOf(enrolled));

  const locked = start(folder);
  await locked.connect();
  const get = await locked.ask({ type: 'passkeyOptions', person: id });
  await locked.secret('prf', device.prf(get.options)!);
  expect(await locked.ask({ type: 'unlockPasskey', person: id, response: device.get(get.options) })).toMatchObject({
    type: 'unlocked',
    person: id,
    method: 'passkey',
  });
  // create, prove, unlock: the counter on disk is the authenticator's.
  expect(readPerson(homePaths(folder), id)?.slots[1]).toMatchObject({ counter: 3 });
  const wires = Buffer.concat(
    [...main.passed, ...locked.passed].map((message) =>
      Buffer.from(JSON.stringify(message, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value))),
    ),
  );
  expect(wires.includes(words)).toBe(false);
});

test('a passkey that was enrolled without a PRF result in create() sends two from get()', async () => {
  const main = start();
  await main.connect();
  await main.unlock(person);
  expect(await main.confirm(person)).toMatchObject({ type: 'confirmed' });
  const device = new SoftwareAuthenticator(party.origin, party.rpId);
  const create = await main.ask({ type: 'enrolOptions' });
  const prove = await main.ask({ type: 'enrolVerify', response: device.create(create.options) });
  await main.secret('prf', device.prf(prove.options)!);
  await main.secret('prf', device.prf(prove.options)!);
  expect(
    await main.ask({ type: 'enrolProve', workstation: 'w', response: device.get(prove.options), label: 'Key', known: await main.known(person) }),
  ).toMatchObject({
    type: 'enrolled',
  });
});

const others = 'violin harbour seven lanterns moss';

test('an open session changes no slot without a fresh proof, and five minutes later with none any more', async () => {
  const main = start();
  await main.connect();
  await main.unlock(person);
  const [slot] = readPerson(home, person)!.slots;
  const known = await main.known(person);
  const changes: Flat[] = [
    { type: 'changeSlot', slot: slot!.id, known },
    { type: 'changeSlot', slot: slot!.id, name: 'x', known },
    { type: 'enrolOptions' },
    { type: 'enrolVerify', response: {} },
    { type: 'enrolProve', workstation: 'w', response: {}, label: 'x', known },
  ];
  const tried = async (): Promise<void> => {
    for (const change of changes) expect(await main.ask(change), change.type).toMatchObject({ type: 'refused', code: 'not-confirmed' });
    await main.secret('passphrase', others);
    expect(await main.ask({ type: 'changePassphrase', workstation: 'w', known })).toMatchObject({ code: 'not-confirmed' });
  };
  await tried();
  expect(await main.confirm(person, 'not the passphrase')).toMatchObject({ code: 'wrong-passphrase' });
  await tried();
  expect(await main.confirm(person)).toMatchObject({ type: 'confirmed', slot: slot!.id });
  expect(await main.ask({ type: 'changeSlot', slot: slot!.id, known })).toMatchObject({ code: 'last-slot' });
  clock += 5 * 60_000;
  await tried();
  // Whoever unlocks anew has shown nothing for this either.
  await main.confirm(person);
  await main.unlock(person);
  await tried();
  expect(readPerson(home, person)!.slots).toEqual([slot]);
});

test('another passphrase counts when the ledger has it; its rules are those of the first run', async () => {
  const main = start();
  await main.connect();
  await main.unlock(person);
  await main.confirm(person);
  const change = async (passphrase: string): Promise<Answer> => {
    await main.secret('passphrase', passphrase);
    return main.ask({ type: 'changePassphrase', workstation: 'w', known: await main.known(person) });
  };
  expect(await change('too short')).toMatchObject({ code: 'weak-passphrase' });
  expect(await change('Ada Example Ada Example')).toMatchObject({ code: 'weak-passphrase' });
  expect(await change(words)).toMatchObject({ code: 'same-passphrase' });
  const staged = await change(others);
  expect(staged).toMatchObject({ type: 'staged', change: 'passphrase', previous: readPerson(home, person)!.slots[0]!.id });
  const before = start();
  await before.connect();
  expect(await before.unlock(person, others)).toMatchObject({ code: 'wrong-passphrase' });
  await enter(home, person, stagedOf(staged));
  expect(await before.unlock(person, words)).toMatchObject({ code: 'wrong-passphrase' });
  expect(await before.unlock(person, others)).toMatchObject({ type: 'unlocked' });
  // The session that made it goes on with what is there now.
  expect(await main.confirm(person, others)).toMatchObject({ type: 'confirmed', slot: staged['slot'] });
});

test('a session whose passphrase was replaced elsewhere changes no slot any more, however fresh its proof is', async () => {
  const [thief, owner] = [start(), start()];
  for (const main of [thief, owner]) {
    await main.connect();
    await main.unlock(person);
    await main.confirm(person);
  }
  await owner.secret('passphrase', others);
  const changed = await owner.ask({ type: 'changePassphrase', workstation: 'w', known: await owner.known(person) });
  await enter(home, person, stagedOf(changed));
  await thief.secret('passphrase', 'marble saddle autumn ferry cloud');
  const known = await thief.known(person);
  expect(await thief.ask({ type: 'changePassphrase', workstation: 'w', known })).toMatchObject({ type: 'refused', code: 'slot-gone' });
  expect(await thief.enrol(person, new SoftwareAuthenticator(party.origin, party.rpId))).toMatchObject({ type: 'refused', code: 'slot-gone' });
  // Who made the change goes on.
  expect(await owner.enrol(person, new SoftwareAuthenticator(party.origin, party.rpId))).toMatchObject({ type: 'enrolled' });
});

test('a passkey that was enrolled later is tried without leaving, confirms, is named and goes', async () => {
  const main = start();
  await main.connect();
  await main.unlock(person);
  await main.confirm(person);
  const [one, two] = [0, 1].map(() => new SoftwareAuthenticator(party.origin, party.rpId));
  const ids: string[] = [];
  for (const device of [one!, two!]) {
    const enrolled = await main.enrol(person, device);
    expect(enrolled).toMatchObject({ type: 'enrolled', change: 'passkey' });
    await enter(home, person, stagedOf(enrolled));
    ids.push(enrolled['slot'] as string);
  }
  clock += 10 * 60_000;
  const tryOut = async (slot: string, device: SoftwareAuthenticator, prf = device.prf.bind(device)): Promise<Answer> => {
    const { options } = await main.ask({ type: 'confirmOptions', slot, known: await main.known(person) });
    expect((options['allowCredentials'] as { id: string }[]).map(({ id }) => id)).toEqual([one!, two!].filter((_, n) => ids[n] === slot).map((d) => d.credentialId)); // prettier-ignore
    await main.secret('prf', prf(options)!);
    return main.ask({ type: 'confirmPasskey', response: device.get(options), known: await main.known(person) });
  };
  // Another secret than that of its slot, and a wrong signature's owner.
  expect(await tryOut(ids[0]!, one!, () => Buffer.alloc(32, 7))).toMatchObject({ code: 'passkey-refused' });
  expect(await main.ask({ type: 'enrolOptions' })).toMatchObject({ code: 'not-confirmed' });
  expect(await tryOut(ids[0]!, one!)).toMatchObject({ type: 'confirmed', slot: ids[0] });
  const counterOf = (at: number): unknown => (readPerson(home, person)!.slots[at] as { counter?: number }).counter;
  expect(counterOf(1)).toBe(one!.counter);
  const named = await main.ask({ type: 'changeSlot', slot: ids[1], name: ' Safe\n', known: await main.known(person) });
  await enter(home, person, stagedOf(named));
  expect(readPerson(home, person)!.slots[2]).toMatchObject({ label: 'Safe' });
  // What the first was used for meanwhile is still there.
  expect(counterOf(1)).toBe(one!.counter);
  const gone = await main.ask({ type: 'changeSlot', slot: ids[0], known: await main.known(person) });
  await enter(home, person, stagedOf(gone));
  expect(readPerson(home, person)!.slots.map(({ id }) => id)).toEqual([readPerson(home, person)!.slots[0]!.id, ids[1]]);
  expect(await main.ask({ type: 'confirmOptions', slot: ids[0], known: await main.known(person) })).toMatchObject({ code: 'no-such-slot' });
});

test('a passphrase that costs too little gets its cost after the unlock, once, and nothing else', async () => {
  const dearer = (N: number): number | undefined => (N === kdf.N ? 2 * N : undefined);
  const main = start(home.folder, { dearer });
  await main.connect();
  expect(await main.unlock(person)).toMatchObject({ type: 'unlocked', dearer: true });
  const staged = await main.ask({ type: 'raiseCost', known: await main.known(person) });
  expect(staged).toMatchObject({ type: 'staged', change: 'cost' });
  expect(await main.ask({ type: 'raiseCost', known: await main.known(person) })).toMatchObject({ code: 'not-needed' });
  await enter(home, person, stagedOf(staged));
  expect(readPerson(home, person)!.slots).toMatchObject([{ id: staged['slot'], kdf: { N: 2 * kdf.N } }]);
  expect(await main.unlock(person)).toMatchObject({ type: 'unlocked', slot: staged['slot'], dearer: false });
});

test('a second createPerson is refused, and nothing is changed', async () => {
  const before = readFileSync(personPath(home, person), 'utf8');
  const main = start();
  await main.connect();
  await main.secret('passphrase', words);
  expect(await main.ask({ type: 'createPerson', name: 'Eve', auditKeyPath: '/nonexistent/x', replaceInstallation: false })).toMatchObject({
    type: 'refused',
    code: 'set-up',
  });
  expect(readFileSync(personPath(home, person), 'utf8')).toBe(before);
});

test('a wrong passphrase, and somebody who is not there, get the same words', async () => {
  const main = start();
  await main.connect();
  const wrong = await main.unlock(person, 'not the passphrase');
  expect(wrong).toMatchObject({ type: 'refused', code: 'wrong-passphrase' });
  expect(await main.unlock('p-ffffffffffff')).toMatchObject({ type: 'refused', code: 'wrong-passphrase', sentence: wrong.sentence });
  expect(await main.unlock(person)).toMatchObject({ type: 'unlocked', method: 'passphrase' });
});

test('a changed person and a garbled person each have their words for the ledger', async () => {
  const path = personPath(home, person);
  const text = readFileSync(path, 'utf8');
  const main = start();
  await main.connect();
  writeFileSync(path, text.replace('Ada Example', 'Eve Example'));
  expect(await main.unlock(person)).toMatchObject({ code: 'changed-person', sentence: expect.stringContaining('another name or other sealed keys') });
  writeFileSync(path, 'garbage');
  expect(await main.unlock(person)).toMatchObject({ code: 'corrupt-vault', sentence: expect.stringContaining(path) });
  writeFileSync(path, text);
  expect(await main.unlock(person)).toMatchObject({ type: 'unlocked' });
});

test('a passphrase is used once, and a page that comes after cannot use it', async () => {
  const main = start();
  await main.connect();
  await main.unlock(person);
  expect(await main.ask({ type: 'unlockPassphrase', person })).toMatchObject({ type: 'refused' });
  await main.secret('passphrase', words);
  await main.connect();
  expect(await main.ask({ type: 'unlockPassphrase', person })).toMatchObject({ type: 'refused' });
});

test('what was written of an emergency goes with the page, and with whoever asks next and writes nothing', async () => {
  const main = start();
  const seal = async (): Promise<unknown> => (await main.ask({ type: 'sealWords', breakGlass: 'b-000000000001', recipients: [] }))['file'];
  await main.connect();
  await main.secret('words', 'ICU bed 4');
  expect(await seal()).toBeInstanceOf(Uint8Array);
  expect(await seal()).toBeNull();
  await main.secret('words', 'ICU bed 4');
  await main.connect();
  expect(await seal()).toBeNull();
  await main.secret('words', 'ICU bed 4');
  await main.secret('words', '');
  expect(await seal()).toBeNull();
});

test('who lifts a stop signs that one text, and nothing is open afterwards; a wrong passphrase signs nothing', async () => {
  const main = start();
  await main.connect();
  await main.secret('passphrase', 'not hers at all');
  expect(await main.ask({ type: 'liftPassphrase', person, after: 7 })).toMatchObject({ type: 'refused', code: 'wrong-passphrase' });
  await main.secret('passphrase', words);
  const { certificate } = (await main.ask({ type: 'liftPassphrase', person, after: 7 })) as unknown as { certificate: Certificate };
  const known = (await main.known(person))!;
  const lift = { deed: 'station', to: 'lifted', reason: null, after: 7 } as const;
  const { id: installation } = requireInstallation(home);
  expect(certifierOf(deedText(installation, person, lift), certificate)).toBe(known.signingKey);
  expect(certifierOf(deedText(installation, person, { ...lift, after: 8 }), certificate)).not.toBe(known.signingKey);
  expect(await main.ask({ type: 'certify', request: lift })).toMatchObject({ type: 'refused', code: 'locked' });
  // The passphrase is used up by it.
  expect(await main.ask({ type: 'liftPassphrase', person, after: 7 })).toMatchObject({ type: 'refused', code: 'wrong-passphrase' });
});

const nothing: Written = { outputBytes: 0, head: { size: 0, root: '0'.repeat(64) }, starts: [{ segment: 0, outputOffset: 0, size: 0, peaks: [] }] };

test('what is locked stays locked: every request that needs an identity is refused', async () => {
  const main = start();
  await main.connect();
  const questions: Flat[] = [
    { type: 'confirmPassphrase' },
    { type: 'confirmOptions' },
    { type: 'confirmPasskey', response: {} },
    { type: 'changePassphrase', workstation: 'w' },
    { type: 'changeSlot', slot: 'k-000000000000' },
    { type: 'raiseCost' },
    { type: 'enrolOptions' },
    { type: 'enrolVerify', response: {} },
    { type: 'enrolProve', workstation: 'w', response: {}, label: 'x' },
    { type: 'rebuild', pane: 1, recording: '20261122-000000-00000000', written: nothing },
    {
      type: 'export',
      ticket: 1,
      recording: '20261122-000000-00000000',
      folder: '/nonexistent/x',
      checkpoint: { origin: '', head: { size: 0, root: '' }, note: '' },
      trust: '',
    },
  ];
  for (const question of questions) expect(await main.ask(question), question.type).toMatchObject({ type: 'refused', code: 'locked' });
});

test('nonsense is refused and changes nothing', async () => {
  const main = start();
  await main.connect();
  await main.unlock(person);
  expect(await main.raw({ id: 99, request: 'nothing', input: {} })).toMatchObject({ ok: false, error: { code: 'unknown-request' } });
  expect(await main.raw({ id: 98, request: 'rebuild', input: null })).toMatchObject({ ok: false, error: { code: 'bad-input' } });
  main.post({ type: 'frame', bytes: new Uint8Array(100) });
  await main.raw(null);
  main.post({ type: 'attested', id: 97, signature: 'x' });
  for (const recording of ['../../people', '20261122-000000-0000000g', '20261122-000000-00000000']) {
    expect(await main.ask({ type: 'rebuild', pane: 1, recording, written: nothing })).toMatchObject({ code: 'no-recording' });
  }
  expect(await main.ask({ type: 'unlockPasskey', person, response: { id: 1 } })).toMatchObject({ code: 'passkey-refused' });
  expect(await main.ask({ type: 'passkeyOptions', person })).toMatchObject({ code: 'no-such-slot' });
});

test('a page without a key ends the process, and so does a main that is gone', () => {
  const main = start();
  main.post({ type: 'connect', publicKey: new Uint8Array(65), id: 1 });
  return new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve))).then(() => {
    expect(exits).toEqual([1]);
    main.close();
    expect(exits).toEqual([1, 0]);
  });
});

async function record(output: readonly (Buffer | { snapshot: string })[]): Promise<{ recording: string; outputBytes: number; written: Written }> {
  const installation = requireInstallation(home);
  const signer = await openSigner(home);
  const ledger = await Ledger.open({ folder: home.ledger, installation: installation.id, signer });
  const { encryptionKey } = readPerson(home, person)!;
  const { policy, sha256 } = loadPolicy(home);
  const notices: RecordingNotice[] = [];
  const writer = await RecordingWriter.create({
    folder: home.recordings,
    installation: installation.id,
    person,
    access: operatorAccess('it-office'),
    policySha256: sha256,
    recipients: [
      { kid: thumbprint(encryptionKey), role: 'owner', jwk: encryptionKey },
      ...policy.auditKeys.map(({ kid, jwk }) => ({ kid, role: 'audit' as const, jwk })),
    ],
    start: { command: ['/bin/sh'], cwd: '/', cols: 80, rows: 24, term: 'xterm-256color', version: '0' },
    rotate: { minutes: 60, mebibytes: 64 },
    notice: (notice) => notices.push(notice),
  });
  let outputBytes = 0;
  for (const item of output) {
    if ('snapshot' in item) writer.event('n', encodeSnapshot({ outputOffset: outputBytes, cols: 100, rows: 30 }, Buffer.from(item.snapshot)));
    else {
      // The writer may wipe or keep what it is given: it gets a copy.
      writer.output(Buffer.from(item));
      outputBytes += item.length;
    }
  }
  const written = writer.written();
  await writer.end('exit', { code: 0, signal: 0 });
  for (const notice of notices) await ledger.append(noticeEntry(notice));
  await ledger.checkpoint();
  await ledger.close();
  return { recording: readdirSync(home.recordings)[0]!, outputBytes, written };
}
const shown = (frames: readonly ViewFrame[]): string =>
  Buffer.concat(frames.flatMap((frame) => (frame.type === 'rebuild' || frame.type === 'screen' ? [frame.bytes] : []))).toString();

test('a pane comes back: size, snapshot, output since, end', async () => {
  const { recording, outputBytes, written } = await record([Buffer.from('gone\r\n'), { snapshot: 'SCREEN ' }, Buffer.from('after\r\n')]);
  const main = start();
  await main.connect();
  await main.unlock(person);
  expect(await main.ask({ type: 'rebuild', pane: 7, recording, written })).toMatchObject({ type: 'rebuilt', pane: 7, skipped: 0 });
  expect(shown(main.frames)).toBe('SCREEN after\r\n');
  expect(main.frames.find(({ type }) => type === 'size')).toMatchObject({ pane: 7, cols: 100, rows: 30 });
  expect(main.frames.at(-1)).toEqual({ type: 'end', pane: 7, offset: outputBytes, skipped: 0, segments: 1 });
});

test('a pane comes back to the page that it was asked for, and to no other one', async () => {
  const { recording, written } = await record([Buffer.from('shown\r\n')]);
  const main = start();
  await main.connect();
  const { key: page } = main;
  await main.unlock(person);
  await main.connect();
  const question = { type: 'rebuild', pane: 7, recording, written };
  expect(await main.ask({ ...question, page })).toMatchObject({ type: 'refused', code: 'replaced' });
  expect(main.frames).toEqual([]);
  expect(await main.ask(question)).toMatchObject({ type: 'rebuilt', skipped: 0 });
  expect(shown(main.frames)).toBe('shown\r\n');
});

test('a long recording comes back from its bounded tail, in frames, exactly', async () => {
  const line = Buffer.from(`${'0123456789abcdef'.repeat(4)}\r\n`);
  const block = Buffer.concat(Array.from({ length: 1000 }, () => line));
  const blocks = Array.from({ length: 80 }, () => block);
  const { recording, outputBytes, written } = await record(blocks);
  const main = start();
  await main.connect();
  await main.unlock(person);
  const answer = await main.ask({ type: 'rebuild', pane: 1, recording, written });
  const text = shown(main.frames);
  expect(answer.skipped + text.length).toBe(outputBytes);
  expect(text.length).toBeGreaterThan(4 * 1024 * 1024 - 4096);
  expect(text.length).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect(text).toBe(Buffer.concat(blocks).subarray(answer.skipped).toString());
  for (const frame of main.frames) if ('bytes' in frame) expect(frame.bytes.length).toBeLessThanOrEqual(512 * 1024);
});

test('a damaged recording: what comes before the damage, then end, then the sentence', async () => {
  const { recording, outputBytes, written } = await record([Buffer.from('good\r\n'), Buffer.from('bad\r\n')]);
  const [segment] = readdirSync(join(home.recordings, recording)).filter((name) => name.endsWith('.wmx'));
  const path = join(home.recordings, recording, segment!);
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length * 0.6)]! ^= 1;
  writeFileSync(path, bytes);
  const main = start();
  await main.connect();
  await main.unlock(person);
  expect(await main.ask({ type: 'rebuild', pane: 1, recording, written })).toMatchObject({ type: 'refused', code: expect.stringMatching(/^bad-/) });
  expect(main.frames.at(-1)).toMatchObject({ type: 'end', offset: outputBytes });
});

test('an export is signed by the installation through main, from facts, and by the person', async () => {
  const { recording } = await record([Buffer.from('hello\r\n'), Buffer.from('SSN: 536-22-1847\r\n')]);
  const main = start();
  await main.connect();
  await main.unlock(person);
  const folder = join(mkdtempSync(join(tmpdir(), 'wardmux-export-')), 'bundle');
  const installation = requireInstallation(home);
  const signer = await openSigner(home);
  const ledger = await Ledger.open({ folder: home.ledger, installation: installation.id, signer });
  const checkpoint = await ledger.checkpoint();
  const trust = installationTrust(home, installation, ledger.facts);
  await ledger.close();
  const question = {
    type: 'export',
    ticket: 1,
    plan: 7,
    form: 'evidence',
    path: folder,
    verdict: '',
    memory: null,
    checkpoint,
    trust: trustText(trust),
  } as const;
  const why = { purpose: 'weekly review', recipient: 'ward office', released: [] as [string, string][] };
  const { encryptionKey: jwk } = readPerson(home, person)!;
  const recipients = [{ kid: thumbprint(jwk), role: 'owner', jwk }];
  const say = (said: unknown = why): Promise<Answer> =>
    main.secret('disclosure', JSON.stringify(said)).then(() => main.ask({ type: 'exportWords', plan: 7, recipients }));
  const plan = (): Promise<Answer> => main.ask({ type: 'exportPlan', ticket: 7, recording, live: true });
  // Nothing was planned; then it was, and what it is for was not said.
  expect(await main.ask(question)).toMatchObject({ type: 'refused', code: 'no-plan' });
  expect(await plan()).toMatchObject({ type: 'planned', withheld: 1, notRequested: 0 });
  const told = main.frames.findLast(({ type }) => type === 'review')!;
  const places = JSON.parse(Buffer.from((told as { bytes: Uint8Array }).bytes).toString('utf8')) as { places: { place: string; text: string }[] };
  expect(places).toMatchObject({ kind: 'places', found: 1, places: [{ kinds: ['ssn'], before: expect.stringContaining('hello') as string }] });
  expect(JSON.stringify(places)).not.toContain('22-1847');
  expect(await main.ask(question)).toMatchObject({ type: 'refused', code: 'bad-words' });
  expect(await say({ ...why, purpose: ' ' })).toMatchObject({ type: 'refused', code: 'bad-words' });
  expect(await say({ ...why, released: [['9.9', 'why']] })).toMatchObject({ type: 'refused', code: 'bad-release' });
  expect(await main.ask({ type: 'exportWords', plan: 7, recipients })).toMatchObject({ type: 'refused', code: 'bad-words' });
  const ready = async (): Promise<void> => {
    await plan();
    expect(await say()).toMatchObject({ type: 'said', words: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  };
  await ready();
  expect(await main.ask(question)).toMatchObject({ type: 'refused', code: 'not-signed' });
  expect(existsSync(folder)).toBe(false);
  const own = { trust, checkpoint, verifier: readVerifier(), by: person, version: '0.0.0-test' };
  // Facts that are not those of the bundle: the signature does not fit, and no bundle is left.
  main.attest = (statement) => signAsInstallation(composeSums({ ...statement, records: statement.records + 1 }, own), signer, EXPORT_NAMESPACE);
  await ready();
  expect(await main.ask(question)).toMatchObject({ type: 'refused', code: 'contradicted' });
  expect(existsSync(folder)).toBe(false);
  main.attest = (statement) => signAsInstallation(composeSums(statement, own), signer, EXPORT_NAMESPACE);
  await ready();
  expect(await main.ask(question)).toMatchObject({ type: 'exported', path: folder, redaction: { withheld: 1, released: 0 } });
  // What was said was said of that one.
  expect(await main.ask(question)).toMatchObject({ type: 'refused', code: 'no-plan' });
  expect(readdirSync(folder)).toContain('SHA256SUMS');
  expect(verifyBundle(folder, trustText(trust))).toMatchObject({ good: true });
  await ready();
  expect(await main.ask(question)).toMatchObject({ type: 'refused', code: 'target-exists' });
  // Let out by hand, and as one file.
  await plan();
  expect(await say({ ...why, released: [[places.places[0]!.place, 'a test number']] })).toMatchObject({ type: 'said' });
  const file = join(dirname(folder), 'a.txt');
  expect(await main.ask({ ...question, form: 'text', path: file, verdict: 'It holds.' })).toMatchObject({
    type: 'exported',
    path: file,
    redaction: { released: 1 },
  });
  expect(readFileSync(file, 'utf8')).toContain('SSN: 536-22-1847');
  expect(readFileSync(join(`${file}-redaction`, 'redaction.json'), 'utf8')).toContain('a test number');
  // Sealed to a key: one file, and where that key is none nothing is kept and nothing written.
  const auditor = generateAuditKey();
  const keyFile = join(dirname(folder), 'auditor.jwk');
  await plan();
  await main.secret('disclosure', JSON.stringify(why));
  expect(await main.ask({ type: 'exportWords', plan: 7, recipients, keyFile })).toMatchObject({ type: 'refused', code: 'bad-key' });
  writeFileSync(keyFile, JSON.stringify(auditor.recipient.jwk));
  await main.secret('disclosure', JSON.stringify(why));
  expect(await main.ask({ type: 'exportWords', plan: 7, recipients, keyFile })).toMatchObject({ type: 'said', sealedTo: auditor.recipient.kid });
  const sealed = join(dirname(folder), 'bundle.jwe');
  expect(await main.ask({ ...question, form: 'sealed', path: sealed, keyFile })).toMatchObject({ type: 'exported', path: sealed });
  expect(readFileSync(sealed, 'latin1')).toMatch(/^[\w-]+\.\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
  expect(readdirSync(dirname(folder)).toSorted()).toEqual(['a.txt', 'a.txt-redaction', 'auditor.jwk', 'bundle', 'bundle-redaction', 'bundle.jwe']);
  // The ledger is main's: the vault host has entered nothing, and has signed nothing.
  const text = readFileSync(join(home.ledger, 'events.jsonl'), 'utf8');
  expect(text).not.toContain('"export"');
});

test('the process itself: it answers over a real line, and goes when main goes', async () => {
  const child = fork(new URL('./main.ts', import.meta.url), [], { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  children.push(child);
  const link: Pick<Link, 'send' | 'onMessage'> = {
    send: async (message) => void child.send(message as object),
    onMessage: (listener) => void child.on('message', listener),
  };
  const main = new Driver(link, home.folder);
  await main.connect();
  expect(await main.unlock(person)).toMatchObject({ type: 'unlocked' });
  // A limit of 1 byte, or of none where the machine allows none: no core is written.
  if (process.platform === 'linux') expect(readFileSync(`/proc/${child.pid}/limits`, 'latin1')).toMatch(/^Max core file size +[01] /m);
  child.disconnect();
  expect((await once(child, 'exit'))[0]).toBe(0);
});
