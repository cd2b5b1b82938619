/**
 * What somebody writes who breaks the glass can name a patient: it is sealed to the audit keys of the policy in force, and the ledger has the digest of
 * the file alone. Nobody at the workstation reads it back, those who wrote it among them.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { seal, unseal } from '../crypto/seal.ts';
import { newSegmentSecret, wrapSecret } from '../recording/wrap.ts';
import type { Recipient, SegmentOpener } from '../recording/types.ts';

/** Two or three sentences and a ticket. */
export const MAX_WORDS = 1000;

const schema = z.strictObject({
  format: z.literal('wardmux-emergency-words'),
  version: z.literal(1),
  id: z.string(),
  recipients: z.array(z.strictObject({ kid: z.string(), jwe: z.string() })),
  iv: z.string(),
  ciphertext: z.string(),
});

const bound = (id: string): Buffer => Buffer.from(JSON.stringify(['wardmux/v1/emergency-words', id]), 'utf8');

/** The file's bytes. @param id of the emergency, to which it is bound. @param words UTF-8; the caller wipes it. */
export async function sealWords(id: string, words: Uint8Array, recipients: readonly Recipient[]): Promise<Buffer> {
  const secret = newSegmentSecret();
  try {
    const wrapped = await Promise.all(recipients.map(async (recipient) => ({ kid: recipient.kid, jwe: await wrapSecret(secret, recipient) })));
    const file = { format: 'wardmux-emergency-words', version: 1, id, recipients: wrapped, ...seal(secret, words, bound(id)) };
    return Buffer.from(`${JSON.stringify(file)}\n`, 'utf8');
  } finally {
    secret.fill(0);
  }
}

/** As the ledger has it, lower-case hex. */
export const wordsDigest = (file: Uint8Array): string => createHash('sha256').update(file).digest('hex');

/** @returns undefined where the file is none, is of another emergency, or is not sealed to that key. */
export async function openWords(id: string, file: Uint8Array, opener: Pick<SegmentOpener, 'kid' | 'open'>): Promise<string | undefined> {
  try {
    const { recipients, iv, ciphertext } = schema.parse(JSON.parse(Buffer.from(file).toString('utf8')));
    const own = recipients.find(({ kid }) => kid === opener.kid);
    if (!own) return undefined;
    const secret = await opener.open(own.jwe);
    try {
      return unseal(secret, { iv, ciphertext }, bound(id))?.toString('utf8');
    } finally {
      secret.fill(0);
    }
  } catch {
    return undefined;
  }
}
