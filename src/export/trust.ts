/** trust.json: what an auditor pins outside any bundle. docs/format.md, "trust.json", is normative. */
import { utf8Text } from '../disk/utf8.ts';
import { INSTALLATION_ID, PERSON_ID } from '../types/ids.ts';
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import {
  decodeNoteKey,
  decodeSecondNoteKey,
  encodeNoteKey,
  encodeSecondNoteKey,
  ledgerOrigin,
  noteKey,
  type NoteKey,
  type SecondNoteKey,
} from '../ledger/note.ts';
import { keyOfText } from '../ledger/certificate.ts';
import type { FormerKeys } from '../ledger/person-facts.ts';
import { hasExactly, parseOneText, writtenOut } from '../recording/json.ts';
import { thumbprint } from '../recording/wrap.ts';
import { isSuccessor, sshKeysOf, type KeyHalves } from '../crypto/succession.ts';
import { ed25519SshKey, EXPORT_NAMESPACE, p256SshKey, parseSshKey, sshKeyText, type InstallationSshKey, type SshPublicKey } from '../crypto/sshsig.ts';

/** Keys in one list at most: an installation that changed its key every year has these for decades. */
const MAX_KEYS = 64;
/** Audit keys of all policies that ever were in force, and the times that one of them was: a policy has 64 at most, and is accepted by hand. */
const MAX_AUDIT_KEYS = 1000;

const sshKeyOf = (type: SshPublicKey['type']) =>
  z
    .string()
    .max(400)
    .refine((text) => parseSshKey(text)?.type === type);
const kid = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
// Counted in characters, and never half of one: both verifiers must agree on what a label is.
const label = z.string().refine((text) => text.isWellFormed() && [...text].length <= 200);
/** Two signatures at most. */
const certificate = z.string().max(16_384).nullable();

const seq = z.int().nonnegative();
/** Numbers of the events `policy.change` that put an audit key into force (`from`) and out of it (`to`, null: it is in force). */
const inForce = z
  .array(z.strictObject({ from: seq, to: seq.nullable() }))
  .min(1)
  .max(MAX_AUDIT_KEYS)
  .refine((spans) =>
    spans.every(({ from, to }, i, { [i + 1]: next }) => (to === null ? next === undefined : from < to && (next === undefined || to < next.from))),
  );

/** The half of a key of the installation that every one has. */
const firstHalf = z
  .strictObject({
    algorithm: z.literal('ed25519'),
    /** C2SP note verification key of the ledger's checkpoints. */
    ledger: z.string(),
    /** The same key as OpenSSH writes it: for the signatures over bundles. */
    ssh: sshKeyOf('ssh-ed25519'),
    /** SSH signature of the key before it in the list, by each half that it has. Null: pinned. */
    certificate,
  })
  .refine((key) => decodeNoteKey(key.ledger)?.publicKey.equals(parseSshKey(key.ssh)!.raw) === true);
/** The second half of the key that stands before it. */
const secondHalf = z.strictObject({
  algorithm: z.literal('ml-dsa-44'),
  /** C2SP note verification key of cosignatures; it signs bundles too. */
  ledger: z.string(),
});
/** A key of a later algorithm: passed over here, and said. */
const otherKey = z.strictObject({
  algorithm: z.string().regex(/^(?!(?:ed25519|ml-dsa-44)$)[a-z0-9][a-z0-9-]{0,31}$/),
  key: z.string().regex(/^[!-~]{1,8192}$/),
});

const trustSchema = z
  .strictObject({
    format: z.literal('wardmux-trust'),
    version: z.literal(1),
    installation: z.string().regex(INSTALLATION_ID),
    origin: z.string(),
    keys: z.array(z.union([firstHalf, secondHalf, otherKey])).max(MAX_KEYS),
    persons: z
      .array(
        z.strictObject({
          id: z.string().regex(PERSON_ID),
          name: label,
          ssh: sshKeyOf('ecdsa-sha2-nistp256'),
          /** Thumbprints of the keys that this person's recordings are sealed to. */
          kids: z.array(kid).min(1).max(MAX_KEYS),
          /** What signed their exports until two people gave them other keys, oldest first. Left out where there is none. */
          former: z
            .array(z.strictObject({ ssh: sshKeyOf('ecdsa-sha2-nistp256') }))
            .min(1)
            .max(MAX_KEYS - 1)
            .optional(),
        }),
      )
      .max(10_000),
    auditKeys: z
      .array(z.strictObject({ kid, label, ssh: sshKeyOf('ecdsa-sha2-nistp256'), inForce }).refine((key) => key.kid === sshThumbprint(key.ssh)))
      .max(MAX_AUDIT_KEYS),
    /** SHA-256 of the verify.py that belongs to it. */
    verifier: z.strictObject({ sha256 }),
  })
  .refine((trust) => trust.origin === ledgerOrigin(trust.installation))
  .refine((trust) => secondHalvesFollow(trust))
  .refine((trust) => {
    const keys = installationKeys(trust);
    return keys.length > 0 && unique(keys.map((key) => key.ssh)) && keys.every((key) => decodeNoteKey(key.ledger)!.name === trust.origin);
  })
  .refine((trust) => unique(trust.persons.map((person) => person.id)) && unique(trust.persons.flatMap((person) => person.kids)))
  .refine((trust) => unique(trust.auditKeys.map((key) => key.kid)))
  .refine((trust) => isSucceeded(trust));

