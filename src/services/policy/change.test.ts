/** Deeds of people who were disabled after they were let in: asked again where they are entered, and found by whoever verifies where somebody enters them all the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newScryptParameters } from '../../crypto/kdf.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { installationNoteKey } from '../../ledger/note.ts';
import { LedgerView } from '../../ledger/view.ts';
import type { InstallationSigner } from '../../crypto/signer.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { NOTHING_MORE, unlockWithPassphrase } from '../../people/person.ts';
import { readPinned } from '../../people/pinned.ts';
import { policyInForce, proposeFile, type ChangedPolicy } from '../../policy/index.ts';
import { type FirstRunResult } from '../installation/first-run.ts';
import { deciderOf } from '../deeds/decide.ts';
import { entitledVerdict } from '../ledger/verdicts.ts';
import { openLedger } from '../installation/open-ledger.ts';
import { enrol, grantRoles, prepareEnrolment, setState, type PeopleParts } from '../people/people.ts';
import { changePolicy } from './change.ts';
import { rotateKey } from '../installation/rotate-key.ts';
import { firstHome, ownFolder } from '../../../test/support/first-home.ts';

const hers = 'marble canyon drizzle hammock violet';
const kdf = newScryptParameters();
let place: string;
let made: FirstRunResult;
let ledger: Ledger;
let signer: InstallationSigner;
let parts: PeopleParts;
let mara: OpenIdentity;
let weaker: ChangedPolicy;

beforeAll(async () => {
  place = ownFolder();
  made = await firstHome(place, { auditKeyPath: join(place, 'audit-key.json') });
  const { home, installation, identity: admin } = made;
  ({ ledger, signer } = await openLedger(home, installation));
  parts = { home, installation, ledger, admin: deciderOf(admin) };
  const record = await prepareEnrolment({ name: 'Mara Ueda', passphrase: Buffer.from(hers), kdf });
  await enrol(parts, record, ['operator', 'security']);
  mara = await unlockWithPassphrase(readPinned(home, ledger.facts, record.id), Buffer.from(hers), NOTHING_MORE);
  const policy = JSON.parse(readFileSync(home.policy, 'utf8')) as { lock: object };
  writeFileSync(join(place, 'weak.json'), JSON.stringify({ ...policy, lock: { ...policy.lock, idleSeconds: 900 } }));
  weaker = proposeFile(ledger.facts, policyInForce(home, ledger.facts), join(place, 'weak.json'))!;
});
afterAll(async () => {
  for (const identity of [mara, made.identity]) identity.destroy();
  await ledger.close();
});

const disable = (): Promise<void> => setState(parts, mara.person.id, 'disabled');
const enable = (): Promise<void> => setState(parts, mara.person.id, 'active');
const refused = { code: 'not-permitted' };

test('who was disabled after they were let in weakens nothing, alone or as one of two, also between signing and entering', async () => {
  const { home } = made;
  const weaken = (by: OpenIdentity, second?: OpenIdentity, into: Pick<Ledger, 'append' | 'facts' | 'installation'> = ledger) =>
    changePolicy({ home, ledger: into, proposal: weaker, admin: deciderOf(by), second: second && deciderOf(second) });
  await expect(weaken(mara)).rejects.toMatchObject({ code: 'second-needed' });
  await expect(weaken(mara, mara)).rejects.toMatchObject({ code: 'second-needed' });
  await disable();
  const { events } = ledger;
  await expect(weaken(mara)).rejects.toMatchObject(refused);
  await expect(weaken(mara, made.identity)).rejects.toMatchObject(refused);
  await expect(weaken(made.identity, mara)).rejects.toMatchObject(refused);
  expect(ledger.events).toBe(events);
  await enable();
  const late: Pick<Ledger, 'append' | 'facts' | 'installation'> = {
    facts: ledger.facts,
    installation: ledger.installation,
    append: async (entry, together) => {
      await disable();
      return ledger.append(entry, together);
    },
  };
  await expect(weaken(mara, made.identity, late)).rejects.toMatchObject(refused);
  expect(ledger.facts.policies).toHaveLength(1);
  await enable();
});

test('who has put the other one out decides nothing alone for a week that is for two, hears until when, and gives roles to who works', async () => {
  const { home, identity } = made;
  await disable();
  const { events } = ledger;
  const weakens = changePolicy({ home, ledger, proposal: weaker, admin: deciderOf(identity) });
  await expect(weakens).rejects.toMatchObject({
    code: 'second-needed',
    message: expect.stringMatching(/put out less than 7 days ago\. Until 2\S+Z nobody/) as string,
  });
  const somebody = await prepareEnrolment({ name: 'Dag Farrow', passphrase: Buffer.from(hers), kdf });
  for (const roles of [['security'], ['operator', 'custodian']] as const)
    await expect(enrol(parts, somebody, roles)).rejects.toMatchObject({ code: 'second-needed' });
  expect(ledger.events).toBe(events);
  await enrol(parts, somebody, ['operator']);
  await expect(grantRoles(parts, somebody.id, ['operator', 'emergency'])).rejects.toMatchObject({ code: 'second-needed' });
  await enable();
  await grantRoles({ ...parts, second: deciderOf(mara) }, somebody.id, ['operator', 'emergency']);
  await setState(parts, somebody.id, 'deleted');
});

test('nor does she replace the key of the installation, or change people', async () => {
  const { home, installation, person } = made;
  const before = readFileSync(home.installation);
  await disable();
  const { events } = ledger;
  await expect(rotateKey({ home, installation, ledger, signer, person: mara.person.id })).rejects.toMatchObject(refused);
  const as = { ...parts, admin: deciderOf(mara) };
  await expect(setState(as, person.id, 'disabled')).rejects.toMatchObject(refused);
  await expect(grantRoles(as, person.id, [])).rejects.toMatchObject(refused);
  expect(ledger.events).toBe(events);
  expect(readFileSync(home.installation)).toEqual(before);
  await enable();
});

test('what somebody enters in her name all the same, whoever verifies finds', async () => {
  const read = async () => {
    const { view, unentitled } = await LedgerView.read(made.home.ledger, installationNoteKey(made.installation));
    view!.close();
    return unentitled;
  };
  const { sha256 } = ledger.facts.policy!;
  const deeds = [
    { action: 'policy.change', person: mara.person.id, detail: { sha256, auditKeys: ledger.facts.policy!.auditKeys, changes: [] } },
    { action: 'unlock', person: mara.person.id, outcome: 'success', detail: { method: 'passphrase', failures: 0 } },
  ] as const;
  for (const deed of deeds) await ledger.append(deed);
  expect(await read()).toEqual([]);
  expect(entitledVerdict(await read())).toBeUndefined();
  await disable();
  for (const deed of deeds) await ledger.append(deed);
  expect(await read()).toMatchObject(deeds.map(({ action, person }) => ({ event: { action, person } })));
  expect(entitledVerdict(await read())).toMatchObject({
    code: 'not-entitled',
    sentence: expect.stringContaining(`(policy.change) is in the name of ${mara.person.id}`),
  });
});

test('changes of people that nobody certified who may, and somebody unknown who comes in, change nothing and are found', async () => {
  const { view, unentitled: before } = await LedgerView.read(made.home.ledger, installationNoteKey(made.installation));
  view!.close();
  const stranger = 'p-0000000000aa';
  const kid = 'A'.repeat(43);
  const keys = { encryptionKey: kid, signingKey: kid, record: '11'.repeat(32), slots: '22'.repeat(32) };
  const deeds = [
    { action: 'person.keys', person: stranger, detail: keys },
    { action: 'person.roles', person: stranger, detail: { roles: ['security'] } },
    { action: 'person.roles', person: made.person.id, detail: { roles: ['auditor'] } },
    { action: 'unlock', person: stranger, outcome: 'success', detail: { method: 'passkey' } },
  ] as const;
  const { roles } = ledger.facts.person(made.person.id)!;
  for (const deed of deeds) await ledger.append(deed);
  expect(ledger.facts.person(stranger)).toBeUndefined();
  expect(ledger.facts.person(made.person.id)!.roles).toEqual(roles);
  const after = await LedgerView.read(made.home.ledger, installationNoteKey(made.installation));
  after.view!.close();
  const found = after.unentitled.slice(before.length);
  expect(found).toMatchObject(deeds.map(({ action, person }) => ({ event: { action, person } })));
  expect(entitledVerdict(found)).toMatchObject({ code: 'not-entitled', sentence: expect.stringContaining('(person.keys) changes nothing') });
});
