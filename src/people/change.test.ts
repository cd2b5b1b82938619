/** Changes of key slots on an open identity: what opens afterwards, what does not, and that the keys stay the same. */
import { beforeEach, expect, test } from 'vitest';
import { newScryptParameters, scryptLimits } from '../crypto/kdf.ts';
import { modelOf } from './authenticators.ts';
import { changeCost, changePassphrase, nameSlot, newCodes, rebind, removeSlot, slotAdvice } from './change.ts';
import type { OpenIdentity } from './identity.ts';
import { Passkeys } from './passkey.ts';
import { SoftwareAuthenticator } from './passkey.fixture.ts';
import { asOperator } from './active.fixture.ts';
import { createPerson, NOTHING_MORE, openWithCode, recordText, unlockWithPassphrase as unlock } from './person.ts';
import { readCode } from './recovery-code.ts';
import { personSchema } from './schema.ts';
import { isWayIn } from './slot.ts';
import type { Person } from './types.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const old = bytes('kettle orbit willow prairie stamp');
const fresh = bytes('violin harbour seven lanterns moss');
const kdf = newScryptParameters();
const now = '2026-11-28T00:00:00.000Z';
const party = { origin: 'https://wardmux.localhost', rpId: 'wardmux.localhost' };

const made = await createPerson({ name: 'Ada', passphrase: old, now, kdf, roles: ['operator'] });
const { identity } = made;
beforeEach(() => void identity.replaceSlots(made.record.slots));

/** As it lies on the disk. */
const stored = (of = identity): Person => asOperator(personSchema.parse(JSON.parse(recordText(of.person))));
const unlockWithPassphrase = (person: Person, passphrase: Uint8Array): Promise<OpenIdentity> => unlock(person, passphrase, NOTHING_MORE);
const slotIds = (): string[] => identity.person.slots.map(({ id }) => id);

const device = new SoftwareAuthenticator(party.origin, party.rpId);
async function addPasskey(label = 'Key ring', authenticator = device): Promise<string> {
  const passkeys = new Passkeys(party, () => 0);
  const create = await passkeys.enrolOptions(identity);
  const prove = await passkeys.enrolVerify(identity, authenticator.create(create));
  const evaluations = [authenticator.prf(prove)!, authenticator.prf(prove)!];
  return (await passkeys.enrolProve(identity, authenticator.get(prove), evaluations, label, now)).id;
}
async function unlockWithPasskey(person: Person): Promise<OpenIdentity> {
  const passkeys = new Passkeys(party, () => 0);
  const options = await passkeys.unlockOptions(person);
  return passkeys.unlock(person, device.get(options), device.prf(options));
}