export type Trust = z.infer<typeof trustSchema>;
/** As the schema's own refinements see it. */
interface Keys {
  readonly installation: string;
  readonly origin: string;
  readonly keys: readonly (z.infer<typeof firstHalf> | z.infer<typeof secondHalf> | z.infer<typeof otherKey>)[];
}

interface InstallationKey {
  readonly ledger: string;
  readonly ssh: string;
  readonly certificate: string | null;
  readonly second: SecondNoteKey | undefined;
}

/** The keys of the installation, each with its second half. */
function installationKeys({ origin, keys }: Omit<Keys, 'installation'>): InstallationKey[] {
  return keys.flatMap((key, i) => {
    if (!('ssh' in key)) return [];
    const next = keys[i + 1];
    return [{ ...key, second: next && isSecondHalf(next) ? decodeSecondNoteKey(next.ledger, origin) : undefined }];
  });
}

/** A second half stands right behind a first one, and is a key. */
function secondHalvesFollow({ origin, keys }: Omit<Keys, 'installation'>): boolean {
  return (
    unique(keys.filter(isSecondHalf).map((key) => key.ledger)) &&
    keys.every((key, i) => !isSecondHalf(key) || (keys[i - 1]?.algorithm === 'ed25519' && decodeSecondNoteKey(key.ledger, origin) !== undefined))
  );
}

const isSecondHalf = (key: Keys['keys'][number]): key is z.infer<typeof secondHalf> => key.algorithm === 'ml-dsa-44';

const halvesOf = ({ ssh, second }: InstallationKey): KeyHalves => ({ publicKey: parseSshKey(ssh)!.raw, second: second?.publicKey });

/** Each certificate is one of the key before, by all of its halves; and who had two halves has no successor with one. */
function isSucceeded(trust: Keys): boolean {
  const keys = installationKeys(trust);
  return keys.every((key, i) => {
    if (key.certificate === null) return true;
    const before = keys[i - 1];
    return before !== undefined && isSuccessor(trust.installation, halvesOf(before), halvesOf(key), key.certificate);
  });
}

function unique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

/** RFC 7638 thumbprint of a P-256 key in OpenSSH's form. */
export function sshThumbprint(text: string): string {
  const { raw } = parseSshKey(text)!;
  return thumbprint({ kty: 'EC', crv: 'P-256', x: raw.subarray(1, 33).toString('base64url'), y: raw.subarray(33).toString('base64url') });
}

/** When an audit key was in force: from one event `policy.change` on, and until another one that does not name it. */
export interface InForce {
  readonly from: number;
  /** Null where it still is. */
  readonly to: number | null;
}

/** Facts that trust.json is made of. */
export interface TrustFacts {
  readonly installation: string;
  /** Oldest first: raw Ed25519 public keys, 32 bytes; with a second half, raw ML-DSA-44, 1,312 bytes; certified by the key before. */
  readonly keys: readonly { readonly publicKey: Uint8Array; readonly second?: Uint8Array | undefined; readonly certificate?: string | undefined }[];
  readonly persons: readonly {
    readonly id: string;
    readonly name: string;
    readonly signingKey: { readonly x: string; readonly y: string };
    readonly encryptionKey: { readonly x: string; readonly y: string };
    /** Those before, oldest first. */
    readonly former?: readonly FormerKeys[];
  }[];
  /** Of every policy that was in force, and between which events. */
  readonly auditKeys: readonly {
    readonly label: string;
    readonly jwk: { readonly x: string; readonly y: string };
    readonly inForce: readonly InForce[];
  }[];
  /** SHA-256 of verify.py, lower-case hex. */
  readonly verifierSha256: string;
}

