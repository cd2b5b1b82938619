/**
 * SSH signatures of files (OpenSSH, PROTOCOL.sshsig), so that an auditor checks a bundle with the `ssh-keygen` that is on
 * every machine. Ed25519 (RFC 8709) and ECDSA on P-256 (RFC 5656); the private keys stay with their owner's callback. ML-DSA-44 is written
 * in the same way, for verifiers that know it: ssh-keygen does not.
 */
import { createHash } from 'node:crypto';
import { ed25519Verify, isEd25519Key } from './ed25519.ts';
import { MLDSA44, mldsa44Verify } from './mldsa.ts';
import { isP256Point, p256PointOf, p256Verify } from './p256.ts';
import type { InstallationSigner } from './signer.ts';

/** Namespace of every signature over an export: a signature made for another purpose is not one. */
export const EXPORT_NAMESPACE = 'session-export@wardmux.localhost';

const MAGIC = Buffer.from('SSHSIG');
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';
/** Digest of the message inside a signature: ssh-keygen's own choice, and the only one taken. */
const HASH = 'sha512';
const ARMORED = new RegExp(`${BEGIN}\n[A-Za-z0-9+/=\n]*?${END}\n`, 'g');
/** Base64 characters a line, as ssh-keygen writes them. */
const ARMOR_WIDTH = 70;
/** A signature of ours has about 300 bytes of text, one of ML-DSA-44 5,300. */
const MAX_ARMOR = 8192;
/** Signatures in one file at most: the installation's two, and room for those of algorithms to come. */
const MAX_SIGNATURES = 8;

export type SshKeyType = 'ssh-ed25519' | 'ecdsa-sha2-nistp256' | 'ssh-mldsa-44';

/** A public key: raw Ed25519 (32 bytes), an uncompressed P-256 point (65 bytes, 0x04 first), or raw ML-DSA-44 (1,312 bytes). */
export interface SshPublicKey {
  readonly type: SshKeyType;
  readonly raw: Buffer;
}

