/**
 * Segment secrets and who can open them: compact JWE (RFC 7516), ECDH-ES on P-256 with A256GCM, one for each recipient.
 * The payload is the 32 raw bytes, so that any JOSE tool opens it: `jose jwe dec -i FILE -k KEY`.
 */
import { createECDH, createHash, createPrivateKey, generateKeyPairSync, randomFillSync, type KeyObject } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { compactDecrypt, CompactEncrypt, importJWK } from 'jose';
import type { CryptoKey } from 'jose';
import { z } from 'zod';
import { NotPlainError, requirePlainHandle } from '../disk/plain.ts';
import { RecordingError } from './errors.ts';
import type { PublicJwk } from '../types/keys.ts';
import type { Recipient, SegmentOpener } from './types.ts';

const SEGMENT_SECRET_BYTES = 32;
/** A P-256 recovery file has some 400 bytes; anything much longer is another file. */
const MAX_KEY_FILE_BYTES = 16 * 1024;

export type PrivateJwk = PublicJwk & { readonly d: string };

/** RFC 7638 SHA-256 thumbprint of a P-256 public key, base64url. */
export function thumbprint(jwk: PublicJwk): string {
  const canonical = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y });
  return createHash('sha256').update(canonical).digest('base64url');
}

/** 32 random bytes. The caller wipes them. */
export function newSegmentSecret(): Buffer {
  // allocUnsafe's pool is shared; a secret gets memory of its own, so that fill(0) ends its only copy.
  const secret = Buffer.from(new ArrayBuffer(SEGMENT_SECRET_BYTES));
  return randomFillSync(secret);
}

/** Wraps a secret for one recipient. Rejects where the key is not on P-256 or its `kid` is not its thumbprint. */
export async function wrapSecret(secret: Uint8Array, recipient: Recipient): Promise<string> {
  const { kty, crv, x, y } = recipient.jwk;
  if (recipient.kid !== thumbprint(recipient.jwk)) throw new RecordingError('bad-recipient', `The key of recipient ${recipient.kid} does not match its name.`);
  const key = await importJWK({ kty, crv, x, y }, 'ECDH-ES');
  return await new CompactEncrypt(secret).setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: recipient.kid }).encrypt(key);
}

/** Opens a wrapped secret: 32 bytes, the caller's to wipe. Rejects on any other algorithm, a wrong key, or a wrong length. */
export async function openSecret(jwe: string, key: KeyObject | CryptoKey): Promise<Buffer> {
  const { plaintext } = await compactDecrypt(jwe, key, { keyManagementAlgorithms: ['ECDH-ES'], contentEncryptionAlgorithms: ['A256GCM'] });
  if (plaintext.length !== SEGMENT_SECRET_BYTES) {
    plaintext.fill(0);
    throw new RecordingError('bad-recipient', 'The wrapped segment secret does not have 32 bytes.');
  }
  return Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
}

/** The recovery file: the private half of an audit key. Belongs in a safe, not on the workstation. */
export interface AuditKeyFile {
  readonly format: 'wardmux-audit-key';
  readonly version: 1;
  readonly kid: string;
  readonly jwk: PrivateJwk;
}

/** A new audit key: its recipient for the policy, and the recovery file's content. */
export function generateAuditKey(): { readonly recipient: Recipient; readonly file: AuditKeyFile } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y, d } = privateKey.export({ format: 'jwk' }) as { x: string; y: string; d: string };
  const jwk: PublicJwk = { kty: 'EC', crv: 'P-256', x, y };
  const kid = thumbprint(jwk);
  return { recipient: { kid, role: 'audit', jwk }, file: { format: 'wardmux-audit-key', version: 1, kid, jwk: { ...jwk, d } } };
}

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const auditKeyFile = z.strictObject({
  format: z.literal('wardmux-audit-key'),
  version: z.literal(1),
  kid: coordinate,
  jwk: z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate, d: coordinate }),
});

/** Opens segments with a P-256 private key. */
export class AuditKeyOpener implements SegmentOpener {
  readonly kid: string;
  readonly #key: KeyObject;

  constructor(kid: string, key: KeyObject) {
    this.kid = kid;
    this.#key = key;
  }

  /** From a recovery file. Rejects with RecordingError 'bad-key-file' and a sentence that names the file, never its content. */
  static async fromFile(path: string): Promise<AuditKeyOpener> {
    let text: Buffer;
    try {
      // Whoever says which file it is chooses what is read: no device without an end, and no pipe that nobody writes into.
      const file = await requirePlainHandle(await realpath(path));
      try {
        const bytes = Buffer.alloc(MAX_KEY_FILE_BYTES + 1);
        text = bytes.subarray(0, (await file.read(bytes, 0, bytes.length, 0)).bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      const why = error instanceof NotPlainError ? 'it is not a plain file' : (error as NodeJS.ErrnoException).code;
      throw new RecordingError('bad-key-file', `The recovery file ${path} cannot be read (${why}). Give the path of the saved audit key.`);
    }
    if (text.length > MAX_KEY_FILE_BYTES)
      throw new RecordingError('bad-key-file', `${path} is too long to be an audit key. Give the path of the saved audit key.`);
    try {
      return AuditKeyOpener.fromJson(JSON.parse(text.toString('utf8')));
    } catch {
      throw new RecordingError('bad-key-file', `${path} is not an audit key of Wardmux, or it is damaged. Give the path of the saved audit key.`);
    } finally {
      text.fill(0);
    }
  }

  /** From a recovery file's parsed content. Throws RecordingError 'bad-key-file'. */
  static fromJson(value: unknown): AuditKeyOpener {
    const parsed = auditKeyFile.safeParse(value);
    if (!parsed.success) throw new RecordingError('bad-key-file', 'This is not an audit key of Wardmux, or it is damaged.');
    const { kid, jwk } = parsed.data;
    if (kid !== thumbprint(jwk)) throw new RecordingError('bad-key-file', 'The audit key does not match its own name: the file is damaged.');
    try {
      // Node takes a JWK's public half on trust, so the private half is multiplied out and compared.
      const pair = createECDH('prime256v1');
      pair.setPrivateKey(Buffer.from(jwk.d, 'base64url'));
      const point = Buffer.concat([Buffer.of(4), Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')]);
      if (!pair.getPublicKey().equals(point)) throw new Error('the halves differ');
      return new AuditKeyOpener(kid, createPrivateKey({ key: jwk, format: 'jwk' }));
    } catch {
      throw new RecordingError('bad-key-file', 'The two halves of the audit key do not belong together: the file is damaged.');
    }
  }

  open(jwe: string): Promise<Buffer> {
    return openSecret(jwe, this.#key);
  }
}
