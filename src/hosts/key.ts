/** Host keys: read strictly, and named by the SHA-256 of their bytes, as ssh does. Pure. */
import { hash } from 'node:crypto';
import { hostKeyTypes, type HostKeyType } from '../types/hosts.ts';

export interface HostKey {
  readonly type: HostKeyType;
  readonly base64: string;
  /** Of its bytes, lower-case hex. */
  readonly sha256: string;
}

/** An RSA key of 16384 bits has some 2.1 KB. */
const MOST_BYTES = 4096;

/** A key as SSH encodes it. @returns undefined where it is none that is taken */
export function hostKeyOf(bytes: Buffer): HostKey | undefined {
  if (bytes.length > MOST_BYTES || bytes.length < 4) return undefined;
  const type = hostKeyTypes.find((word) => bytes.readUInt32BE(0) === word.length && bytes.toString('latin1', 4, 4 + word.length) === word);
  return type && { type, base64: bytes.toString('base64'), sha256: hash('sha256', bytes, 'hex') };
}

/** What a server signs with, by the kind of its key. */
const algorithms: Readonly<Record<HostKeyType, string>> = {
  'ssh-ed25519': 'ssh-ed25519',
  'ecdsa-sha2-nistp256': 'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384': 'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521': 'ecdsa-sha2-nistp521',
  // Never SHA-1.
  'ssh-rsa': 'rsa-sha2-512,rsa-sha2-256',
};

/** For HostKeyAlgorithms: of one kind, or of all that are taken. */
export const algorithmsOf = (type: HostKeyType | undefined): string => (type ? algorithms[type] : hostKeyTypes.map((each) => algorithms[each]).join(','));
