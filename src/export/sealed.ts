/**
 * A bundle as one file that only its recipient opens: a tar of its folders in a compact JWE (RFC 7516) to a P-256 key, as segments' secrets are wrapped, so
 * `jose jwe dec -i FILE -k KEY | tar -x` opens it. Why not age: docs/decisions/sealed-export.md.
 */
import { realpathSync } from 'node:fs';
import { CompactEncrypt, importJWK } from 'jose';
import { z } from 'zod';
import { createNew, readSmall } from '../disk/atomic.ts';
import { memoryFolderOf } from '../disk/memory.ts';
import { thumbprint } from '../recording/wrap.ts';
import type { PublicJwk } from '../types/keys.ts';
import { ExportError } from './error.ts';
import { tarOf, type TarFolder } from './tar.ts';

/** The whole of it is in memory, several times over: a JWE has no streams. */
const MOST_BYTES = 128 * 1024 * 1024;
const MOST_KEY_BYTES = 16 * 1024;

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** Members of a JWK that say nothing about where it lies are passed over: its name, what it is for. */
const publicKey = z.looseObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate });

/** The recipient's public key. @throws ExportError 'bad-key' where it is none, or is the private half */
export function sealingKey(path: string): { readonly kid: string; readonly jwk: PublicJwk } {
  const wrong = (why: string): ExportError => new ExportError('bad-key', `${path} ${why}. Nothing was exported.`);
  let value: unknown;
  try {
    const bytes = readSmall(realpathSync(path));
    if (!bytes || bytes.length > MOST_KEY_BYTES) throw wrong('is too long to be a key');
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw error instanceof ExportError ? error : wrong('cannot be read as JSON');
  }
  const parsed = publicKey.safeParse(value);
  if (!parsed.success) throw wrong('is no public key on P-256 as a JWK: ask the recipient for the output of jose jwk pub -i KEY');
  if (parsed.data['d'] !== undefined) throw wrong('is the private half of a key, which nobody but its owner should have: ask for the public one');
  const { kty, crv, x, y } = parsed.data;
  const jwk: PublicJwk = { kty, crv, x, y };
  return { kid: thumbprint(jwk), jwk };
}

/** A folder in memory for the time in which a bundle is in the clear. @param candidates in order. @throws ExportError where there is none */
export function memoryFolder(candidates: readonly (string | undefined)[]): string {
  const found = memoryFolderOf(candidates);
  if (found !== undefined) return found;
  throw new ExportError(
    'target-unwritable',
    'There is no file system in memory here (XDG_RUNTIME_DIR, /dev/shm), and a bundle that is to be sealed is not written in the clear to a disk. Export it without --seal-to onto an encrypted medium instead.',
  );
}

/** @throws ExportError, StorageFault: then there is no file */
export async function sealFolders(folders: readonly TarFolder[], { kid, jwk }: ReturnType<typeof sealingKey>, file: string): Promise<void> {
  const tar = tarOf(folders);
  try {
    if (tar.length > MOST_BYTES)
      throw new ExportError(
        'too-large',
        `The bundle has ${tar.length} bytes, and one that is sealed as one file has ${MOST_BYTES} at most. Export a span of it (--from, --to).`,
      );
    const key = await importJWK({ ...jwk }, 'ECDH-ES').catch(() => {
      throw new ExportError('bad-key', 'The recipient’s key is no point on P-256. Nothing was exported.');
    });
    const jwe = await new CompactEncrypt(tar).setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid, cty: 'application/x-tar' }).encrypt(key);
    createNew(file, jwe);
  } finally {
    tar.fill(0);
  }
}
