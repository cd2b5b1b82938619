/**
 * The list of who and what is revoked, as somebody outside signs it: JSON, and behind it in the same file the signature that `ssh-keygen -Y sign` makes of
 * it (OpenSSH, PROTOCOL.sshsig). One file, so that another one takes its place in one step. Pure. docs/format.md, "Revocation list", is normative.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { encodeSshKey, parseSshKey, sshVerify, type SshVerdict } from '../crypto/sshsig.ts';
import { readAsJson } from '../disk/json.ts';
import { utf8Text } from '../disk/utf8.ts';
import { PERSON_ID } from '../types/ids.ts';
import { stopReasons, type StopReason } from '../types/words.ts';

/** Namespace of its signature: one that was made for another purpose is not one of a list. */
export const REVOCATION_NAMESPACE = 'revocations@wardmux.localhost';
/** A site has thousands of people, and whoever is deleted here need not be named any more. */
const MAX_REVOKED = 5000;
const BEGIN = '\n-----BEGIN SSH SIGNATURE-----\n';

/** Exactly one of the four says what: everything of a person, by id or by thumbprint of one of their keys, or one way to it. */
export interface Revoked {
  readonly person?: string | undefined;
  /** RFC 7638 thumbprint of somebody’s encryption or signing key. */
  readonly key?: string | undefined;
  /** Id of a key slot. */
  readonly slot?: string | undefined;
  /** Id of the credential of a passkey, or of a key that is touched, base64url. */
  readonly credential?: string | undefined;
  readonly reason: StopReason;
  readonly since: string;
}
const targets = ['person', 'key', 'slot', 'credential'] as const;

/** A list whose signature is good. */
export interface SignedList {
  /** Grows with each list. */
  readonly number: number;
  /** ISO 8601 UTC, with milliseconds. */
  readonly issued: string;
  readonly revoked: readonly Revoked[];
  /** Of the signed text, lower-case hex. */
  readonly sha256: string;
  /** SHA-256 of the key that signed it, as SSH encodes it; lower-case hex. */
  readonly signer: string;
}

const schema = z.strictObject({
  format: z.literal('wardmux-revocations'),
  version: z.literal(1),
  number: z.int().min(1),
  issued: z.iso.datetime(),
  revoked: z
    .array(
      z
        .strictObject({
          person: z.string().regex(PERSON_ID, 'is not the id of a person').optional(),
          key: z
            .string()
            .regex(/^[A-Za-z0-9_-]{43}$/, 'is not an RFC 7638 thumbprint')
            .optional(),
          slot: z
            .string()
            .regex(/^k-[0-9a-f]{12}$/, 'is not the id of a key slot')
            .optional(),
          credential: z
            .string()
            .regex(/^[A-Za-z0-9_-]{1,1364}$/, 'is not the id of a credential in base64url')
            .optional(),
          reason: z.enum(stopReasons),
          since: z.iso.datetime(),
        })
        .refine((one) => targets.filter((target) => one[target] !== undefined).length === 1, 'names none or several of person, key, slot and credential'),
    )
    .max(MAX_REVOKED),
});

/** Why bytes are no list: `unsigned`, nobody who may has signed them; `malformed`, somebody has, and they are none. */
export interface NoList {
  readonly fault: 'unsigned' | 'malformed';
  /** A part of a sentence, to stand behind the file’s name. */
  readonly why: string;
}

const unsignedWhy: Readonly<Record<Exclude<SshVerdict, 'good'>, string>> = {
  malformed: `carries a signature that is none of SSH for the namespace ${REVOCATION_NAMESPACE}`,
  'other-key': 'is signed by a key that the policy in force does not name',
  bad: 'was changed after it was signed',
  unchecked: 'is signed in a way that this program cannot check',
};
/** What is told where several keys give several verdicts: the one that says most. */
const telling: readonly (keyof typeof unsignedWhy)[] = ['bad', 'unchecked', 'malformed', 'other-key'];

/** @param keys `TYPE BASE64` of those who may sign: nothing of it is parsed before one of them has. */
export function readList(bytes: Uint8Array, keys: readonly string[]): SignedList | NoList {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = whole.indexOf(BEGIN);
  if (at < 0) return { fault: 'unsigned', why: 'carries no signature' };
  const text = whole.subarray(0, at + 1);
  const signature = utf8Text(whole.subarray(at + 1)) ?? '';
  const verdicts = keys.flatMap((written) => {
    const key = parseSshKey(written);
    return key ? [{ key, verdict: sshVerify(text, signature, key, REVOCATION_NAMESPACE) }] : [];
  });
  const good = verdicts.find(({ verdict }) => verdict === 'good');
  if (!good) {
    const worst = telling.find((one) => verdicts.some(({ verdict }) => verdict === one)) ?? 'other-key';
    return { fault: 'unsigned', why: unsignedWhy[worst] };
  }
  const read = readAsJson(schema, text);
  if (!('value' in read)) {
    const [first] = read.findings ?? [];
    return { fault: 'malformed', why: first ? `is not valid at ${first.field || 'the top level'} (line ${first.line}): ${first.sentence}` : read.text! };
  }
  const { number, issued, revoked } = read.value;
  const signer = hash('sha256', encodeSshKey(good.key), 'hex');
  return { number, issued: new Date(issued).toISOString(), revoked, sha256: hash('sha256', text, 'hex'), signer };
}

export const isList = (read: SignedList | NoList): read is SignedList => !('fault' in read);

/** What of a key slot a list can name. */
export interface NamedSlot {
  readonly id: string;
  readonly credentialId?: string | undefined;
}

/** Whether a list names a key slot: by its id, or by the id of the credential in it, whatever kind of slot that is. */
export function slotsNamedBy({ revoked }: Pick<SignedList, 'revoked'>): (slot: NamedSlot) => boolean {
  const slots = new Set(revoked.flatMap(({ slot }) => slot ?? []));
  const credentials = new Set(revoked.flatMap(({ credential }) => credential ?? []));
  return ({ id, credentialId }) => slots.has(id) || (credentialId !== undefined && credentials.has(credentialId));
}

/** What of an installation somebody could be named by. */
export interface KnownHere {
  readonly id: string;
  readonly encryptionKey: string;
  readonly signingKey: string;
  /** As far as their record can be read. */
  readonly slots: readonly NamedSlot[];
}

/** Whom and what of an installation a list names: ids of people, and of key slots. In the order of the people. */
export interface NamedHere {
  readonly people: readonly string[];
  readonly slots: readonly string[];
}

export function namedHere(list: Pick<SignedList, 'revoked'>, known: readonly KnownHere[]): NamedHere {
  const person = new Set(list.revoked.flatMap((one) => one.person ?? []));
  const key = new Set(list.revoked.flatMap((one) => one.key ?? []));
  const isNamed = slotsNamedBy(list);
  return {
    people: known.flatMap(({ id, encryptionKey, signingKey }) => (person.has(id) || key.has(encryptionKey) || key.has(signingKey) ? [id] : [])),
    slots: known.flatMap(({ slots }) => slots.filter(isNamed).map(({ id }) => id)),
  };
}
