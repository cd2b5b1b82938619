/** Changes of key slots in one process with its ledger: what the ledger says of them, and what is shown. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newScryptParameters } from '../../crypto/kdf.ts';
import { changePassphrase, newCodes } from '../../people/change.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import { NOTHING_MORE, unlockWithPassphrase } from '../../people/person.ts';
import { readPinned } from '../../people/pinned.ts';
import type { Person } from '../../people/types.ts';
import { factsOf, openInstallation, withLedger, type OpenInstallation } from '../installation/installation.ts';
import { changeSlots, changeSlotsOf, raiseCost, recover, slotNotes, slotViews } from './slots.ts';
import { firstHome, firstWords as words, ownFolder } from '../../../test/support/first-home.ts';

const others = 'violin harbour seven lanterns moss';
const kdf = newScryptParameters();
const now = new Date('2026-11-28T08:00:00.000Z');
let place: string;
let site: OpenInstallation;
let identity: OpenIdentity;

beforeAll(async () => {
  place = ownFolder();
  const home = join(place, 'home');
  const made = await firstHome(place);
  ({ identity } = made);
  site = await openInstallation({ env: { WARDMUX_HOME: home, HOME: place } });
});
afterAll(() => {
  identity.destroy();
});

const person = async (): Promise<Person> => readPinned(site.home, await factsOf(site), identity.person.id)!;
const lastKeys = (): Promise<unknown> =>
  withLedger(site, async ({ ledger }) => (await ledger.event(ledger.facts.person(identity.person.id)!.seq))!.event.detail);

test('a passphrase gets the cost that was found wanting, and what comes between changes nothing', async () => {
  const before = await person();
  await withLedger(site, async ({ ledger }) => {
    // Near enough: nothing is done.
    await raiseCost(site.home, ledger, identity, Buffer.from(words), now);
    expect(await person()).toEqual(before);
    identity.dearer = 2 * kdf.N;
    // A disk that takes nothing: it opens as it did.
    const deaf = { facts: ledger.facts, installation: ledger.installation, refresh: () => ledger.refresh(), append: () => Promise.reject(new Error('full')) };
    await raiseCost(site.home, deaf, identity, Buffer.from(words), now);
    expect(await person()).toEqual(before);
    await raiseCost(site.home, ledger, identity, Buffer.from(words), now);
  });
  expect((await person()).slots).toMatchObject([{ type: 'passphrase', kdf: { N: 2 * kdf.N, r: 8, p: 1 } }]);
  expect(await lastKeys()).toMatchObject({ change: 'cost', slot: (await person()).slots[0]!.id, previous: before.slots[0]!.id });
  expect((await unlockWithPassphrase(await person(), Buffer.from(words), NOTHING_MORE, () => undefined)).kid).toBe(identity.kid);
});

test('a code that was used in the meantime is none, and its refusal is an event', async () => {
  const { codes } = await changeSlotsOf(site, identity, () => newCodes(identity, now.toISOString()));
  const sheet = await person();
  await withLedger(site, async ({ ledger }) => {
    await changeSlots(site.home, ledger, identity, () => {
      identity.replaceSlots(identity.person.slots.filter(({ id }) => id !== codes[0]!.slot));
      return { change: 'removed', slot: codes[0]!.slot };
    });
  });
  const give = (record: typeof sheet, code: string) => recover(site, record, code, { typed: Buffer.from(others), now, kdf });
  // With the record as it was read before.
  await expect(give(sheet, codes[0]!.text)).rejects.toMatchObject({ code: 'wrong-code', message: expect.stringContaining('it was used') });
  await withLedger(site, async ({ ledger }) => {
    expect((await ledger.event(ledger.events - 1))!.event).toMatchObject({ action: 'recovery.refused', detail: { reason: 'wrong-code' } });
  });
  expect(await give(await person(), codes[3]!.text)).toMatchObject({ change: 'recovered', previous: codes[3]!.slot });
  // Whoever had it open by what is gone now changes nothing any more, and who comes in anew does.
  const old = identity;
  await expect(changeSlotsOf(site, old, () => newCodes(old, now.toISOString()))).rejects.toMatchObject({ code: 'slot-gone' });
  identity = await unlockWithPassphrase(await person(), Buffer.from(others), NOTHING_MORE);
  expect(identity.kid).toBe(old.kid);
  old.destroy();
});

test('what is shown has no secret, and the last unlock is the ledger’s', async () => {
  const [passphrase] = (await person()).slots;
  const uses = new Map([[passphrase!.id, { seq: 7, time: '2026-11-28T07:00:00.000Z' }]]);
  const views = slotViews(await person(), { use: (slot) => uses.get(slot) });
  expect(views[0]).toEqual({
    id: passphrase!.id,
    kind: 'passphrase',
    name: null,
    made: now.toISOString(),
    lastUsed: '2026-11-28T07:00:00.000Z',
    verification: 'something you know',
    model: null,
    aaguid: null,
    kdf: { N: kdf.N, r: 8, p: 1 },
  });
  expect(views.slice(1).map(({ kind, name, lastUsed }) => [kind, name, lastUsed])).toEqual([2, 3, 5].map((n) => ['recovery-code', `number ${n}`, null]));
  for (const { wrapped } of (await person()).slots) expect(JSON.stringify(views)).not.toContain(wrapped.ciphertext);
  expect(slotNotes(site.home, await person())).toEqual([expect.stringMatching(/^No passkey/)]);
});

test('the failures of somebody who has forgotten a passphrase do not make the new one wait', async () => {
  const { codes } = await withLedger(site, ({ ledger }) =>
    changeSlots(site.home, ledger, identity, async () => ({ ...newCodes(identity, now.toISOString()) })),
  );
  const attempts = (): Promise<number> => withLedger(site, async ({ ledger }) => ledger.facts.attempts(identity.person.id, 'passphrase').failures);
  await withLedger(site, async ({ ledger }) => {
    for (let i = 0; i < 7; i++) await ledger.append({ action: 'unlock.attempt', person: identity.person.id, detail: { method: 'passphrase' } });
    // A change of the passphrase by who is in takes no failure away: only an unlock does.
    await changeSlots(site.home, ledger, identity, () => changePassphrase(identity, Buffer.from(words), now.toISOString(), newScryptParameters()));
  });
  expect(await attempts()).toBe(7);
  await recover(site, await person(), codes[0]!.text, { typed: Buffer.from(others), now, kdf: newScryptParameters() });
  expect(await attempts()).toBe(0);
});