export function makeTrust(facts: TrustFacts): Trust {
  const origin = ledgerOrigin(facts.installation);
  const kidOf = ({ x, y }: { readonly x: string; readonly y: string }): string => thumbprint({ kty: 'EC', crv: 'P-256', x, y });
  return trustSchema.parse({
    format: 'wardmux-trust',
    version: 1,
    installation: facts.installation,
    origin,
    keys: facts.keys.flatMap(({ publicKey, second, certificate: text = null }) => {
      const key = noteKey(origin, publicKey, second);
      const first = { algorithm: 'ed25519', ledger: encodeNoteKey(key), ssh: sshKeyText(ed25519SshKey(publicKey)), certificate: text };
      return key.second ? [first, { algorithm: 'ml-dsa-44', ledger: encodeSecondNoteKey(origin, key.second) }] : [first];
    }),
    persons: facts.persons.map(({ id, name, signingKey, encryptionKey, former = [] }) => ({
      id,
      name,
      ssh: sshKeyText(p256SshKey(signingKey)),
      kids: [...former.map((keys) => keys.encryptionKey), kidOf(encryptionKey)],
      ...(former.length > 0 ? { former: former.map((keys) => ({ ssh: sshKeyText(p256SshKey(keyOfText(keys.signingKey)!)) })) } : {}),
    })),
    auditKeys: facts.auditKeys.map(({ label, jwk, inForce: spans }) => ({ kid: kidOf(jwk), label, ssh: sshKeyText(p256SshKey(jwk)), inForce: spans })),
    verifier: { sha256: facts.verifierSha256 },
  });
}

/** The text of trust.json. */
export function trustText(trust: Trust): string {
  return writtenOut(trust);
}

/** @returns undefined when the text is not a trust file; 'newer' for one of a version that is still to come. */
export function parseTrust(text: string): Trust | 'newer' | undefined {
  try {
    // One text for one trust file: so no member stands in it twice, and the stock tools read what the verifiers read.
    const value = parseOneText(text, writtenOut);
    const result = trustSchema.safeParse(value);
    if (result.success) return trustText(result.data) === text && orderOf(value) ? result.data : undefined;
    const { format, version } = value as { format?: unknown; version?: unknown };
    return format === 'wardmux-trust' && Number.isSafeInteger(version) && (version as number) > 1 ? 'newer' : undefined;
  } catch {
    return undefined;
  }
}

function orderOf(value: unknown): boolean {
  return hasExactly(value as Record<string, unknown>, Object.keys(trustSchema.shape));
}

/** A trust file is a few hundred bytes for each person. */
const MAX_TRUST_BYTES = 1024 * 1024;

/** The text of a trust file, undefined where it cannot be read: what verifyBundle takes. */
export function readTrustFile(path: string): string | undefined {
  try {
    if (statSync(path).size > MAX_TRUST_BYTES) return undefined;
    return utf8Text(readFileSync(path));
  } catch {
    return undefined;
  }
}

export function trustedNoteKeys(trust: Trust): NoteKey[] {
  return installationKeys(trust).map(({ ledger, second }) => ({ ...decodeNoteKey(ledger)!, ...(second ? { second } : {}) }));
}

export function trustedInstallationKeys(trust: Trust): InstallationSshKey[] {
  return installationKeys(trust).map((key) => sshKeysOf(halvesOf(key)));
}

/** Algorithms of keys in the trust file that this version passes over. */
export function unknownAlgorithms(trust: Trust): string[] {
  return [...new Set(trust.keys.flatMap((key) => ('key' in key ? [key.algorithm] : [])))];
}

/** What somebody signs with, and before that signed with: oldest first, each as OpenSSH writes it. Empty for somebody whom the file does not name. */
export function trustedPersonKeys(trust: Trust, person: string): readonly string[] {
  const found = trust.persons.find((entry) => entry.id === person);
  return found ? [...(found.former ?? []), found].map(({ ssh }) => ssh) : [];
}

/** allowed_signers for `ssh-keygen -Y verify` (ssh-keygen(1), ALLOWED SIGNERS): the installation's keys, then each person. */
export function allowedSigners(trust: Trust): string {
  const line = (id: string, ssh: string): string => `${id} namespaces="${EXPORT_NAMESPACE}" ${ssh}\n`;
  return [
    ...installationKeys(trust).map((key) => line(trust.installation, key.ssh)),
    ...trust.persons.flatMap((person) => [person, ...(person.former ?? [])].map(({ ssh }) => line(person.id, ssh))),
  ].join('');
}

/** Whether each line of an allowed_signers is one of those that follow from the trust file. */
export function areSigners(trust: Trust, file: Buffer): boolean {
  const own = new Set(allowedSigners(trust).split('\n'));
  const lines = file.toString('latin1').split('\n');
  return lines.pop() === '' && lines.every((line) => line !== '' && own.has(line));
}
