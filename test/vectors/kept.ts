/**
 * ML-DSA-44 keys that follow from a name. Their signatures are hedged, another one each time; so those that stand in files which have to be the
 * same every time are kept in mldsa44.json, by what they sign, and used again as long as they are good.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, sha256 } from './second-writer.ts';

const FILE = join(import.meta.dirname, 'mldsa44.json');
const kept: Readonly<Record<string, string>> = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, string>) : {};
const used = new Map<string, string>();

/** What mldsa44.json has to hold: the signatures that were asked for since the start. */
export function keptSignatures(): Record<string, string> {
  return Object.fromEntries([...used].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export interface SecondPair {
  /** 1,312 bytes. */
  readonly publicKey: Buffer;
  readonly seed: Buffer;
  sign(bytes: Uint8Array): Buffer;
}

/** @param keep whether its signatures are to be the same every time. */
export function mldsa44Of(name: string, keep: boolean): SecondPair {
  const seed = bytesOf(`${name}/second`, 32);
  // RFC 9881, section 6: a private key as its seed.
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from('3034020100300b060960864801650304031104228020', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const open = createPublicKey(key);
  const publicKey = open.export({ format: 'der', type: 'spki' }).subarray(22);
  return {
    publicKey,
    seed,
    sign: (bytes) => {
      if (!keep) return sign(null, bytes, key);
      const what = sha256(publicKey, bytes).toString('hex');
      const before = Buffer.from(used.get(what) ?? kept[what] ?? '', 'base64');
      const signature = before.length > 0 && verify(null, bytes, open, before) ? before : sign(null, bytes, key);
      used.set(what, signature.toString('base64'));
      return signature;
    },
  };
}
