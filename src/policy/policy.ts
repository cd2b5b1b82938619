/** policy.json: loaded strictly, explained in sentences, and named in every recording by the SHA-256 of its bytes. */
import { hash } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import { createNew, readSmall } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import type { Home } from '../storage/home.ts';
import { parseJson, toJson } from '../disk/json.ts';
import { reasonAsks, workstationClasses } from '../types/words.ts';
import { thumbprint } from '../recording/wrap.ts';
import { publicJwkSchema } from '../crypto/p256.ts';
import type { PublicJwk } from '../types/keys.ts';
import { absolutePath } from '../anchors/fields.ts';
import { parseSshKey } from '../crypto/sshsig.ts';
import { anchorsSchema } from './anchors.ts';
import { sinksSchema } from '../sinks/kinds.ts';
import { classesSchema } from './classes.ts';
import { helpOf } from './fields.ts';
import { TICKET_SHAPE } from './reason.ts';
import { DEFAULT_PRESET, presetPart, type PresetName } from './presets.ts';
import type { Policy } from './types.ts';
import { mostTyped } from '../types/most-typed.ts';
import { CLASS_NAME } from '../types/classes.ts';
import { HOST_ALGORITHM, HOST_PATTERN, newHostKeys } from '../types/hosts.ts';

/** Longer idle times than 15 minutes are not a lock; shorter ones than 30 seconds make people defeat it. */
const idleLimits = { min: 30, max: 900 } as const;

/** Longer texts nobody reads before their first pane. */
const MAX_CONSENT = 4000;

const algorithms = z.array(z.string().regex(HOST_ALGORITHM, 'not the name of an algorithm, as ssh -Q lists them')).min(1).max(32);

const auditKey = z
  .strictObject({
    kid: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/, 'not an RFC 7638 thumbprint')
      .describe('The thumbprint of jwk (RFC 7638, SHA-256).'),
    label: z.string().max(80).describe('What people call the key.'),
    jwk: publicJwkSchema.describe('The public key, on P-256.'),
  })
  .refine(({ kid, jwk }) => kid === thumbprint(jwk), { path: ['kid'], message: 'is not the thumbprint of jwk' });

