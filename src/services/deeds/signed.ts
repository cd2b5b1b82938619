/** Statements that the installation signs for whoever is elsewhere: one text of each, and SSH signatures by each half of its key in a namespace of their own. */
import { hash } from 'node:crypto';
import type { z } from 'zod';
import { signAsInstallation, verifyInstallation, type InstallationSshKey } from '../../crypto/sshsig.ts';
import type { InstallationSigner } from '../../crypto/signer.ts';
import { toJson } from '../../disk/json.ts';

export type SignedVerdict = 'good' | 'malformed' | 'other-key' | 'half-signed' | 'bad-signature';

/** A statement with its signature, as it is written: its one text, and the SHA-256 by which the ledger names it. */
export interface SignedText<T> {
  readonly statement: T & { readonly signature: string };
  readonly text: string;
  readonly sha256: string;
}

/** @param namespace a signature made for another purpose is none of this one. */
export async function signStatement<T extends object>(statement: T, signer: InstallationSigner, namespace: string): Promise<SignedText<T>> {
  const signed = { ...statement, signature: await signAsInstallation(Buffer.from(toJson(statement)), signer, namespace) };
  const text = toJson(signed);
  return { statement: signed, text, sha256: statementDigest(text) };
}

export const statementDigest = (text: string): string => hash('sha256', text, 'hex');

/** Judges the text of one: what reads differently is none. @param keys of the installation, former ones too */
export function judgeStatement<T extends { readonly signature: string }>(
  schema: z.ZodType<T>,
  text: string,
  keys: readonly InstallationSshKey[],
  namespace: string,
): { readonly verdict: SignedVerdict; readonly statement?: T } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { verdict: 'malformed' };
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success || toJson(parsed.data) !== text) return { verdict: 'malformed' };
  const { signature, ...rest } = parsed.data;
  const { verdict } = verifyInstallation(Buffer.from(toJson(rest)), signature, keys, namespace);
  const words = { good: 'good', 'other-key': 'other-key', half: 'half-signed' } as const;
  return { verdict: Object.hasOwn(words, verdict) ? words[verdict as keyof typeof words] : 'bad-signature', statement: parsed.data };
}