test('another passphrase: it opens the same keys, the one before opens nothing, and a passkey stays', async () => {
  await addPasskey();
  const before = slotIds();
  const { change, slot, previous } = await changePassphrase(identity, fresh, now, newScryptParameters());
  expect([change, previous, slotIds()]).toEqual(['passphrase', before[0], [slot, before[1]]]);
  const person = stored();
  expect(person.identity).toEqual(made.record.identity);
  await expect(unlockWithPassphrase(person, old)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  const opened = await unlockWithPassphrase(person, fresh);
  expect([opened.kid, opened.slot]).toEqual([identity.kid, slot]);
  expect((await unlockWithPasskey(person)).kid).toBe(identity.kid);
});

test('the passphrase that one has is no new one', async () => {
  await expect(changePassphrase(identity, old, now, kdf)).rejects.toMatchObject({ code: 'same-passphrase' });
  expect(slotIds()).toEqual(made.record.slots.map(({ id }) => id));
});

test('the last way in stays; a recovery code is none', async () => {
  const [passphrase] = slotIds();
  newCodes(identity, now);
  expect(() => removeSlot(identity, passphrase!)).toThrow('last key slot');
  const passkey = await addPasskey();
  expect(removeSlot(identity, passphrase!)).toEqual({ change: 'removed', slot: passphrase });
  expect(() => removeSlot(identity, passkey)).toThrow('last key slot');
  expect(() => removeSlot(identity, 'k-ffffffffffff')).toThrow('There is no key slot');
  const person = stored();
  await expect(unlockWithPassphrase(person, old)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  expect((await unlockWithPasskey(person)).kid).toBe(identity.kid);
});

test('a passkey that was removed opens nothing, and its place is free for it again', async () => {
  const first = await addPasskey();
  const before = stored();
  removeSlot(identity, first);
  await expect(new Passkeys(party, () => 0).unlockOptions(stored())).rejects.toMatchObject({ code: 'no-such-slot' });
  const again = await addPasskey('Again');
  expect(again).not.toBe(first);
  expect(before.slots.map(({ id }) => id)).not.toContain(again);
});

test('a name is one line of words, for passkeys alone; the passkey opens under its new one', async () => {
  const slot = await addPasskey();
  expect(nameSlot(identity, slot, '  Safe\u202e, 2nd\nfloor ')).toEqual({ change: 'name', slot });
  expect(identity.person.slots[1]).toMatchObject({ label: 'Safe, 2ndfloor' });
  expect((await unlockWithPasskey(stored())).kid).toBe(identity.kid);
  expect(() => nameSlot(identity, slot, 'Safe, 2ndfloor')).toThrow('already');
  for (const label of ['', ' \u200b\n', '\u202e']) expect(() => nameSlot(identity, slot, label)).toThrow('1 to 80');
  expect(() => nameSlot(identity, slotIds()[0]!, 'x')).toThrow('Only passkeys');
});

test('a sheet of recovery codes: each opens once, for a new passphrase in place of everything else, and a new sheet voids it', async () => {
  await addPasskey();
  const { codes } = newCodes(identity, now);
  expect(codes.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  for (const { text } of codes) expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
  expect(new Set(codes.map(({ text }) => text)).size).toBe(5);
  const person = stored();
  // Nothing of a code stands in the record.
  for (const { text } of codes) {
    const secret = readCode(text)!;
    for (const form of [text, text.replaceAll('-', ''), secret.toString('hex'), secret.toString('base64url')])
      expect(JSON.stringify(person).toLowerCase()).not.toContain(form.toLowerCase());
  }
  // A code is no passphrase, and no passkey.
  await expect(unlockWithPassphrase(person, bytes(codes[0]!.text))).rejects.toMatchObject({ code: 'wrong-passphrase' });

  const third = codes[2]!;
  const opened = openWithCode(person, readCode(third.text.toLowerCase().replaceAll('-', ' '))!);
  expect([opened.kid, opened.slot]).toEqual([identity.kid, third.slot]);
  const { change, slot, previous } = await rebind(opened, fresh, now, newScryptParameters());
  expect([change, previous]).toEqual(['recovered', third.slot]);
  const after = stored(opened);
  expect(after.slots.filter(isWayIn).map(({ id }) => id)).toEqual([slot]);
  expect(after.slots.filter((one) => !isWayIn(one)).map(({ id }) => id)).toEqual(codes.filter((code) => code !== third).map((code) => code.slot));
  expect((await unlockWithPassphrase(after, fresh)).kid).toBe(identity.kid);
  await expect(unlockWithPassphrase(after, old)).rejects.toMatchObject({ code: 'wrong-passphrase' });
  expect(() => openWithCode(after, readCode(third.text)!)).toThrow('it was used');
  expect(openWithCode(after, readCode(codes[0]!.text)!).kid).toBe(identity.kid);

  newCodes(opened, now);
  expect(() => openWithCode(opened.person, readCode(codes[0]!.text)!)).toThrow('a newer sheet');
});

test('a slip of the pen is no code, and letters that look alike are one', () => {
  const { codes } = newCodes(identity, now);
  const { text } = codes[0]!;
  const secret = readCode(text)!;
  expect(readCode(text.replaceAll('0', 'o').replaceAll('1', 'l'))).toEqual(secret);
  expect(readCode(text.replaceAll('1', 'I'))).toEqual(secret);
  let taken = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '-') continue;
    for (const other of '0123456789ABCDEFGHJKMNPQRSTVWXYZU*') {
      if (other === text[at]) continue;
      if (readCode(text.slice(0, at) + other + text.slice(at + 1))) taken++;
    }
  }
  // Ten bits of check: of some 900 slips of one letter one may pass, and is then a wrong code.
  expect(taken).toBeLessThanOrEqual(8);
  for (const wrong of ['', text.slice(1), `${text}0`, text.slice(0, -5), '\u0661'.repeat(28)]) expect(readCode(wrong)).toBeUndefined();
});

test('another cost for the same passphrase, in the place of the old slot', async () => {
  const [id] = slotIds();
  const dearer = newScryptParameters(2 * scryptLimits.minN);
  const { change, slot, previous } = await changeCost(identity, id!, old, dearer, now);
  expect([change, previous, slotIds()]).toEqual(['cost', id, [slot]]);
  expect((await unlockWithPassphrase(stored(), old)).slot).toBe(slot);
  await expect(changeCost(identity, id!, old, dearer, now)).rejects.toMatchObject({ code: 'no-such-slot' });
});

test('two passkeys are advised until there are two', async () => {
  expect(slotAdvice(identity.person)).toMatch(/^No passkey.*print recovery codes/);
  newCodes(identity, now);
  expect(slotAdvice(identity.person)).not.toContain('print');
  await addPasskey();
  expect(slotAdvice(identity.person)).toMatch(/^One passkey/);
  await addPasskey('Second', new SoftwareAuthenticator(party.origin, party.rpId));
  expect(slotAdvice(identity.person)).toBeUndefined();
});

test('the model is what the authenticator says, and not told where it says nothing', () => {
  expect(modelOf('2fc0579f-8113-47ea-b116-bb5a8db9202a')).toBe('YubiKey 5 Series');
  expect(modelOf('00000000-0000-0000-0000-000000000000')).toBe('not told');
  expect(modelOf('12345678-0000-0000-0000-000000000000')).toBe('model 12345678-0000-0000-0000-000000000000');
});
