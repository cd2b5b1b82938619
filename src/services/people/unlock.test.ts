/** What comes while somebody is asked: a revocation list that names them by the time they answer, or by the time of the deed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { firstHome, firstWords, ownFolder } from '../../../test/support/first-home.ts';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { newCodes } from '../../people/change.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { acceptAsItStands } from '../../policy/force.fixture.ts';
import { dismissed, listKey, signedList } from '../../revocation/list.fixture.ts';
import { admit } from '../deeds/admit.ts';
import { deciderOf } from '../deeds/decide.ts';
import { factsOf, openInstallation, withLedger, type OpenInstallation } from '../installation/installation.ts';
import { enrol, prepareEnrolment } from './people.ts';
import { pinnedPerson } from './person.ts';
import { changeSlotsOf, recover } from './slots.ts';
import { unlockPerson } from './unlock.ts';

// scrypt takes half a second of a free core.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const words = 'marble canyon drizzle hammock violet';
const now = new Date('2026-11-28T08:00:00.000Z');
const [key, stranger] = [listKey(), listKey()];
let site: OpenInstallation;
let file: string;
let jo: string;
let number = 0;

const put = async (revoked: readonly object[] = [], by = key): Promise<void> => writeFileSync(file, await signedList(by, { number: ++number, revoked }));
const lost = (what: object): object => ({ ...what, reason: 'lost-authenticator', since: '2026-11-28T11:58:00Z' });

beforeAll(async () => {
  const place = ownFolder();
  file = join(place, 'revoked.list');
  const { home, installation, identity: ada } = await firstHome(place);
  site = await openInstallation({ env: { WARDMUX_HOME: join(place, 'home'), HOME: place } });
  const record = await prepareEnrolment({ name: 'Jo Varga', passphrase: Buffer.from(words), kdf: newScryptParameters() });
  await withLedger(site, ({ ledger }) => enrol({ home, installation, ledger, admin: deciderOf(ada) }, record, ['operator']));
  jo = record.id;
  ada.destroy();
  const policy = JSON.parse(readFileSync(home.policy, 'utf8')) as object;
  writeFileSync(home.policy, JSON.stringify({ ...policy, revocation: { file, keys: [key.text], maxAgeHours: 72 } }));
  await acceptAsItStands(join(place, 'home'));
});
beforeEach(() => put());

/** Jo is asked, and answers when this has happened. */
const joAfter = (happens: () => Promise<void>): Promise<OpenIdentity> =>
  unlockPerson(site, {
    person: jo,
    ask: async () => {
      await happens();
      return Buffer.from(words);
    },
    admit: (standing, enter) => admit('cli', 'recording.replay.own', standing, enter),
    sealed: true,
    tell: () => {},
    now: Date.now,
  });
const slotOf = async (): Promise<string> =>
  (await withLedger(site, async ({ ledger }) => pinnedPerson(site.home, ledger.facts, jo, () => undefined)))!.slots[0]!.id;

test('whoever a list names by the time they answer is not in, and the list stands in the ledger before their attempt', async () => {
  (await joAfter(() => Promise.resolve())).destroy();
  await expect(joAfter(() => put([dismissed(jo)]))).rejects.toMatchObject({ code: 'disabled' });
  const events = readFileSync(join(site.home.ledger, 'events.jsonl'), 'utf8').trim().split('\n');
  const actions = events.map((line) => (JSON.parse(line) as { action: string }).action);
  expect(actions.slice(-3)).toEqual(['revocation.list', 'unlock.attempt', 'unlock']);
});

test('a key slot that a list names by then opens nothing', async () => {
  const slot = await slotOf();
  await expect(joAfter(() => put([lost({ slot })]))).rejects.toMatchObject({ code: 'wrong-passphrase' });
});

test('a list that does not stand by then keeps everybody out', async () => {
  await expect(joAfter(() => put([], stranger))).rejects.toMatchObject({ code: 'unlisted', message: expect.stringContaining(file) as string });
});

test.each<[string, () => Promise<void>, string]>([
  ['names them', () => put([dismissed(jo)]), 'disabled'],
  ['names what they came in by', async () => put([lost({ slot: await slotOf() })]), 'disabled'],
  ['does not stand', () => put([], stranger), 'unlisted'],
])('whoever was let in, and waits for somebody else, does nothing any more where a list %s meanwhile', async (_, happens, code) => {
  const identity = await joAfter(() => Promise.resolve());
  const deed = vi.fn(async () => undefined);
  try {
    await withLedger(site, deed, { identity });
    expect(deed).toHaveBeenCalledOnce();
    await happens();
    await expect(withLedger(site, deed, { identity })).rejects.toMatchObject({ code, message: expect.stringContaining('Nothing was done.') as string });
    expect(deed).toHaveBeenCalledOnce();
  } finally {
    identity.destroy();
  }
});

test('where the policy asks for two factors, a passphrase alone does for nothing that is sealed, and for everything else', async () => {
  const policy = JSON.parse(readFileSync(site.home.policy, 'utf8')) as object;
  const take = async (unlock: object): Promise<void> => {
    writeFileSync(site.home.policy, JSON.stringify({ ...policy, unlock }));
    await acceptAsItStands(site.home.folder);
  };
  const request = { person: jo, ask: async () => Buffer.from(words), tell: () => {}, now: Date.now };
  const enter = (sealed: boolean): Promise<OpenIdentity> =>
    unlockPerson(site, { ...request, sealed, admit: (standing, enter) => admit('cli', 'session.record', standing, enter) });
  await take({ factors: 2 });
  await expect(enter(true)).rejects.toMatchObject({ code: 'two-factors', message: expect.stringContaining('Do it in the window') as string });
  (await enter(false)).destroy();
  await take({ factors: 2, commands: true });
  (await enter(true)).destroy();
});

test('a recovery code of somebody who is named, or that is named itself, sets no new passphrase', async () => {
  const identity = await joAfter(() => Promise.resolve());
  const { codes } = await changeSlotsOf(site, identity, () => newCodes(identity, now.toISOString()));
  identity.destroy();
  const give = async (n: number): Promise<unknown> => {
    const person = (await withLedger(site, async ({ ledger }) => pinnedPerson(site.home, ledger.facts, jo, () => undefined)))!;
    return recover(site, person, codes[n]!.text, { typed: Buffer.from('violin harbour seven lanterns moss'), now, kdf: newScryptParameters() });
  };
  const before = (await factsOf(site)).person(jo)!.slots;
  await put([dismissed(jo)]);
  await expect(give(0)).rejects.toMatchObject({ code: 'wrong-code' });
  await put([lost({ slot: codes[1]!.slot })]);
  await expect(give(1)).rejects.toMatchObject({ code: 'wrong-code' });
  await put([], stranger);
  await expect(give(2)).rejects.toMatchObject({ code: 'unlisted' });
  expect((await factsOf(site)).person(jo)!.slots).toBe(before);
  await put();
  expect(await give(2)).toMatchObject({ change: 'recovered' });
});

test('the first person comes in on a list that names others', async () => {
  await put([dismissed(jo)]);
  const request = { person: 'Ada Example', ask: async () => Buffer.from(firstWords), sealed: true, tell: () => {}, now: Date.now };
  (await unlockPerson(site, { ...request, admit: (standing, enter) => admit('cli', 'recording.replay.own', standing, enter) })).destroy();
});
