/** People, their key slots and their identity. A person is not an OS account: clinical workstations share one. */
import type { ScryptParameters } from '../crypto/kdf.ts';
import type { Sealed } from '../crypto/seal.ts';
import type { SegmentOpener } from '../recording/types.ts';
import type { PublicJwk } from '../types/keys.ts';
import type { Role } from '../types/words.ts';

interface Slot {
  readonly id: string;
  readonly created: string;
  readonly wrapped: Sealed;
}

/** A credential of an authenticator, as its slot has it. */
interface Credential {
  /** What its owner calls it. */
  readonly label: string;
  /** Model of the authenticator as it says itself, 16 bytes in hexadecimal with dashes; nobody vouches for it. All zero: it was not told. */
  readonly aaguid: string;
  /** base64url. */
  readonly credentialId: string;
  /** COSE public key, base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  /** PRF evaluation input, base64url, 32 bytes, random for each credential; salt of the slot's key. */
  readonly prfSalt: string;
}

/** A way to the vault key. Adding or removing a slot never touches content. */
export type KeySlot =
  | (Slot & { readonly type: 'passphrase'; readonly kdf: ScryptParameters })
  | (Slot & Credential & { readonly type: 'passkey-prf' })
  /** The key that wraps comes from both, so that neither the passphrase nor the authenticator alone opens anything. */
  | (Slot & Credential & { readonly type: 'passphrase-key'; readonly kdf: ScryptParameters })
  /** Of a passkey without PRF: the key that wraps comes from a secret in the OS secret store and from the handle that the passkey gives. Weaker (stored-half.ts). */
  | (Slot & Credential & { readonly type: 'passkey-store' })
  /** A code on paper, good once: for a new passphrase and for nothing else. `number`: which one of its sheet. */
  | (Slot & { readonly type: 'recovery-code'; readonly number: number });

/**
 * people/ID.json. Everything here is public but `identity` and the wrapped vault keys, which are ciphertext. What its person may do, and whether they
 * are still somebody here, only the ledger says.
 */
export interface PersonRecord {
  readonly format: 'wardmux-person';
  /** 2 where a slot is of a type that version 1 does not know, and only there. */
  readonly version: 1 | 2;
  readonly id: string;
  readonly name: string;
  readonly created: string;
  /** Recordings are wrapped for this key (ECDH, P-256). */
  readonly encryptionKey: PublicJwk;
  /** Exports are signed with this key (ECDSA, P-256). */
  readonly signingKey: PublicJwk;
  readonly slots: readonly KeySlot[];
  /** PKCS #8 of both private keys under the vault key; the public part of this record is its associated data. Null of somebody who is deleted. */
  readonly identity: Sealed | null;
}

/** A record that is the one that the ledger knows, and what the ledger says of its person. */
export interface Person extends PersonRecord {
  readonly roles: readonly Role[];
  /** They can come in. */
  readonly active: boolean;
  /** They were stopped: what they have opens nothing, and whoever shows that it is them is told so. */
  readonly stopped?: true;
  /** Ids of key slots that a revocation list names: those of this record are not among `slots`. */
  readonly revokedSlots?: readonly string[];
}

/** A person's private keys, open. Lives in the vault host process, which the lock kills. */
export interface Identity extends SegmentOpener {
  readonly person: Person;
  /** ECDSA P-256 with SHA-256, IEEE P1363 (r||s, 64 bytes). */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  /** Drops every private key. */
  destroy(): void;
}

/** Why an unlock was refused. The message for people never says whether a person exists. */
export type UnlockFailure =
  | 'wrong-passphrase'
  | 'passkey-refused'
  | 'no-such-slot'
  | 'back-off'
  | 'corrupt-vault'
  | 'changed-person'
  | 'disabled'
  | 'person-stopped'
  | 'stopped'
  | 'two-factors'
  | 'unlisted'
  | 'not-proven'
  | 'wrong-code';
