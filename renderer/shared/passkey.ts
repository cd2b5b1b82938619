/**
 * navigator.credentials over the bridge: JSON in both directions (the core verifies it), and the PRF secret as bytes that
 * never enter the JSON. WebAuthn level 3, section 10.1.4 (prf); option shapes as @simplewebauthn/server writes them.
 */
import { fromBase64url, toBase64url } from './bytes.ts';

type Json = Readonly<Record<string, unknown>>;

/** The person did not use the passkey: cancelled, timed out, or refused by the authenticator. */
export class PasskeyUnused extends Error {
  override name = 'PasskeyUnused';
}

export interface Assertion {
  readonly response: Record<string, unknown>;
  /** What only this passkey gives, 32 bytes: the PRF secret or, of one without PRF, the handle that it keeps. Undefined when it gives none. The caller wipes it. */
  readonly prf: Uint8Array | undefined;
  readonly userVerified: boolean;
}

/** A handle of this length (bytes) is half of a key; every other one is the id of a person. */
const HANDLE_BYTES = 32;

/** Byte in authenticator data that holds the flags, and the bit for user verification (WebAuthn 6.1). */
const FLAGS_BYTE = 32;
const USER_VERIFIED = 0x04;

/** Some servers wrap the options in `publicKey`; both are taken. */
const unwrap = (options: Json): Json => (options['publicKey'] as Json | undefined) ?? options;

const bytesOf = (value: unknown): BufferSource => (typeof value === 'string' ? fromBase64url(value) : (value as BufferSource));

/** Salts of the prf extension arrive as base64url. */
function readExtensions(extensions: Json | undefined): AuthenticationExtensionsClientInputs | undefined {
  const prf = extensions?.['prf'] as { eval?: Json; evalByCredential?: Record<string, Json> } | undefined;
  if (!prf) return extensions as AuthenticationExtensionsClientInputs | undefined;
  const values = (entry: Json): Json => Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, bytesOf(value)]));
  return {
    ...extensions,
    prf: {
      ...(prf.eval ? { eval: values(prf.eval) } : {}),
      ...(prf.evalByCredential ? { evalByCredential: Object.fromEntries(Object.entries(prf.evalByCredential).map(([id, entry]) => [id, values(entry)])) } : {}),
    },
  } as AuthenticationExtensionsClientInputs;
}

const readList = (list: unknown): PublicKeyCredentialDescriptor[] | undefined =>
  (list as Json[] | undefined)?.map((entry) => ({ ...entry, id: bytesOf(entry['id']) }) as PublicKeyCredentialDescriptor);

async function used<T>(ceremony: Promise<Credential | null>): Promise<T> {
  try {
    const credential = await ceremony;
    if (credential) return credential as T;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  throw new PasskeyUnused();
}

/** Enrols. Options without a user's handle are for a passkey that keeps half of a key: it is made here, and only the passkey gives it back. The answer is for the core's verification. */
export async function createPasskey(options: Json): Promise<Record<string, unknown>> {
  const json = unwrap(options);
  const user = json['user'] as Json;
  const publicKey = {
    ...json,
    challenge: bytesOf(json['challenge']),
    user: { ...user, id: user['id'] === '' ? crypto.getRandomValues(new Uint8Array(HANDLE_BYTES)) : bytesOf(user['id']) },
    ...(json['excludeCredentials'] ? { excludeCredentials: readList(json['excludeCredentials']) } : {}),
    ...(json['extensions'] ? { extensions: readExtensions(json['extensions'] as Json) } : {}),
  } as unknown as PublicKeyCredentialCreationOptions;
  const credential = await used<PublicKeyCredential>(navigator.credentials.create({ publicKey }));
  const response = credential.response as AuthenticatorAttestationResponse;
  const { prf } = credential.getClientExtensionResults();
  return {
    ...describe(credential),
    // Only the claim; the proof comes from two get() calls.
    clientExtensionResults: prf?.enabled === undefined ? {} : { prf: { enabled: prf.enabled } },
    response: {
      clientDataJSON: base64url(response.clientDataJSON),
      attestationObject: base64url(response.attestationObject),
      transports: response.getTransports(),
    },
  };
}

/** Proves possession, and asks for the PRF secret where the options do. */
export async function getPasskey(options: Json): Promise<Assertion> {
  const json = unwrap(options);
  const publicKey = {
    ...json,
    challenge: bytesOf(json['challenge']),
    ...(json['allowCredentials'] ? { allowCredentials: readList(json['allowCredentials']) } : {}),
    ...(json['extensions'] ? { extensions: readExtensions(json['extensions'] as Json) } : {}),
  } as unknown as PublicKeyCredentialRequestOptions;
  const credential = await used<PublicKeyCredential>(navigator.credentials.get({ publicKey }));
  const response = credential.response as AuthenticatorAssertionResponse;
  const first = credential.getClientExtensionResults().prf?.results?.first;
  const { userHandle } = response;
  const handle = userHandle?.byteLength === HANDLE_BYTES ? new Uint8Array(userHandle) : undefined;
  return {
    response: {
      ...describe(credential),
      response: {
        clientDataJSON: base64url(response.clientDataJSON),
        authenticatorData: base64url(response.authenticatorData),
        signature: base64url(response.signature),
        ...(userHandle && !handle ? { userHandle: base64url(userHandle) } : {}),
      },
    },
    prf:
      handle ?? (first ? (first instanceof ArrayBuffer ? new Uint8Array(first) : new Uint8Array(first.buffer, first.byteOffset, first.byteLength)) : undefined),
    userVerified: ((new Uint8Array(response.authenticatorData)[FLAGS_BYTE] ?? 0) & USER_VERIFIED) !== 0,
  };
}

/** Extension results stay here: they hold the secret. */
function describe(credential: PublicKeyCredential): Record<string, unknown> {
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: {},
  };
}

const base64url = (buffer: ArrayBuffer): string => toBase64url(new Uint8Array(buffer));
