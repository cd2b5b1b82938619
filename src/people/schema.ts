/** people/ID.json, checked in full: nothing from disk is believed before it has been through here. */
import { z } from 'zod';
import { scryptLimits } from '../crypto/kdf.ts';
import { versionFor } from './slot.ts';
import type { PersonRecord } from './types.ts';
import { AAGUID, PERSON_ID } from '../types/ids.ts';
import { publicJwkSchema } from '../crypto/p256.ts';
import { base64url } from '../types/keys.ts';

/** One name, shown on the lock screen and in ledgers: no line breaks and no control or direction characters. */
export const nameSchema = z
  .string()
  .trim()
  .min(1, 'a name is needed')
  .max(80, 'at most 80 characters')
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'no control characters')
  .transform((name) => name.normalize('NFC'));

/** A name or an id in the one form in which two that people would call the same are the same: for everybody, and for nobody. */
export const foldedName = (name: string): string => name.normalize('NFC').trim().replaceAll(/\s+/gu, ' ').toLowerCase();

const sealed = z.strictObject({ iv: base64url(12, 12), ciphertext: base64url(16, 4096) });
const slotId = z.string().regex(/^k-[0-9a-f]{12}$/);
const scrypt = z
  .strictObject({
    N: z
      .int()
      .min(scryptLimits.minN)
      .max(scryptLimits.maxN)
      .refine((n) => Number.isInteger(Math.log2(n)), 'not a power of two'),
    r: z.int().min(8).max(16),
    p: z.int().min(1).max(4),
    salt: base64url(16, 64),
  })
  .refine(({ N, r }) => 128 * N * r <= scryptLimits.maxMemory, 'needs too much memory');

const slot = { id: slotId, created: z.iso.datetime(), wrapped: sealed };
const credential = {
  label: z.string().max(80),
  aaguid: z.string().regex(AAGUID),
  credentialId: base64url(1, 1023),
  publicKey: base64url(1, 2048),
  counter: z.int().min(0).max(0xffff_ffff),
  transports: z.array(z.string().max(32)).max(8),
  prfSalt: base64url(32, 32),
};

const keySlotSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...slot, type: z.literal('passphrase'), kdf: scrypt }),
  z.strictObject({ ...slot, type: z.literal('passkey-prf'), ...credential }),
  z.strictObject({ ...slot, type: z.literal('passphrase-key'), kdf: scrypt, ...credential }),
  z.strictObject({ ...slot, type: z.literal('passkey-store'), ...credential }),
  z.strictObject({ ...slot, type: z.literal('recovery-code'), number: z.int().min(1).max(9) }),
]);

export const personIdSchema = z.string().regex(PERSON_ID);

export const personSchema: z.ZodType<PersonRecord> = z
  .strictObject({
    format: z.literal('wardmux-person'),
    version: z.union([z.literal(1), z.literal(2)]),
    id: personIdSchema,
    name: z.string().min(1).max(80),
    created: z.iso.datetime(),
    encryptionKey: publicJwkSchema,
    signingKey: publicJwkSchema,
    slots: z.array(keySlotSchema).max(16),
    identity: sealed.nullable(),
  })
  .refine(({ slots, identity }) => (slots.length === 0) === (identity === null), {
    error: 'slots without sealed keys, or these without a slot',
    path: ['slots'],
  })
  .refine(({ version, slots }) => version === versionFor(slots), { error: 'not the version of what it holds', path: ['version'] })
  .refine(({ slots }) => new Set(slots.map(({ id }) => id)).size === slots.length, 'two key slots have the same id');
