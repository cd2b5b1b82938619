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
  /** What there is of words of which the ledger has the digest. @param file undefined: it is not there. @param opener undefined: no key was given. */
  readonly look: (id: string, digest: string, file: Uint8Array | undefined, opener: Pick<SegmentOpener, 'kid' | 'open'> | undefined) => Promise<WordsLook>;
}

/** `missing`, `changed`: the file is gone, or is not the one that the ledger has. `sealed`: it is there, and no key was given that opens it. */
export type WordsLook = { readonly state: 'missing' | 'changed' | 'sealed' } | { readonly state: 'read'; readonly words: string };

/** @param kind what the words are: a file of one kind is none of another. */
export function sealedWords(kind: 'emergency-words' | 'disclosure-words' | 'alert-note' | 'review-note' | 'baseline-note'): SealedWords {
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
  const digest = (file: Uint8Array): string => createHash('sha256').update(file).digest('hex');
  /** @returns undefined where the file is none, is of another id, or is not sealed to that key. */
  const open = async (id: string, file: Uint8Array, opener: Pick<SegmentOpener, 'kid' | 'open'>): Promise<string | undefined> => {
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
  };
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
    digest,
    async look(id, entered, file, opener) {
      if (!file) return { state: 'missing' };
      if (digest(file) !== entered) return { state: 'changed' };
      const words = opener && (await open(id, file, opener));
      return words === undefined ? { state: 'sealed' } : { state: 'read', words };
    },
  };
}
