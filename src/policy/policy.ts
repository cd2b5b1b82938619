/** policy.json: loaded strictly, explained in sentences, and named in every recording by the SHA-256 of its bytes. */
import { hash } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import { createNew, readSmall } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import type { Home } from '../storage/home.ts';
import { parseJson, toJson } from '../disk/json.ts';
import { workstationClasses } from '../types/words.ts';
import { thumbprint } from '../recording/wrap.ts';
import { publicJwkSchema, type PublicJwk } from '../types/keys.ts';
import { anchorsSchema } from './anchors.ts';
import type { Policy } from './types.ts';

/** Longer idle times than 15 minutes are not a lock; shorter ones than 30 seconds make people defeat it. */
const idleLimits = { min: 30, max: 900 } as const;

const auditKey = z
  .strictObject({ kid: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'not an RFC 7638 thumbprint'), label: z.string().max(80), jwk: publicJwkSchema })
  .refine(({ kid, jwk }) => kid === thumbprint(jwk), { path: ['kid'], message: 'is not the thumbprint of jwk' });

export const policySchema: z.ZodType<Policy> = z.strictObject({
  format: z.literal('wardmux-policy'),
  version: z.literal(1),
  workstation: z.strictObject({
    name: z.string().trim().min(1).max(80),
    class: z.enum(workstationClasses),
    banner: z.string().max(500),
  }),
  lock: z
    .strictObject({
      idleSeconds: z.int().min(idleLimits.min).max(idleLimits.max),
      warnSeconds: z.int().min(5).max(120),
      clearClipboard: z.boolean().optional(),
    })
    .refine(({ idleSeconds, warnSeconds }) => warnSeconds < idleSeconds, { path: ['warnSeconds'], message: 'must be less than idleSeconds' }),
  recording: z.strictObject({
    input: z.literal('never'),
    rotateMinutes: z.number().min(1).max(1440),
    rotateMebibytes: z.number().min(1).max(1024),
    reserveMebibytes: z
      .number()
      .min(0)
      .max(1024 * 1024),
  }),
  auditKeys: z
    .array(auditKey)
    .min(1, 'at least one audit key is needed: without it nobody but the owner can ever read a recording')
    .max(16)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'the same audit key stands here twice'),
  network: z.array(z.string().regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'not a host name')).max(32),
  anchors: anchorsSchema.optional(),
});

/** A policy with what names its exact bytes. */
export interface LoadedPolicy {
  readonly policy: Policy;
  /** SHA-256 of the file's bytes, lower-case hex. */
  readonly sha256: string;
}

/** What a first run writes: a nursing workstation, locked after five minutes, warned half a minute before. */
export function defaultPolicy(auditKeys: readonly { readonly label: string; readonly jwk: PublicJwk }[], workstation: string = hostname()): Policy {
  return {
    format: 'wardmux-policy',
    version: 1,
    workstation: { name: workstation.trim().slice(0, 80) || 'workstation', class: 'nursing', banner: '' },
    lock: { idleSeconds: 300, warnSeconds: 30 },
    recording: { input: 'never', rotateMinutes: 60, rotateMebibytes: 64, reserveMebibytes: 512 },
    auditKeys: auditKeys.map(({ label, jwk }) => ({ kid: thumbprint(jwk), label, jwk })),
    network: [],
  };
}

/** @throws StorageFault naming path and field. */
export function parsePolicy(bytes: Uint8Array, path: string): LoadedPolicy {
  const policy = parseJson(policySchema, bytes, path, 'Correct it there, or restore the file from a backup.');
  return { policy, sha256: hash('sha256', bytes, 'hex') };
}

/** @throws StorageFault: `missing`, `corrupt` (naming path and field), or unreadable. */
export function loadPolicy(home: Home): LoadedPolicy {
  const bytes = readSmall(home.policy);
  if (!bytes)
    throw new StorageFault('missing', home.policy, `There is no policy at ${home.policy}. Restore it from a backup: nothing is recorded without one.`);
  return parsePolicy(bytes, home.policy);
}

/**
 * Writes the first policy; never over another.
 * @returns the bytes that were composed here: what lies on the disk meanwhile may be somebody else's.
 * @throws StorageFault with code `exists`
 */
export function createPolicy(home: Home, policy: Policy): Buffer {
  const bytes = Buffer.from(toJson(policySchema.parse(policy)), 'utf8');
  createNew(home.policy, bytes);
  return bytes;
}
