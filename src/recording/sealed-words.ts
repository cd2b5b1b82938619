/** Words that can name a patient and belong to an event: sealed to public keys in a file of their own, of which the ledger has the digest alone. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { seal, unseal } from '../crypto/seal.ts';
import type { Recipient, SegmentOpener } from './types.ts';
import { newSegmentSecret, wrapSecret } from './wrap.ts';

export interface SealedWords {
  /** The file's bytes. @param id what it is bound to. @param words UTF-8; the caller wipes it. */
  readonly seal: (id: string, words: Uint8Array, recipients: readonly Recipient[]) => Promise<Buffer>;
  /** As the ledger has it, lower-case hex. */
  readonly digest: (file: Uint8Array) => string;
  /** @returns undefined where the file is none, is of another id, or is not sealed to that key. */
  readonly open: (id: string, file: Uint8Array, opener: Pick<SegmentOpener, 'kid' | 'open'>) => Promise<string | undefined>;
}

/** @param kind what the words are: a file of one kind is none of another. */
export function sealedWords(kind: 'emergency-words' | 'disclosure-words' | 'alert-note'): SealedWords {
  const format = `wardmux-${kind}` as const;
  const schema = z.strictObject({
    format: z.literal(format),
    version: z.literal(1),
    id: z.string(),
    recipients: z.array(z.strictObject({ kid: z.string(), jwe: z.string() })),
    iv: z.string(),
    ciphertext: z.string(),
  });
  const bound = (id: string): Buffer => Buffer.from(JSON.stringify([`wardmux/v1/${kind}`, id]), 'utf8');
  return {
    async seal(id, words, recipients) {
      const secret = newSegmentSecret();
      try {
        const wrapped = await Promise.all(recipients.map(async (recipient) => ({ kid: recipient.kid, jwe: await wrapSecret(secret, recipient) })));
        return Buffer.from(`${JSON.stringify({ format, version: 1, id, recipients: wrapped, ...seal(secret, words, bound(id)) })}\n`, 'utf8');
      } finally {
        secret.fill(0);
      }
    },
    digest: (file) => createHash('sha256').update(file).digest('hex'),
    async open(id, file, opener) {
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
    },
  };
}
