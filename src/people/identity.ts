/** A person's private keys: made, sealed, opened, used, dropped. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { openSecret, thumbprint } from '../recording/wrap.ts';
import { Refusal } from '../types/refusal.ts';
import { seal, unseal, type Sealed } from '../crypto/seal.ts';
import type { PublicJwk } from '../types/keys.ts';
import type { Identity, Person, PersonRecord } from './types.ts';
import { Ways } from './ways.ts';

/** The public part of a person, as bytes in one fixed order: associated data of the sealed identity. It has a version of its own, which other slots do not change. */
export function publicPart(person: Omit<PersonRecord, 'slots' | 'identity'>): Buffer {
  const { format, id, name, created, encryptionKey: e, signingKey: s } = person;
  return Buffer.from(JSON.stringify(['wardmux/v1/person', format, 1, id, name, created, [e.x, e.y], [s.x, s.y]]), 'utf8');
}

const publicJwk = (key: KeyObject): PublicJwk => {
  const { x, y } = key.export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x: x!, y: y! };
};

/** Fresh key pairs; the private halves as PKCS #8 DER, which the caller wipes (`sealIdentity` does). */
export interface NewKeys {
  readonly encryptionKey: PublicJwk;
  readonly signingKey: PublicJwk;
  readonly encryption: Buffer;
  readonly signing: Buffer;
}

export function generateKeys(): NewKeys {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const [encryption, signing] = [pair(), pair()];
  return {
    encryptionKey: publicJwk(encryption.publicKey),
    signingKey: publicJwk(signing.publicKey),
    encryption: encryption.privateKey.export({ format: 'der', type: 'pkcs8' }),
    signing: signing.privateKey.export({ format: 'der', type: 'pkcs8' }),
  };
}

/** u16 length | PKCS #8 of the encryption key | PKCS #8 of the signing key, sealed under the vault key. Wipes both keys. */
export function sealIdentity(vaultKey: Uint8Array, keys: NewKeys, person: Omit<PersonRecord, 'slots' | 'identity'>): Sealed {
  const plain = Buffer.alloc(2 + keys.encryption.length + keys.signing.length);
  plain.writeUInt16BE(keys.encryption.length);
  keys.encryption.copy(plain, 2);
  keys.signing.copy(plain, 2 + keys.encryption.length);
  try {
    return seal(vaultKey, plain, publicPart(person));
  } finally {
    plain.fill(0);
    keys.encryption.fill(0);
    keys.signing.fill(0);
  }
}

/** An open identity, with the vault key: what adding a key slot needs. */
export class OpenIdentity implements Identity {
  readonly kid: string;
  /** Id of the key slot that opened it. */
  readonly slot: string;
  /** What has to be there as long as it is to change its slots. */
  readonly ways: Ways;
  /** The cost (scrypt's N) that its passphrase should have on this machine. Undefined where it has it, or another way opened it. */
  dearer: number | undefined;
  /** Whether the authenticator that opened it has verified its owner, as its signed answer says. Undefined where none did. */
  uv: boolean | undefined;
  #person: Person;
  #encryption: KeyObject | undefined;
  #signing: KeyObject | undefined;
  #vaultKey: Buffer | undefined;

  private constructor(person: Person, encryption: KeyObject, signing: KeyObject, vaultKey: Buffer, slot: string) {
    this.#person = person;
    this.slot = slot;
    this.ways = new Ways(slot);
    this.kid = thumbprint(person.encryptionKey);
    this.#encryption = encryption;
    this.#signing = signing;
    this.#vaultKey = vaultKey;
  }

  /**
   * Opens the sealed identity. Takes over `vaultKey`: destroy() wipes it. Undefined, and the key wiped, where the
   * record was changed: the ciphertext, its public part, or a public key that is not the private key's.
   */
  static open(person: Person, vaultKey: Buffer, slot: string): OpenIdentity | undefined {
    const plain = person.identity ? unseal(vaultKey, person.identity, publicPart(person)) : undefined;
    try {
      if (!plain || plain.length < 2) throw new Error('sealed');
      const length = plain.readUInt16BE(0);
      const key = (der: Buffer, expected: PublicJwk): KeyObject => {
        const object = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
        const { x, y } = publicJwk(createPublicKey(object));
        if (x !== expected.x || y !== expected.y) throw new Error('another key');
        return object;
      };
      const encryption = key(plain.subarray(2, 2 + length), person.encryptionKey);
      const signing = key(plain.subarray(2 + length), person.signingKey);
      return new OpenIdentity(person, encryption, signing, vaultKey, slot);
    } catch {
      vaultKey.fill(0);
      return undefined;
    } finally {
      plain?.fill(0);
    }
  }

  get person(): Person {
    return this.#person;
  }

  /** After a key slot was added, removed or used: the same keys, another list of slots. */
  replaceSlots(slots: PersonRecord['slots']): Person {
    this.#person = { ...this.#person, slots };
    return this.#person;
  }

  /** Unwraps a segment's secret: 32 bytes, wiped by the caller. @throws Refusal when it is not wrapped for this person. */
  async open(jwe: string): Promise<Buffer> {
    if (!this.#encryption) throw destroyed();
    try {
      return await openSecret(jwe, this.#encryption);
    } catch {
      throw new Refusal('not-for-this-key', 'This segment is not wrapped for the person who is unlocked, or its wrap was changed.');
    }
  }

  /** ECDSA P-256 with SHA-256, r||s. */
  async sign(bytes: Uint8Array): Promise<Uint8Array> {
    if (!this.#signing) throw destroyed();
    return new Uint8Array(sign('sha256', bytes, { key: this.#signing, dsaEncoding: 'ieee-p1363' }));
  }

  /** Lends the vault key to `use`, which must not keep it. */
  withVaultKey<T>(use: (vaultKey: Buffer) => T): T {
    if (!this.#vaultKey) throw destroyed();
    return use(this.#vaultKey);
  }

  destroy(): void {
    this.#vaultKey?.fill(0);
    this.#vaultKey = undefined;
    this.#encryption = undefined;
    this.#signing = undefined;
  }
}

const destroyed = (): Refusal => new Refusal('locked', 'The vault is locked. Unlock it and try again.');
