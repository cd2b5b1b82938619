/** Key slots: the vault key, wrapped once for each way to it. LUKS does the same. */
import { randomBytes } from 'node:crypto';
import { seal, unseal, type Sealed } from '../crypto/seal.ts';
import type { KeySlot } from './types.ts';
import { mostTyped } from '../types/most-typed.ts';

export const newSlotId = (): string => `k-${randomBytes(6).toString('hex')}`;

/** A slot that opens an identity at the lock page. A recovery code opens nothing there. */
export const isWayIn = ({ type }: Pick<KeySlot, 'type'>): boolean => type !== 'recovery-code';

/** A slot of an authenticator's credential. */
export type CredentialSlot = Extract<KeySlot, { readonly credentialId: string }>;
export const hasCredential = (slot: KeySlot): slot is CredentialSlot => 'credentialId' in slot;

/** What somebody calls a passkey: one line, also without a word. */
export const labelOf = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '')
    .trim()
    .slice(0, mostTyped.name);

/** The version of a record with these slots: a reader that knows version 1 alone is not to judge a slot that it does not know. */
export const versionFor = (slots: readonly Pick<KeySlot, 'type'>[]): 1 | 2 => (slots.some(({ type }) => type === 'passkey-store') ? 2 : 1);

type Bare = KeySlot extends infer S ? (S extends KeySlot ? Omit<S, 'wrapped'> : never) : never;

/**
 * Everything of the slot that decides, bound to its wrap: a slot cannot be moved to another person, nor its counter set back. What its
 * owner calls it is left out, so that it can be changed without the key; the ledger has that too.
 */
function slotData(person: string, slot: Bare): Buffer {
  const own = [
    ...('kdf' in slot ? [slot.kdf.N, slot.kdf.r, slot.kdf.p, slot.kdf.salt] : []),
    ...('credentialId' in slot ? [slot.credentialId, slot.publicKey, slot.counter, slot.transports, slot.prfSalt] : []),
    ...('number' in slot ? [slot.number] : []),
  ];
  return Buffer.from(JSON.stringify(['wardmux/v1/slot', person, slot.id, slot.type, slot.created, ...own]), 'utf8');
}

/** Wraps the 32-byte vault key under the slot's 32-byte key. */
export const wrapVaultKey = (kek: Uint8Array, vaultKey: Uint8Array, person: string, slot: Bare): Sealed => seal(kek, vaultKey, slotData(person, slot));

/** 32 bytes that the caller wipes; undefined where the key is wrong or the slot was changed. */
export function unwrapVaultKey(kek: Uint8Array, person: string, slot: KeySlot): Buffer | undefined {
  const vaultKey = unseal(kek, slot.wrapped, slotData(person, slot));
  if (vaultKey && vaultKey.length !== 32) {
    vaultKey.fill(0);
    return undefined;
  }
  return vaultKey;
}
