/** trust.json: the public keys that an auditor pins outside any bundle. */
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { decodeNoteKey, encodeNoteKey, ledgerOrigin, noteKey, type NoteKey } from '../ledger/note.ts';
import { ed25519SshKey, EXPORT_NAMESPACE, p256SshKey, parseSshKey, sshKeyText, type SshPublicKey } from './sshsig.ts';

const sshKey = z
  .string()
  .max(400)
  .refine((text) => parseSshKey(text) !== undefined, 'is not an SSH public key of a kind that is used here');

const trustSchema = z
  .strictObject({
    format: z.literal('wardmux-trust'),
    version: z.literal(1),
    installation: z.string().regex(/^w-[0-9a-f]{12}$/),
    origin: z.string(),
    /** C2SP note verification key of the ledger's checkpoints. */
    ledger: z.string(),
    /** SSH public key of the installation's signatures over bundles: the same Ed25519 key in OpenSSH's form. */
    ssh: sshKey,
    persons: z.array(z.strictObject({ id: z.string().regex(/^p-[0-9a-f]{12}$/), name: z.string().max(200), ssh: sshKey })),
    auditKeys: z.array(z.strictObject({ kid: z.string().regex(/^[A-Za-z0-9_-]{43}$/), label: z.string().max(200) })),
  })
  .refine((trust) => trust.origin === ledgerOrigin(trust.installation), 'The origin is not that of the installation.')
  .refine((trust) => decodeNoteKey(trust.ledger)?.name === trust.origin, 'The ledger key is not a note key of the origin.')
  .refine((trust) => new Set(trust.persons.map((person) => person.id)).size === trust.persons.length, 'A person stands in it twice.');

export type Trust = z.infer<typeof trustSchema>;

/** Facts that trust.json is made of. */
export interface TrustFacts {
  readonly installation: string;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly persons: readonly { readonly id: string; readonly name: string; readonly signingKey: { readonly x: string; readonly y: string } }[];
  readonly auditKeys: readonly { readonly kid: string; readonly label: string }[];
}

export function makeTrust(facts: TrustFacts): Trust {
  const origin = ledgerOrigin(facts.installation);
  return trustSchema.parse({
    format: 'wardmux-trust',
    version: 1,
    installation: facts.installation,
    origin,
    ledger: encodeNoteKey(noteKey(origin, facts.publicKey)),
    ssh: sshKeyText(ed25519SshKey(facts.publicKey)),
    persons: facts.persons.map(({ id, name, signingKey }) => ({ id, name, ssh: sshKeyText(p256SshKey(signingKey)) })),
    auditKeys: facts.auditKeys.map(({ kid, label }) => ({ kid, label })),
  });
}

/** The text of trust.json. */
export function trustText(trust: Trust): string {
  return `${JSON.stringify(trust, null, 2)}\n`;
}

/** @returns undefined when the text is not a trust file. */
export function parseTrust(text: string): Trust | undefined {
  try {
    const result = trustSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
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

export function trustedNoteKey(trust: Trust): NoteKey {
  return decodeNoteKey(trust.ledger)!;
}

export function trustedInstallationKey(trust: Trust): SshPublicKey {
  return parseSshKey(trust.ssh)!;
}

export function trustedPersonKey(trust: Trust, person: string): SshPublicKey | undefined {
  const found = trust.persons.find((entry) => entry.id === person);
  return found && parseSshKey(found.ssh);
}

/** allowed_signers for `ssh-keygen -Y verify` (ssh-keygen(1), ALLOWED SIGNERS): the installation, then each person. */
export function allowedSigners(trust: Trust): string {
  const line = (id: string, ssh: string): string => `${id} namespaces="${EXPORT_NAMESPACE}" ${ssh}\n`;
  return line(trust.installation, trust.ssh) + trust.persons.map((person) => line(person.id, person.ssh)).join('');
}
