/** Key slots: the vault key, wrapped once for each way to it. LUKS does the same. */
import { randomBytes } from 'node:crypto';
import { seal, unseal, type Sealed } from '../crypto/seal.ts';
import type { KeySlot } from './types.ts';

export const newSlotId = (): string => `k-${randomBytes(6).toString('hex')}`;

type Bare = KeySlot extends infer S ? (S extends KeySlot ? Omit<S, 'wrapped'> : never) : never;

/** Everything of the slot but the wrap, bound to it: a slot cannot be moved to another person, nor its counter set back. */
function slotData(person: string, slot: Bare): Buffer {
  const own =
    slot.type === 'passphrase'
      ? [slot.kdf.N, slot.kdf.r, slot.kdf.p, slot.kdf.salt]
      : [slot.label, slot.credentialId, slot.publicKey, slot.counter, slot.transports, slot.prfSalt];
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
