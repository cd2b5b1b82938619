/** The revocation list over a real ledger and real files: who is out by which door, what is kept, what is entered, and what a share that plays tricks does. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { newScryptParameters } from '../../crypto/kdf.ts';
import * as plain from '../../disk/plain.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { attemptPassphrase, type AttemptParts } from '../../people/attempt.ts';
import { followLedger, readBackoffKey } from '../../people/backoff-key.ts';
import { NOTHING_MORE, personPath, savePerson } from '../../people/person.ts';
import { readPinned, saveUse } from '../../people/pinned.ts';
import type { KeySlot } from '../../people/types.ts';
import type { Policy } from '../../policy/types.ts';
import { dismissed, listKey, signedList, type ListText } from '../../revocation/list.fixture.ts';
import { openSecretStore } from '../../storage/secret-store.ts';
import { deciderOf } from '../deeds/decide.ts';
import type { FirstRunResult } from '../installation/first-run.ts';
import { openLedger } from '../installation/open-ledger.ts';
import { enrol, prepareEnrolment } from '../people/people.ts';
import { requireList, Revocations } from './revocations.ts';

vi.mock('../../disk/plain.ts', { spy: true });
const words = 'marble canyon drizzle hammock violet';
const HOUR = 3_600_000;
const [key, stranger] = [listKey(), listKey()];
let place: string;
let file: string;
let made: FirstRunResult;
let ledger: Ledger;
let attempts: Omit<AttemptParts, 'revocations'>;
let jo: string;
let policy: Policy;
let number = 0;

beforeAll(async () => {
  place = ownFolder();
  file = join(place, 'revoked.list');
  made = await firstHome(place);
  const { home, installation, identity } = made;
  ({ ledger } = await openLedger(home, installation));
  const record = await prepareEnrolment({ name: 'Jo Varga', passphrase: Buffer.from(words), kdf: newScryptParameters() });
  await enrol({ home, installation, ledger, admin: deciderOf(identity) }, record, ['operator']);
  jo = record.id;
  const backoffKey = await readBackoffKey(openSecretStore(installation.secretStore, home, installation.id));
  attempts = { backoff: followLedger(home, backoffKey, ledger), ledger, read: (id) => readPinned(home, ledger.facts, id) };
  policy = { ...(JSON.parse(readFileSync(home.policy, 'utf8')) as Policy), revocation: { file, keys: [key.text], maxAgeHours: 72 } };
});
afterAll(async () => {
  made.identity.destroy();
  await ledger.close();
});
beforeEach(() => rmSync(file, { force: true }));

let time = Date.now();
let boot = 0;
const revocationsOf = (more: Partial<ConstructorParameters<typeof Revocations>[0]> = {}): Revocations =>
  new Revocations({ home: made.home, ledger: () => ledger, policy: () => policy, now: () => time, clock: { now: () => boot }, ...more });
const put = async (list: Omit<ListText, 'number'> = {}): Promise<void> => writeFileSync(file, await signedList(key, { number: ++number, ...list }));
const comesIn = async (revocations: AttemptParts['revocations'], id: string, typed: string): Promise<string> => {
  try {
    const { identity } = await attemptPassphrase({ ...attempts, revocations }, id, Buffer.from(typed), NOTHING_MORE);
    identity.destroy();
    return 'in';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('where the policy demands no list, nothing is looked for and nothing is entered', async () => {
  const { events } = ledger;
  expect(await revocationsOf({ policy: () => ({ ...policy, revocation: undefined }) }).look()).toMatchObject({ state: null, barred: false });
  expect(ledger.events).toBe(events);
});

test('before there ever was a list nobody comes in, and a policy that demands one does not come into force', async () => {
  await expect(requireList(made.home, ledger.facts, policy)).rejects.toMatchObject({ code: 'no-list', message: expect.stringContaining('missing') as string });
  const revocations = revocationsOf();
  expect(await comesIn(revocations, jo, words)).toBe('unlisted');
  expect(revocations.barred).toContain(file);
  expect(ledger.facts.revocations.look).toMatchObject({ state: 'missing', open: false });
  expect(await comesIn(revocations, '', words)).toBe('unlisted');
});

test('whoever a list names does not come in, named or not, and comes in again by the next list; the events say so, each once', async () => {
  const revocations = revocationsOf();
  await put();
  await requireList(made.home, ledger.facts, policy);
  expect(await comesIn(revocations, jo, words)).toBe('in');
  await put({ revoked: [dismissed(jo)] });
  expect(await revocations.look()).toMatchObject({ state: 'good', barred: false, people: [jo] });
  expect(ledger.facts.person(jo)).toMatchObject({ state: 'revoked' });
  const { events } = ledger;
  await revocations.look();
  expect(ledger.events).toBe(events);
  // In the words of a wrong passphrase.
  expect(await comesIn(revocations, jo, words)).toBe('disabled');
  expect(await comesIn(revocations, '', words)).not.toBe('in');
  expect(await comesIn(revocations, made.person.id, firstWords)).toBe('in');
  await put();
  expect(await comesIn(revocations, jo, words)).toBe('in');
});

test('an older list, also with the copy and what is derived taken away, keeps everybody out, and whoever was revoked stays so', async () => {
  const before = await signedList(key, { number });
  await put({ revoked: [dismissed(jo)] });
  await revocationsOf().look();
  rmSync(made.home.revocations);
  writeFileSync(file, before);
  const revocations = revocationsOf();
  expect(await revocations.look()).toMatchObject({ state: 'set-back', barred: true });
  expect(await comesIn(revocations, made.person.id, firstWords)).toBe('unlisted');
  expect(ledger.facts.person(jo)?.state).toBe('revoked');
  await put();
  expect(await comesIn(revocations, jo, words)).toBe('in');
});

test('a share that is away changes nothing until the list is too old, whatever the wall clock is set to meanwhile', async () => {
  const revocations = revocationsOf();
  await put({ revoked: [dismissed(jo)], issued: new Date(time - 70 * HOUR).toISOString() });
  await revocations.look();
  rmSync(file);
  expect(await revocations.look()).toMatchObject({ state: 'missing', barred: false, people: [jo] });
  boot += 3 * HOUR;
  time -= 10 * HOUR;
  expect(await revocations.look()).toMatchObject({ state: 'too-old', barred: true, people: [jo] });
  time += 10 * HOUR;
  await put();
  expect(await revocations.look()).toMatchObject({ state: 'good', barred: false });
});

test.each<[string, () => void]>([
  ['a FIFO', () => execFileSync('mkfifo', [file])],
  ['a link to a good list', () => (renameSync(file, `${file}.real`), symlinkSync(`${file}.real`, file))],
  ['a folder', () => (rmSync(file), execFileSync('mkdir', [file]))],
  ['2 MiB', () => truncateSync(file, 2 * 1024 * 1024)],
])('what is no list is read by nobody: %s', async (_, make) => {
  await put();
  const revocations = revocationsOf();
  await revocations.look();
  if (existsSync(file) && _ === 'a FIFO') rmSync(file);
  make();
  expect(await revocations.look()).toMatchObject({ state: 'unreadable', barred: false });
  rmSync(file, { recursive: true, force: true });
});

test('a list that a stranger signed is refused, is not kept, and puts out whoever is in only when two looks have seen it', async () => {
  await put();
  const revocations = revocationsOf();
  await revocations.settle();
  const kept = readFileSync(made.home.revocations);
  writeFileSync(file, await signedList(stranger, { number: number + 1 }));
  const look = async (): Promise<boolean> => {
    revocations.tick();
    await revocations.look();
    await Promise.resolve();
    return revocations.lastLook.barred;
  };
  expect(await look()).toBe(false);
  expect(await comesIn(revocations, jo, words)).toBe('unlisted');
  expect(await look()).toBe(true);
  expect(readFileSync(made.home.revocations)).toEqual(kept);
  await put();
  expect(await look()).toBe(false);
});

test('a revoked key slot opens nothing, and a use of another one is kept beside it', async () => {
  const { home } = made;
  const whole = readPinned(home, ledger.facts, jo)!;
  const slot = whole.slots[0]!.id;
  await put({ revoked: [{ slot, reason: 'lost-authenticator', since: '2026-11-28T11:58:00Z' }] });
  const revocations = revocationsOf();
  expect(await comesIn(revocations, jo, words)).toBe('wrong-passphrase');
  const person = readPinned(home, ledger.facts, jo)!;
  expect([person.slots, person.revokedSlots]).toEqual([[], [slot]]);
  await saveUse(home, person);
  expect(readPinned(home, ledger.facts, jo)).toEqual(person);
  // The next list names it on, although nobody has it any more where slots are counted.
  await put({ revoked: [{ slot, reason: 'lost-authenticator', since: '2026-11-28T11:58:00Z' }] });
  expect(await revocations.look()).toMatchObject({ slots: [slot] });
  await put();
  expect(await comesIn(revocations, jo, words)).toBe('in');
});

test('a revoked key slot opens nothing also where its record is away at each look, and the ledger hears of it as soon as one finds it', async () => {
  const { home } = made;
  const slot = readPinned(home, ledger.facts, jo)!.slots[0]!.id;
  const [there, away] = [personPath(home, jo), join(place, 'away.json')];
  const revocations = revocationsOf();
  const swapped: AttemptParts['revocations'] = {
    look: async () => {
      renameSync(there, away);
      await revocations.look();
      renameSync(away, there);
    },
    get barred() {
      return revocations.barred;
    },
    names: (one) => revocations.names(one),
  };
  await put({ revoked: [{ slot, reason: 'lost-authenticator', since: '2026-11-28T11:58:00Z' }] });
  expect(await comesIn(swapped, jo, words)).toBe('wrong-passphrase');
  expect(ledger.facts.revocations.list).toMatchObject({ number, slots: [] });
  expect(await comesIn(revocations, jo, words)).toBe('wrong-passphrase');
  expect(ledger.facts.revocations.list).toMatchObject({ number, slots: [slot] });
  await put();
  expect(await comesIn(revocations, jo, words)).toBe('in');
});

test.each(['passkey-prf', 'passphrase-key'] as const)('a credential is revoked in a slot of %s', async (type) => {
  const { home } = made;
  const path = personPath(home, jo);
  const before = readFileSync(path, 'utf8');
  const record = readPinned(home, ledger.facts, jo)!;
  const [{ wrapped, created }] = record.slots as [KeySlot];
  const credentialId = Buffer.from(`credential of ${type}`).toString('base64url');
  const credential = {
    credentialId,
    publicKey: 'AAAA',
    counter: 0,
    transports: ['usb'],
    prfSalt: Buffer.alloc(32).toString('base64url'),
    label: '',
    aaguid: '',
  };
  const bare = { id: 'k-00000000c0de', created, wrapped, ...credential, aaguid: '00000000-0000-0000-0000-000000000000' };
  const slot: KeySlot = type === 'passkey-prf' ? { ...bare, type } : { ...bare, type, kdf: newScryptParameters() };
  const { roles: _, active: __, revokedSlots: ___, ...stored } = record;
  savePerson(home, { ...stored, slots: [...record.slots, slot] });
  await put({ revoked: [{ credential: credentialId, reason: 'lost-authenticator', since: '2026-11-28T11:58:00Z' }] });
  const revocations = revocationsOf();
  expect(await revocations.look()).toMatchObject({ slots: [slot.id] });
  expect([slot, ...record.slots].map((one) => revocations.names(one))).toEqual([true, false]);
  writeFileSync(path, before);
  await put();
  await revocations.look();
});

test('a share that does not answer is asked once, and holds up whoever comes next for no time', async () => {
  await put();
  const revocations = revocationsOf();
  expect(await revocations.look()).toMatchObject({ state: 'good' });
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>();
  const asked = vi.mocked(plain.openPlainHandle).mockClear();
  asked.mockImplementation(() => answers.then(() => undefined));
  vi.useFakeTimers();
  try {
    const first = revocations.look();
    await vi.advanceTimersByTimeAsync(3000);
    expect(await first).toMatchObject({ state: 'unreadable', barred: false });
    // Nothing is waited for: no timer goes on.
    for (let n = 0; n < 3; n++) expect(await revocations.look()).toMatchObject({ state: 'unreadable' });
    expect(asked).toHaveBeenCalledOnce();
    answer();
    await vi.advanceTimersByTimeAsync(0);
    asked.mockRestore();
    expect(await revocations.look()).toMatchObject({ state: 'good' });
  } finally {
    vi.useRealTimers();
    asked.mockRestore();
  }
});

test('a policy that cannot be read bars where a list was demanded before', async () => {
  const away = (): never => {
    throw new Error('the policy is away');
  };
  const failed: unknown[] = [];
  expect(await revocationsOf({ policy: away, failed: (error) => failed.push(error) }).look()).toMatchObject({ barred: true });
  expect(failed).toHaveLength(1);
});

test('whoever is in is told once that a list is due', async () => {
  const told: string[] = [];
  await put({ issued: new Date(time - 30 * HOUR).toISOString() });
  const revocations = revocationsOf({ tell: (sentence) => told.push(sentence) });
  for (let n = 0; n < 3; n++) {
    revocations.tick();
    await revocations.look();
    await Promise.resolve();
  }
  expect(told).toEqual([expect.stringContaining('30 hours old')]);
});
