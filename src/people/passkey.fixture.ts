/** A software authenticator and browser for tests: an ES256 key, a PRF, a counter, and a knob for every lie. */
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

export interface Lies {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly userVerified?: boolean;
  readonly userPresent?: boolean;
  readonly counter?: number;
  readonly id?: string;
  readonly userHandle?: string;
}

interface Options {
  readonly challenge: string;
  readonly extensions?: {
    readonly prf?: { readonly eval?: { readonly first: string }; readonly evalByCredential?: Record<string, { readonly first: string }> };
  };
}

const sha256 = (bytes: string | Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

export class SoftwareAuthenticator {
  readonly credentialId = randomBytes(16).toString('base64url');
  counter = 0;
  readonly #private: KeyObject;
  readonly #cose: Uint8Array;
  readonly #prfKey: Buffer | undefined;
  readonly #origin: string;
  readonly #rpId: string;

  constructor(origin: string, rpId: string, prf = true) {
    this.#origin = origin;
    this.#rpId = rpId;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#private = privateKey;
    const { x, y } = publicKey.export({ format: 'jwk' });
    const point = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'base64url'));
    // COSE_Key (RFC 9053): kty EC2, alg ES256, crv P-256.
    this.#cose = isoCBOR.encode(new Map<number, number | Uint8Array>([[1, 2], [3, -7], [-1, 1], [-2, point(x!)], [-3, point(y!)]])); // prettier-ignore
    this.#prfKey = prf ? randomBytes(32) : undefined;
  }

  /** What the PRF extension gives for the options' evaluation input; undefined where there is none. */
  prf(options: unknown): Buffer | undefined {
    const { prf } = (options as Options).extensions ?? {};
    const salt = prf?.evalByCredential?.[this.credentialId]?.first ?? prf?.eval?.first;
    return this.#prfKey && salt ? createHmac('sha256', this.#prfKey).update(Buffer.from(salt, 'base64url')).digest() : undefined;
  }

  #clientData(type: string, options: Options, lies: Lies): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: lies.challenge ?? options.challenge,
        origin: lies.origin ?? this.#origin,
        crossOrigin: lies.crossOrigin ?? false,
      }),
    );
  }

  #authData(flags: number, lies: Lies, rest: Uint8Array = new Uint8Array()): Buffer {
    const head = Buffer.alloc(37);
    sha256(lies.rpId ?? this.#rpId).copy(head);
    head[32] = flags | ((lies.userPresent ?? true) ? 1 : 0) | ((lies.userVerified ?? true) ? 4 : 0);
    head.writeUInt32BE(lies.counter ?? ++this.counter, 33);
    return Buffer.concat([head, rest]);
  }

  create(
    given: unknown,
    lies: Lies = {},
    attestation: { fmt: string; attStmt: Map<string, unknown> } = { fmt: 'none', attStmt: new Map() },
  ): Record<string, unknown> {
    const options = given as Options;
    const id = Buffer.from(this.credentialId, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const authData = new Uint8Array(this.#authData(0x40, lies, Buffer.concat([Buffer.alloc(16), length, id, this.#cose])));
    const object = new Map<string, unknown>([['fmt', attestation.fmt], ['attStmt', attestation.attStmt], ['authData', authData]]); // prettier-ignore
    return {
      id: lies.id ?? this.credentialId,
      rawId: lies.id ?? this.credentialId,
      type: 'public-key',
      response: {
        clientDataJSON: this.#clientData('webauthn.create', options, lies).toString('base64url'),
        attestationObject: Buffer.from(isoCBOR.encode(object as never)).toString('base64url'),
        transports: ['internal'],
      },
      clientExtensionResults: { prf: { enabled: this.#prfKey !== undefined } },
    };
  }

  get(given: unknown, lies: Lies = {}): Record<string, unknown> & { response: Record<string, string> } {
    const clientData = this.#clientData('webauthn.get', given as Options, lies);
    const authData = this.#authData(0, lies);
    const signature = sign('sha256', Buffer.concat([authData, sha256(clientData)]), this.#private);
    return {
      id: lies.id ?? this.credentialId,
      rawId: lies.id ?? this.credentialId,
      type: 'public-key',
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        ...(lies.userHandle === undefined ? {} : { userHandle: lies.userHandle }),
      },
      clientExtensionResults: {},
    };
  }
}
