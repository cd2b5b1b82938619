/** trust.json: what an auditor pins outside any bundle. docs/format.md, "trust.json", is normative. */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { decodeNoteKey, encodeNoteKey, ledgerOrigin, noteKey, type NoteKey } from '../ledger/note.ts';
import { hasExactly, parseOneText, writtenOut } from '../recording/json.ts';
import { thumbprint } from '../recording/wrap.ts';
import { ed25519SshKey, EXPORT_NAMESPACE, p256SshKey, parseSshKey, sshKeyText, sshVerify, type SshPublicKey } from './sshsig.ts';

/** Namespaces of the certificates by which a key names its successor. */
export const INSTALLATION_KEY_NAMESPACE = 'installation-key@wardmux.localhost';
export const AUDIT_KEY_NAMESPACE = 'audit-key@wardmux.localhost';
/** Keys in one list at most: an installation that changed its key every year has these for decades. */
const MAX_KEYS = 64;

const sshKeyOf = (type: SshPublicKey['type']) =>
  z
    .string()
    .max(400)
    .refine((text) => parseSshKey(text)?.type === type);
const kid = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
// Counted in characters, and never half of one: both verifiers must agree on what a label is.
const label = z.string().refine((text) => text.isWellFormed() && [...text].length <= 200);
const certificate = z.string().max(4096).nullable();

/** A key of the installation in the algorithms of this version. */
const knownKey = z
  .strictObject({
    algorithm: z.literal('ed25519'),
    /** C2SP note verification key of the ledger's checkpoints. */
    ledger: z.string(),
    /** The same key as OpenSSH writes it: for the signatures over bundles. */
    ssh: sshKeyOf('ssh-ed25519'),
    /** SSH signature of the key before it in the list. Null: pinned. */
    certificate,
  })
  .refine((key) => decodeNoteKey(key.ledger)?.publicKey.equals(parseSshKey(key.ssh)!.raw) === true);
/** A key of a later algorithm: passed over here, and said. */
const otherKey = z.strictObject({
  algorithm: z.string().regex(/^(?!ed25519$)[a-z0-9][a-z0-9-]{0,31}$/),
  key: z.string().regex(/^[!-~]{1,8192}$/),
});

const trustSchema = z
  .strictObject({
    format: z.literal('wardmux-trust'),
    version: z.literal(1),
    installation: z.string().regex(/^w-[0-9a-f]{12}$/),
    origin: z.string(),
    keys: z.array(z.union([knownKey, otherKey])).max(MAX_KEYS),
    persons: z
      .array(
        z.strictObject({
          id: z.string().regex(/^p-[0-9a-f]{12}$/),
          name: label,
          ssh: sshKeyOf('ecdsa-sha2-nistp256'),
          /** Thumbprints of the keys that this person's recordings are sealed to. */
          kids: z.array(kid).min(1).max(MAX_KEYS),
        }),
      )
      .max(10_000),
    auditKeys: z
      .array(z.strictObject({ kid, label, ssh: sshKeyOf('ecdsa-sha2-nistp256'), certificate }).refine((key) => key.kid === sshThumbprint(key.ssh)))
      .max(MAX_KEYS),
    /** SHA-256 of the verify.py that belongs to it. */
    verifier: z.strictObject({ sha256 }),
  })
  .refine((trust) => trust.origin === ledgerOrigin(trust.installation))
  .refine((trust) => installationKeys(trust).every((key) => decodeNoteKey(key.ledger)!.name === trust.origin))
  .refine((trust) => unique(installationKeys(trust).map((key) => key.ssh)) && installationKeys(trust).length > 0)
  .refine((trust) => unique(trust.persons.map((person) => person.id)) && unique(trust.persons.flatMap((person) => person.kids)))
  .refine((trust) => unique(trust.auditKeys.map((key) => key.kid)))
  .refine((trust) => certified(trust.installation, installationKeys(trust), INSTALLATION_KEY_NAMESPACE, (key) => key.ssh))
  .refine((trust) => certified(trust.installation, trust.auditKeys, AUDIT_KEY_NAMESPACE, (key) => key.kid));

