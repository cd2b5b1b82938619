/** New keys for somebody who lost everything: by two, with what was shown, and what opens afterwards and what does not. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { keyText } from '../../ledger/certificate.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { newCodes } from '../../people/change.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { NOTHING_MORE, personPath, unlockWithPassphrase } from '../../people/person.ts';
import { readPinned } from '../../people/pinned.ts';
import type { PersonRecord } from '../../people/types.ts';
import { thumbprint, wrapSecret } from '../../recording/wrap.ts';
import { lookPath, workspacePath } from '../../storage/index.ts';
import { changeSentences } from './changes.ts';
import { deciderOf } from '../deeds/decide.ts';
import type { FirstRunResult } from '../installation/first-run.ts';
import { openLedger } from '../installation/open-ledger.ts';
import { enrol, grantRoles, prepareEnrolment, setState, type PeopleParts } from './people.ts';
import { prepareRebind, rebind, rebinders, type Shown } from './rebind.ts';
import { changeSlots } from './slots.ts';
import { installationTrust } from '../installation/trust.ts';
import { firstHome, ownFolder } from '../../../test/support/first-home.ts';

const kdf = newScryptParameters();
const words = { kim: 'marble canyon drizzle hammock violet', jo: 'violin harbour seven lanterns moss', new: 'ribbon falcon cobalt meadow trumpet' };
const badge: Shown = { checked: 'staff-badge' };
let made: FirstRunResult;
let ledger: Ledger;
let parts: PeopleParts;
let kim: OpenIdentity;
let jo: OpenIdentity;

const opened = async (id: string, typed: string): Promise<OpenIdentity> =>
  unlockWithPassphrase(readPinned(made.home, ledger.facts, id), Buffer.from(typed), NOTHING_MORE);
async function enrolled(name: string, typed: string, roles: Parameters<typeof enrol>[2]): Promise<OpenIdentity> {
  const record = await prepareEnrolment({ name, passphrase: Buffer.from(typed), kdf });
  await enrol(parts, record, roles);
  return opened(record.id, typed);
}
const prepared = (of: OpenIdentity = jo, typed = words.new): Promise<PersonRecord> => prepareRebind(of.person, { passphrase: Buffer.from(typed), kdf });
const last = async (): Promise<{ action: string; person?: string | undefined; detail?: unknown }> => (await ledger.event(ledger.events - 1))!.event;

beforeAll(async () => {
  made = await firstHome(ownFolder());
  ({ ledger } = await openLedger(made.home, made.installation));
  parts = { home: made.home, installation: made.installation, ledger, admin: deciderOf(made.identity) };
  jo = await enrolled('Jo Varga', words.jo, ['operator']);
});
afterAll(async () => {
  for (const identity of [made.identity, kim, jo]) identity?.destroy();
  await ledger.close();
});

test('one security admin alone cannot, and hears it before anybody types', async () => {
  expect(() => rebinders(ledger.facts, jo.person.id)).toThrow('ere there is one: ');
  await expect(rebind(parts, await prepared(), badge)).rejects.toMatchObject({ code: 'second-needed' });
  kim = await enrolled('Kim Olsen', words.kim, ['security']);
  // Of those two neither gets new keys: the other one would be alone.
  expect(() => rebinders(ledger.facts, kim.person.id)).toThrow('ere there is one: ');
  expect(rebinders(ledger.facts, jo.person.id)).toEqual([made.person.id, kim.person.id]);
});

test('by who asks twice, by somebody without the role, by a disabled one, of oneself, of nobody: refused, and nothing is written', async () => {
  const before = [ledger.events, readFileSync(personPath(made.home, jo.person.id), 'utf8')];
  const record = await prepared();
  for (const second of [undefined, made.identity, jo]) {
    await expect(rebind({ ...parts, second: second && deciderOf(second) }, record, badge)).rejects.toMatchObject({ code: 'second-needed' });
  }
  const second = deciderOf(kim);
  await expect(rebind({ ...parts, second }, await prepared(made.identity), badge)).rejects.toMatchObject({ code: 'not-yourself' });
  await expect(rebind({ ...parts, second }, { ...record, id: 'p-ffffffffffff' }, badge)).rejects.toMatchObject({ code: 'unknown-person' });
  await expect(prepared(jo, 'short')).rejects.toMatchObject({ code: 'weak-passphrase' });
  expect([ledger.events, readFileSync(personPath(made.home, jo.person.id), 'utf8')]).toEqual(before);
  expect(readdirSync(made.home.people).filter((name) => name.includes('.next-'))).toEqual([]);
  await setState(parts, jo.person.id, 'disabled');
  await expect(rebind({ ...parts, second }, record, badge)).rejects.toMatchObject({ code: 'not-active' });
  await setState(parts, jo.person.id, 'active');
});

test('by two it is: same id, name and roles, the new passphrase opens, the old one nothing, and what was sealed before stays closed', async () => {
  const { id } = jo.person;
  const before = readFileSync(personPath(made.home, id));
  const sealed = await wrapSecret(Buffer.alloc(32, 7), { kid: jo.kid, role: 'owner', jwk: jo.person.encryptionKey });
  expect(await jo.open(sealed)).toEqual(Buffer.alloc(32, 7));
  const windows = [workspacePath(made.home, id), lookPath(made.home, id)];
  for (const path of windows) writeFileSync(path, '{}');
  let asked = '';
  await rebind({ ...parts, second: deciderOf(kim), signing: (sha256) => (asked = sha256) }, await prepared(), badge);
  expect(asked).toMatch(/^[0-9a-f]{64}$/);
  const { detail, ...event } = await last();
  expect(event).toMatchObject({ action: 'person.keys', person: id });
  expect(detail).toMatchObject({
    change: 'rebound',
    checked: 'staff-badge',
    by: made.person.id,
    second: kim.person.id,
    formerKey: keyText(jo.person.signingKey),
  });
  const now = await opened(id, words.new);
  expect(now.person).toMatchObject({ id, name: 'Jo Varga', roles: ['operator'], active: true });
  expect(now.kid).not.toBe(jo.kid);
  await expect(now.open(sealed)).rejects.toMatchObject({ code: 'not-for-this-key' });
  await expect(opened(id, words.jo)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  expect(windows.filter((path) => existsSync(path))).toEqual([]);
  expect(changeSentences(made.home, ledger.facts, id).at(-1)).toMatch(/you got new keys.*by Ada Example.* and Kim Olsen/);
  // Whoever had it open with the old keys changes nothing any more, and an old copy of the record is refused.
  await expect(changeSlots(made.home, ledger, jo, () => newCodes(jo, '2026-11-28T08:00:00.000Z'))).rejects.toMatchObject({ code: 'slot-gone' });
  const after = readFileSync(personPath(made.home, id));
  writeFileSync(personPath(made.home, id), before);
  await expect(opened(id, words.jo)).rejects.toMatchObject({ code: 'changed-person', reason: 'keys' });
  writeFileSync(personPath(made.home, id), after);
  now.destroy();
});

test('the trust file names the keys of before, and the facts that are kept have them', () => {
  const { persons } = installationTrustOf();
  const mine = persons.find((one) => one.id === jo.person.id)!;
  expect(mine.kids).toHaveLength(2);
  expect(mine.kids[0]).toBe(thumbprint(jo.person.encryptionKey));
  expect(mine.former).toHaveLength(1);
  expect(persons.find((one) => one.id === made.person.id)).not.toHaveProperty('former');
});

test('a recovery code of theirs stands for who they are, once; one of nobody’s is an event', async () => {
  const mo = await enrolled('Mo Adeyemi', words.jo, ['operator']).catch((error: unknown) => error);
  // A role takes two by now.
  expect(mo).toMatchObject({ code: 'second-needed' });
  const record = await prepareEnrolment({ name: 'Mo Adeyemi', passphrase: Buffer.from(words.jo), kdf });
  const both = { ...parts, second: deciderOf(kim) };
  await enrol(both, record, ['operator']);
  const identity = await opened(record.id, words.jo);
  const { codes } = await changeSlots(made.home, ledger, identity, () => newCodes(identity, '2026-11-28T08:00:00.000Z'));
  const shown = (code: string): Shown => ({ checked: 'recovery-code', code });
  await expect(rebind(both, await prepared(identity), shown('0000'))).rejects.toMatchObject({ code: 'no-code' });
  const strange = await changeSlots(made.home, ledger, kim, () => newCodes(kim, '2026-11-28T08:00:00.000Z'));
  await expect(rebind(both, await prepared(identity), shown(strange.codes[0]!.text))).rejects.toMatchObject({ code: 'wrong-code' });
  expect(await last()).toMatchObject({ action: 'recovery.refused', person: record.id, detail: { reason: 'wrong-code' } });
  await rebind(both, await prepared(identity), shown(codes[2]!.text));
  expect(await last()).toMatchObject({ detail: { change: 'rebound', checked: 'recovery-code' } });
  await expect(rebind(both, await prepared(identity), shown(codes[2]!.text))).rejects.toMatchObject({ code: 'wrong-code' });
  // Without the role in the moment in which it is entered it is not.
  await grantRoles(parts, kim.person.id, []);
  await expect(rebind(both, await prepared(identity), badge)).rejects.toMatchObject({ code: 'second-needed' });
  identity.destroy();
});

const installationTrustOf = (): ReturnType<typeof installationTrust> => installationTrust(made.home, made.installation, ledger.facts);