/** The one source: file, JSON Schema (schema.ts) and what `wardmux policy check` says come from it. Each field's description is its row's. */
export const policySchema: z.ZodType<Policy> = z.strictObject({
  $schema: z.string().max(300).optional().describe(helpOf('$schema')),
  format: z.literal('wardmux-policy').describe(helpOf('format')),
  version: z.literal(1).describe(helpOf('version')),
  workstation: z
    .strictObject({
      name: z.string().trim().min(1).max(80).describe(helpOf('workstation.name')),
      class: z.enum(workstationClasses).describe(helpOf('workstation.class')),
      banner: z.string().max(500).describe(helpOf('workstation.banner')),
      help: z
        .string()
        .trim()
        .min(1)
        .max(200)
        .regex(/^\P{Cc}*$/u, 'is one line')
        .optional()
        .describe(helpOf('workstation.help')),
    })
    .describe('The workstation itself.'),
  classes: classesSchema.optional().describe(helpOf('classes')),
  consent: z
    .strictObject({
      version: z.int().min(1).max(9999).describe(helpOf('consent.version')),
      text: z.string().trim().min(1).max(MAX_CONSENT).describe(helpOf('consent.text')),
    })
    .optional()
    .describe('What each person accepts before their first pane. Left out: nothing.'),
  lock: z
    .strictObject({
      idleSeconds: z.int().min(idleLimits.min).max(idleLimits.max).describe(helpOf('lock.idleSeconds')),
      warnSeconds: z.int().min(5).max(120).describe(helpOf('lock.warnSeconds')),
      maxHours: z.int().min(1).max(24).optional().describe(helpOf('lock.maxHours')),
      logoffMinutes: z.int().min(1).max(60).optional().describe(helpOf('lock.logoffMinutes')),
      parkMinutes: z.int().min(1).max(60).optional().describe(helpOf('lock.parkMinutes')),
      holdShells: z.boolean().optional().describe(helpOf('lock.holdShells')),
      takeOver: z.boolean().optional().describe(helpOf('lock.takeOver')),
      listParked: z.boolean().optional().describe(helpOf('lock.listParked')),
      clearClipboard: z.boolean().optional().describe(helpOf('lock.clearClipboard')),
    })
    .refine(({ idleSeconds, warnSeconds }) => warnSeconds < idleSeconds, { path: ['warnSeconds'], message: 'must be less than idleSeconds' })
    .describe('When the screen locks.'),
  unlock: z
    .strictObject({
      factors: z
        .union([z.literal(1), z.literal(2)])
        .optional()
        .describe(helpOf('unlock.factors')),
      commands: z.boolean().optional().describe(helpOf('unlock.commands')),
      storedPasskeys: z.boolean().optional().describe(helpOf('unlock.storedPasskeys')),
    })
    .optional()
    .describe('What whoever comes in shows. Left out: one factor.'),
  reason: z
    .strictObject({
      ask: z.enum(reasonAsks).describe(helpOf('reason.ask')),
      ticket: z
        .string()
        .max(mostTyped.ticket)
        .regex(TICKET_SHAPE, 'is no shape: # for a digit, @ for a letter, * at the end for letters and digits, and at least one of them')
        .optional()
        .describe(helpOf('reason.ticket')),
    })
    .optional()
    .describe('Whether somebody is asked why. Left out: nobody is.'),
  revocation: z
    .strictObject({
      file: absolutePath.describe(helpOf('revocation.file')),
      keys: z
        .array(z.string().refine((text) => parseSshKey(text) !== undefined, 'is not the public half of an SSH key: its type and its base64, without a comment'))
        .min(1, 'at least one key is needed: without it no list counts, and nobody comes in')
        .max(8)
        .refine((keys) => new Set(keys).size === keys.length, 'the same key stands here twice')
        .describe(helpOf('revocation.keys')),
      maxAgeHours: z.int().min(1).max(168).describe(helpOf('revocation.maxAgeHours')),
    })
    .optional()
    .describe('The list of who and what is revoked. Left out: none is looked for.'),
  hosts: z
    .strictObject({
      newKeys: z.enum(newHostKeys).optional().describe(helpOf('hosts.newKeys')),
      passwords: z.boolean().optional().describe(helpOf('hosts.passwords')),
      ciphers: algorithms.optional().describe(helpOf('hosts.ciphers')),
      kexAlgorithms: algorithms.optional().describe(helpOf('hosts.kexAlgorithms')),
      macs: algorithms.optional().describe(helpOf('hosts.macs')),
      classes: z
        .array(
          z.strictObject({
            name: z
              .string()
              .regex(HOST_PATTERN, 'not a pattern of host names: letters, digits, dots, dashes, underscores, * and ?')
              .describe('A name, or a pattern of names.'),
            class: z.string().regex(CLASS_NAME, 'not a class name').describe('The class of its panes.'),
          }),
        )
        .max(64)
        .refine((rows) => new Set(rows.map(({ name }) => name)).size === rows.length, 'the same pattern stands here twice')
        .optional()
        .describe(helpOf('hosts.classes')),
    })
    .optional()
    .describe('Hosts that are opened by SSH. Left out: as where each field is left out.'),
  recording: z
    .strictObject({
      input: z.literal('never').describe(helpOf('recording.input')),
      rotateMinutes: z.number().min(1).max(1440).describe(helpOf('recording.rotateMinutes')),
      rotateMebibytes: z.number().min(1).max(1024).describe(helpOf('recording.rotateMebibytes')),
      reserveMebibytes: z
        .number()
        .min(0)
        .max(1024 * 1024)
        .describe(helpOf('recording.reserveMebibytes')),
      maskOwnReplays: z.boolean().optional().describe(helpOf('recording.maskOwnReplays')),
    })
    .describe('How shells are recorded.'),
  retention: z
    .strictObject({ contentDays: z.int().min(1).max(36_500).describe(helpOf('retention.contentDays')) })
    .optional()
    .describe('How long recordings are kept. Left out: for ever.'),
  auditKeys: z
    .array(auditKey)
    .min(1, 'at least one audit key is needed: without it nobody but the owner can ever read a recording')
    .max(16)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'the same audit key stands here twice')
    .describe(helpOf('auditKeys')),
  network: z
    .array(z.string().regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'not a host name'))
    .max(32)
    .describe(helpOf('network')),
  anchors: anchorsSchema.optional().describe(helpOf('anchors')),
  sinks: sinksSchema.optional().describe(helpOf('sinks')),
});

/** A policy with what names its exact bytes. */
export interface LoadedPolicy {
  readonly policy: Policy;
  /** SHA-256 of the file's bytes, lower-case hex. */
  readonly sha256: string;
}

/** What a first run writes: the values of a preset, for this workstation and its audit keys. */
export function defaultPolicy(
  auditKeys: readonly { readonly label: string; readonly jwk: PublicJwk }[],
  workstation: string = hostname(),
  preset: PresetName = DEFAULT_PRESET,
): Policy {
  const { class: place, consent, lock, unlock, hosts } = presetPart(preset);
  return {
    format: 'wardmux-policy',
    version: 1,
    workstation: { name: workstation.trim().slice(0, 80) || 'workstation', class: place, banner: '' },
    ...(consent ? { consent } : {}),
    lock,
    ...(unlock ? { unlock } : {}),
    ...(hosts ? { hosts } : {}),
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