export type Trust = z.infer<typeof trustSchema>;
type KnownKey = z.infer<typeof knownKey>;

function installationKeys(trust: { readonly keys: readonly (KnownKey | z.infer<typeof otherKey>)[] }): KnownKey[] {
  return trust.keys.filter((key): key is KnownKey => key.algorithm === 'ed25519');
}

function unique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

/** RFC 7638 thumbprint of a P-256 key in OpenSSH's form. */
export function sshThumbprint(text: string): string {
  const { raw } = parseSshKey(text)!;
  return thumbprint({ kty: 'EC', crv: 'P-256', x: raw.subarray(1, 33).toString('base64url'), y: raw.subarray(33).toString('base64url') });
}

/** The text that a key signs for its successor. */
export function certificateText(installation: string, successor: string): Buffer {
  return Buffer.from(`${installation}\n${successor}\n`, 'utf8');
}

function certified<K extends { readonly ssh: string; readonly certificate: string | null }>(
  installation: string,
  keys: readonly K[],
  namespace: string,
  name: (key: K) => string,
): boolean {
  return keys.every((key, i) => {
    if (key.certificate === null) return true;
    const before = keys[i - 1];
    return before !== undefined && sshVerify(certificateText(installation, name(key)), key.certificate, parseSshKey(before.ssh)!, namespace) === 'good';
  });
}

/** Facts that trust.json is made of. */
export interface TrustFacts {
  readonly installation: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly persons: readonly {
    readonly id: string;
    readonly name: string;
    readonly signingKey: { readonly x: string; readonly y: string };
    readonly encryptionKey: { readonly x: string; readonly y: string };
  }[];
  readonly auditKeys: readonly { readonly label: string; readonly jwk: { readonly x: string; readonly y: string } }[];
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
    keys: [
      { algorithm: 'ed25519', ledger: encodeNoteKey(noteKey(origin, facts.publicKey)), ssh: sshKeyText(ed25519SshKey(facts.publicKey)), certificate: null },
    ],
    persons: facts.persons.map(({ id, name, signingKey, encryptionKey }) => ({
      id,
      name,
      ssh: sshKeyText(p256SshKey(signingKey)),
      kids: [kidOf(encryptionKey)],
    })),
    auditKeys: facts.auditKeys.map(({ label, jwk }) => ({ kid: kidOf(jwk), label, ssh: sshKeyText(p256SshKey(jwk)), certificate: null })),
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
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch {
    return undefined;
  }
}

export function trustedNoteKeys(trust: Trust): NoteKey[] {
  return installationKeys(trust).map((key) => decodeNoteKey(key.ledger)!);
}

export function trustedInstallationKeys(trust: Trust): SshPublicKey[] {
  return installationKeys(trust).map((key) => parseSshKey(key.ssh)!);
}

/** Algorithms of keys in the trust file that this version passes over. */
export function unknownAlgorithms(trust: Trust): string[] {
  return [...new Set(trust.keys.map((key) => key.algorithm).filter((algorithm) => algorithm !== 'ed25519'))];
}

export function trustedPersonKey(trust: Trust, person: string): SshPublicKey | undefined {
  const found = trust.persons.find((entry) => entry.id === person);
  return found && parseSshKey(found.ssh);
}

/** allowed_signers for `ssh-keygen -Y verify` (ssh-keygen(1), ALLOWED SIGNERS): the installation's keys, then each person. */
export function allowedSigners(trust: Trust): string {
  const line = (id: string, ssh: string): string => `${id} namespaces="${EXPORT_NAMESPACE}" ${ssh}\n`;
  return [...installationKeys(trust).map((key) => line(trust.installation, key.ssh)), ...trust.persons.map((person) => line(person.id, person.ssh))].join('');
}
