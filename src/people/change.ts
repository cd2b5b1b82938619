/**
 * Changes of somebody's key slots: what they do to the slots of an open identity. They count when the ledger has them (pinned.ts).
 * Content is never touched: a slot is a way to the vault key, and that stays the same.
 */
import { deriveFromPassphrase, measuredScryptParameters, type ScryptParameters } from '../crypto/kdf.ts';
import { Refusal } from '../types/refusal.ts';
import type { OpenIdentity } from './identity.ts';
import { newPassphraseSlot } from './person.ts';
import type { SlotChange } from './pinned.ts';
import { deriveFromCode, newCode } from './recovery-code.ts';
import { hasCredential, isWayIn, labelOf, newSlotId, unwrapVaultKey, wrapVaultKey } from './slot.ts';
import type { KeySlot, PersonRecord } from './types.ts';

/** Codes of a sheet: some for the years, and few enough to be typed by nobody who does not mean it. */
const SHEET = 5;
/** Passkeys that are advised: one at hand, and one in a safe place. */
const ADVISED = 2;

/** What somebody is advised to do about their slots; undefined where there is nothing. */
export function slotAdvice({ slots }: Pick<PersonRecord, 'slots'>): string | undefined {
  const keys = slots.filter(hasCredential).length;
  if (keys >= ADVISED) return undefined;
  const codes = slots.some(({ type }) => type === 'recovery-code') ? '' : ' Until then, print recovery codes.';
  const left = slots.some(({ type }) => type === 'passphrase') ? 'has the passphrase alone' : 'has nothing that opens them';
  return keys === 1
    ? `One ${slots.some(({ type }) => type === 'passkey-prf') ? 'passkey' : 'key'} is enrolled. Enrol a second one and keep it in another place: whoever loses the only one ${left}.${codes}`
    : `No passkey is enrolled. Two are advised, in different places: a passphrase can be watched and forgotten.${codes}`;
}

function find(identity: OpenIdentity, id: string): KeySlot {
  const slot = identity.person.slots.find((one) => one.id === id);
  if (slot) return slot;
  throw new Refusal('no-such-slot', `There is no key slot ${JSON.stringify(id.slice(0, 40))}. See: wardmux person slots`);
}

/**
 * Another passphrase in place of every one there is.
 * @param passphrase UTF-8 of the NFC form; its rules are checked by the caller, and so is wiping it.
 * @param now ISO 8601 UTC. @param kdf only for tests: parameters that need no measuring.
 */
export async function changePassphrase(identity: OpenIdentity, passphrase: Uint8Array, now: string, kdf?: ScryptParameters): Promise<SlotChange> {
  const { slots } = identity.person;
  const old = slots.filter((slot) => slot.type === 'passphrase');
  if (old.length === 0 && slots.some(({ type }) => type === 'passphrase-key'))
    throw new Refusal(
      'with-a-key',
      'Your passphrase opens only together with a key, and one alone would open what takes both. Enrol passphrase and key anew in the window (:key-slots), and remove the one before. Nothing was changed.',
    );
  for (const slot of old) {
    const kek = await deriveFromPassphrase(passphrase, slot.kdf);
    const same = unwrapVaultKey(kek, identity.person.id, slot);
    kek.fill(0);
    if (!same) continue;
    same.fill(0);
    throw new Refusal('same-passphrase', 'This is the passphrase that you have. Nothing was changed: choose another one.');
  }
  const slot = await newPassphraseSlot(identity, passphrase, now, kdf ?? (await measuredScryptParameters()));
  // In the place of the old one: the first slot stays the passphrase.
  identity.replaceSlots([slot, ...slots.filter(({ type }) => type !== 'passphrase')]);
  const previous = old[0]?.id;
  return { change: 'passphrase', slot: slot.id, ...(previous === undefined ? {} : { previous }) };
}

/** A slot goes: every one but the last that opens the identity. @throws Refusal */
export function removeSlot(identity: OpenIdentity, id: string): SlotChange {
  const gone = find(identity, id);
  const left = identity.person.slots.filter((slot) => slot !== gone);
  if (!left.some(isWayIn)) throw new Refusal('last-slot', 'This is the last key slot that opens your recordings, so it stays. Add another one first.');
  identity.replaceSlots(left);
  return { change: 'removed', slot: id };
}

/** A passkey gets another name. @throws Refusal */
export function nameSlot(identity: OpenIdentity, id: string, label: string): SlotChange {
  const named = find(identity, id);
  if (!hasCredential(named)) throw new Refusal('no-name', 'Only passkeys and keys have names: of the others there is one, or they have numbers.');
  const text = labelOf(label);
  if (text === '') throw new Refusal('no-name', 'Give the passkey a name of 1 to 80 characters.');
  if (text === named.label) throw new Refusal('no-name', 'It has this name already.');
  identity.replaceSlots(identity.person.slots.map((slot) => (slot === named ? { ...named, label: text } : slot)));
  return { change: 'name', slot: id };
}

/** A code as it is printed, with the slot that the ledger will name when it is used. */
export interface PrintedCode {
  readonly number: number;
  readonly slot: string;
  readonly text: string;
}

/** A new sheet of recovery codes in place of what is left of the one before. The texts are nowhere but in the answer. */
export function newCodes(identity: OpenIdentity, now: string): SlotChange & { readonly codes: readonly PrintedCode[] } {
  const { id: person, slots } = identity.person;
  const made = Array.from({ length: SHEET }, (_, n) => {
    const { text, secret } = newCode();
    const kek = deriveFromCode(secret);
    secret.fill(0);
    const bare = { id: newSlotId(), type: 'recovery-code', created: now, number: n + 1 } as const;
    const slot: KeySlot = { ...bare, wrapped: identity.withVaultKey((vaultKey) => wrapVaultKey(kek, vaultKey, person, bare)) };
    kek.fill(0);
    return { slot, text };
  });
  identity.replaceSlots([...slots.filter(isWayIn), ...made.map(({ slot }) => slot)]);
  return { change: 'codes', slot: made[0]!.slot.id, codes: made.map(({ slot, text }, n) => ({ number: n + 1, slot: slot.id, text })) };
}

/**
 * What a recovery code is good for: a new passphrase. Whatever opened the identity before is lost or somebody else's by now, so the
 * passphrases and passkeys go, and the code with them; the other codes stay.
 * @param identity opened with the code: its `slot` is the code's.
 */
export async function rebind(identity: OpenIdentity, passphrase: Uint8Array, now: string, kdf?: ScryptParameters): Promise<SlotChange> {
  const slot = await newPassphraseSlot(identity, passphrase, now, kdf ?? (await measuredScryptParameters()));
  identity.replaceSlots([slot, ...identity.person.slots.filter((one) => !isWayIn(one) && one.id !== identity.slot)]);
  return { change: 'recovered', slot: slot.id, previous: identity.slot };
}

/**
 * The same passphrase at another cost.
 * @param passphrase the one that opens the slot `id`.
 */
export async function changeCost(identity: OpenIdentity, id: string, passphrase: Uint8Array, kdf: ScryptParameters, now: string): Promise<SlotChange> {
  find(identity, id);
  const slot = await newPassphraseSlot(identity, passphrase, now, kdf);
  identity.replaceSlots(identity.person.slots.map((old) => (old.id === id ? slot : old)));
  return { change: 'cost', slot: slot.id, previous: id };
}