export interface SshSigner {
  readonly publicKey: SshPublicKey;
  /** Ed25519: 64 bytes (RFC 8032). ECDSA: r||s, 64 bytes (IEEE P1363), over SHA-256 of the bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

function string(bytes: Uint8Array | string): Buffer {
  const data = Buffer.from(bytes as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, data]);
}

/** A positive integer as RFC 4251 writes it: no leading zeros, and one zero byte where the highest bit is set. */
function mpint(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start += 1;
  const trimmed = Buffer.from(bytes.subarray(start));
  return string(trimmed.length > 0 && trimmed[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed);
}

/** A positive integer of 256 bits at most, in the one way of RFC 4251. */
function isMpint(bytes: Buffer): boolean {
  const first = bytes[0] ?? 0x80;
  if (first === 0) return bytes.length > 1 && bytes.length <= 33 && bytes[1]! >= 0x80;
  return first < 0x80 && bytes.length <= 32;
}

/** Reads the fields of RFC 4251 one by one; every length is checked before it is used. */
class Fields {
  #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new RangeError('too short');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  string(): Buffer {
    return this.take(this.uint32());
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError('bytes left over');
  }
}

/** The key as it stands in signatures and, in base64, in authorized_keys. */
export function encodeSshKey(key: SshPublicKey): Buffer {
  return key.type === 'ecdsa-sha2-nistp256'
    ? Buffer.concat([string(key.type), string('nistp256'), string(key.raw)])
    : Buffer.concat([string(key.type), string(key.raw)]);
}

/** `TYPE BASE64`, without a comment. */
export function sshKeyText(key: SshPublicKey): string {
  return `${key.type} ${encodeSshKey(key).toString('base64')}`;
}

function decodeSshKey(blob: Buffer): SshPublicKey | undefined {
  try {
    const fields = new Fields(blob);
    const type = fields.string().toString('latin1');
    if (type === 'ssh-ed25519') {
      const raw = fields.string();
      fields.end();
      return isEd25519Key(raw) ? { type, raw } : undefined;
    }
    if (type !== 'ecdsa-sha2-nistp256' || fields.string().toString('latin1') !== 'nistp256') return undefined;
    const raw = fields.string();
    fields.end();
    return isP256Point(raw) ? { type, raw } : undefined;
  } catch {
    return undefined;
  }
}

/** @returns undefined when the text is not `TYPE BASE64` of a key that we know. */
export function parseSshKey(text: string): SshPublicKey | undefined {
  const match = /^(ssh-ed25519|ecdsa-sha2-nistp256) ([A-Za-z0-9+/]+={0,2})$/.exec(text);
  const key = match ? decodeSshKey(Buffer.from(match[2]!, 'base64')) : undefined;
  return key && sshKeyText(key) === text ? key : undefined;
}

export function ed25519SshKey(raw: Uint8Array): SshPublicKey {
  return { type: 'ssh-ed25519', raw: Buffer.from(raw) };
}

/** @param raw ML-DSA-44 public key, 1,312 bytes. */
export function mldsa44SshKey(raw: Uint8Array): SshPublicKey {
  return { type: 'ssh-mldsa-44', raw: Buffer.from(raw) };
}

/** From a P-256 JWK (RFC 7518, section 6.2.1). */
export function p256SshKey(jwk: { readonly x: string; readonly y: string }): SshPublicKey {
  const raw = p256PointOf(jwk);
  if (!isP256Point(raw)) throw new RangeError('This is no point of the curve P-256.');
  return { type: 'ecdsa-sha2-nistp256', raw };
}

/** What is signed: MAGIC, namespace, reserved, hash name, hash of the message. */
function signedBytes(namespace: string, message: Uint8Array): Buffer {
  return Buffer.concat([MAGIC, string(namespace), string(''), string(HASH), string(createHash(HASH).update(message).digest())]);
}

const signatureBytes = (type: SshKeyType): number => (type === 'ssh-mldsa-44' ? MLDSA44.signature : 64);

/** Signs a message. @returns the armored signature, as in a .sig file. */
export async function sshSign(message: Uint8Array, signer: SshSigner, namespace: string): Promise<string> {
  const raw = await signer.sign(signedBytes(namespace, message));
  const bytes = signatureBytes(signer.publicKey.type);
  if (raw.length !== bytes) throw new RangeError(`A signature has ${bytes} bytes.`);
  const value = signer.publicKey.type === 'ecdsa-sha2-nistp256' ? Buffer.concat([mpint(raw.subarray(0, 32)), mpint(raw.subarray(32))]) : Buffer.from(raw);
  const version = Buffer.from([0, 0, 0, 1]);
  const signature = Buffer.concat([string(signer.publicKey.type), string(value)]);
  const blob = Buffer.concat([MAGIC, version, string(encodeSshKey(signer.publicKey)), string(namespace), string(''), string(HASH), string(signature)]);
  return armor(blob);
}

/** The one text of a signature. */
function armor(blob: Buffer): string {
  const lines = blob.toString('base64').match(new RegExp(`.{1,${ARMOR_WIDTH}}`, 'g')) ?? [];
  return `${BEGIN}\n${lines.join('\n')}\n${END}\n`;
}

/** Signs as the installation: one armored signature of each half of its key, Ed25519 first, because that is the one that ssh-keygen reads. */
export async function signAsInstallation(message: Uint8Array, signer: Omit<InstallationSigner, 'installation'>, namespace: string): Promise<string> {
  const { second } = signer;
  const first = await sshSign(message, { publicKey: ed25519SshKey(signer.publicKey), sign: (bytes) => signer.sign(bytes) }, namespace);
  if (!second) return first;
  return first + (await sshSign(message, { publicKey: mldsa44SshKey(second.publicKey), sign: (bytes) => second.sign(bytes) }, namespace));
}

/** A key of the installation, with its second half where it has one. */
export interface InstallationSshKey {
  readonly first: SshPublicKey;
  readonly second?: SshPublicKey;
}

/**
 * `malformed`: not a signature of this namespace. `other-key`: by another key than the one asked for. `unchecked`: of an algorithm that this
 * runtime cannot check. `half`: by one half alone of a key that has two.
 */
export type SshVerdict = 'good' | 'malformed' | 'other-key' | 'bad' | 'unchecked';

export interface InstallationVerdict {
  readonly verdict: Exclude<SshVerdict, 'unchecked'> | 'half';
  /** What became of the second signature, where the verdict is good. */
  readonly second: 'good' | 'none' | 'unchecked';
  /** Which of the keys signed; -1 where none did. */
  readonly by: number;
}

/** Verifies what signAsInstallation makes, against any of the installation's keys: each half of that key. */
export function verifyInstallation(message: Uint8Array, text: string, keys: readonly InstallationSshKey[], namespace: string): InstallationVerdict {
  const is = (verdict: InstallationVerdict['verdict'], second: InstallationVerdict['second'] = 'none', by = -1): InstallationVerdict => ({
    verdict,
    second,
    by,
  });
  const all = text.length <= MAX_SIGNATURES * MAX_ARMOR ? (text.match(ARMORED) ?? []) : [];
  if (all.length > MAX_SIGNATURES || all.join('') !== text) return is('malformed');
  const [first, ...more] = all;
  if (first === undefined) return is('malformed');
  for (const [n, key] of keys.entries()) {
    const verdict = sshVerify(message, first, key.first, namespace);
    if (verdict === 'other-key') continue;
    if (verdict !== 'good') return is('bad');
    let found: InstallationVerdict['second'] = 'none';
    for (const signature of more) {
      const opened = openSignature(signature, namespace);
      if (!opened) return is('bad');
      // By any other key, the first one again among them: passed over.
      if (!key.second || !opened.key.equals(encodeSshKey(key.second))) continue;
      const second = sshVerify(message, signature, key.second, namespace);
      if (second !== 'good' && second !== 'unchecked') return is('bad');
      if (found === 'none') found = second;
    }
    return key.second && found === 'none' ? is('half') : is('good', found, n);
  }
  const isSecond = keys.some(({ second }) => second && !['malformed', 'other-key'].includes(sshVerify(message, first, second, namespace)));
  return is(isSecond ? 'half' : 'other-key');
}

/** What a signature says of itself: the key that it names, and the signature of that, as it stands there. @returns undefined where it is not one of this namespace, in its one text. */
function openSignature(armored: string, namespace: string): { readonly key: Buffer; readonly signature: Buffer } | undefined {
  try {
    const lines = armored.length <= MAX_ARMOR ? armored.split('\n') : [];
    const body = lines.slice(1, -2).join('');
    if (lines[0] !== BEGIN || lines.at(-2) !== END || lines.at(-1) !== '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return undefined;
    const blob = Buffer.from(body, 'base64');
    // One text for one signature: as ssh-keygen and we write it.
    if (armor(blob) !== armored) return undefined;
    const fields = new Fields(blob);
    if (!fields.take(MAGIC.length).equals(MAGIC) || fields.uint32() !== 1) return undefined;
    const key = fields.string();
    if (fields.string().toString('utf8') !== namespace) return undefined;
    if (fields.string().length > 0) return undefined;
    if (fields.string().toString('latin1') !== HASH) return undefined;
    const signature = fields.string();
    fields.end();
    return { key, signature };
  } catch {
    return undefined;
  }
}

/** Verifies an armored signature of `message` against one trusted key; the key inside the signature is never trusted. */
export function sshVerify(message: Uint8Array, armored: string, key: SshPublicKey, namespace: string): SshVerdict {
  const opened = openSignature(armored, namespace);
  if (!opened) return 'malformed';
  if (!opened.key.equals(encodeSshKey(key))) return 'other-key';
  try {
    const signature = new Fields(opened.signature);
    if (signature.string().toString('latin1') !== key.type) return 'malformed';
    let value = signature.string();
    signature.end();
    if (key.type === 'ecdsa-sha2-nistp256') {
      const parts = new Fields(value);
      const numbers = [parts.string(), parts.string()];
      parts.end();
      if (!numbers.every(isMpint)) return 'malformed';
      value = Buffer.concat(numbers.map((number) => Buffer.concat([Buffer.alloc(32), number]).subarray(-32)));
    }
    if (value.length !== signatureBytes(key.type)) return 'malformed';
    const data = signedBytes(namespace, message);
    if (key.type === 'ssh-mldsa-44') return mldsa44Verify(key.raw, data, value);
    return (key.type === 'ssh-ed25519' ? ed25519Verify : p256Verify)(key.raw, data, value) ? 'good' : 'bad';
  } catch {
    return 'malformed';
  }
}
