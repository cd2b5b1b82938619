/**
 * Passkeys (WebAuthn Level 3) whose PRF extension gives the key of a slot. Verification says that the right authenticator
 * was asked by the right page with the user verified; the PRF result is what opens. An authenticator without PRF gets no
 * slot of its own: a signature decrypts nothing. A key that is only touched is taken together with a passphrase: the key of such a slot comes from both.
 * Where the policy allows it, a passkey without PRF opens by what it was given to keep, its user handle, and a secret in the OS secret store (stored-half.ts).
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { generateAuthenticationOptions, generateRegistrationOptions, verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { decodeAttestationObject, decodeClientDataJSON, isoBase64URL } from '@simplewebauthn/server/helpers';
import { z } from 'zod';
import { UnlockError, wrongPassphrase } from './errors.ts';
import { Refusal } from '../types/refusal.ts';
import type { OpenIdentity } from './identity.ts';
import type { ScryptParameters } from '../crypto/kdf.ts';
import { kekOf } from './credential-key.ts';
import { mayProve, openWithVaultKey, requireNotStopped } from './person.ts';
import { hasCredential, labelOf, newSlotId, unwrapVaultKey, wrapVaultKey, type CredentialSlot } from './slot.ts';
import { hasPrfWords, keepsNothingWords, NO_HALVES, type Halves } from './stored-half.ts';
import type { Person, PersonRecord } from './types.ts';

/** A challenge lives this long; so does the browser's dialog. */
const challengeMs = 60_000;
/** The proof at enrolment is two ceremonies with one challenge: twice the time. */
const proofMs = 2 * challengeMs;
/** COSE: ES256, EdDSA, RS256. What platforms and security keys of today offer. */
const algorithms = [-7, -8, -257];
const prfBytes = 32;

export type CredentialKind = CredentialSlot['type'];
/**
 * Whether the owner is asked (userVerification) or a touch does, and whether the credential stays on the authenticator (residentKey): where that keeps a handle
 * it has to; of a key that is touched another one of the same person would take the place of the one before.
 */
const ceremony = {
  'passkey-prf': { asked: 'required', kept: 'preferred' },
  'passphrase-key': { asked: 'discouraged', kept: 'discouraged' },
  'passkey-store': { asked: 'required', kept: 'required' },
} as const satisfies Readonly<Record<CredentialKind, unknown>>;

type Json = Record<string, unknown>;

const noPrf =
  'This passkey can confirm that it is you, but it cannot hold a key (it has no PRF), so it cannot open your recordings. It was not added. Your passphrase stays the way to unlock.';

const b64 = z
  .string()
  .max(16_384)
  .regex(/^[A-Za-z0-9_-]*$/);
/** The page must send PRF results as sealed frames, so a response that carries them is refused: it went past main in the clear. */
const extensions = z
  .object({ prf: z.object({ enabled: z.boolean().optional(), results: z.undefined().optional() }).optional() })
  .optional()
  .default({});
const registration = z.object({
  id: b64.min(1),
  rawId: b64.min(1),
  type: z.literal('public-key'),
  response: z.object({ clientDataJSON: b64, attestationObject: b64, transports: z.array(z.string().max(32)).max(8).optional() }),
  clientExtensionResults: extensions,
});
const assertion = z.object({
  id: b64.min(1),
  rawId: b64.min(1),
  type: z.literal('public-key'),
  response: z.object({ clientDataJSON: b64, authenticatorData: b64, signature: b64, userHandle: b64.nullish() }),
  clientExtensionResults: extensions,
});

/** Which page may ask. */
export interface RelyingParty {
  readonly origin: string;
  readonly rpId: string;
}

interface Pending {
  readonly purpose: 'unlock' | 'enrol' | 'prove';
  readonly person: string;
  readonly challenge: string;
  readonly expires: number;
}

interface Enrolment {
  readonly kind: CredentialKind;
  readonly prfSalt: Buffer;
  credential?: {
    readonly id: string;
    readonly aaguid: string;
    readonly publicKey: Uint8Array<ArrayBuffer>;
    readonly counter: number;
    readonly transports: readonly string[];
  };
}

/** One vault host's ceremonies: one pending challenge at a time, used once, whatever comes of it. */
export class Passkeys {
  readonly #party: RelyingParty;
  readonly #nowMs: () => number;
  readonly #halves: Halves;
  #pending: Pending | undefined;
  #enrolment: Enrolment | undefined;

  /** @param nowMs monotonic milliseconds. @param halves what the OS secret store keeps of passkeys without PRF. */
  constructor(party: RelyingParty, nowMs: () => number = () => performance.now(), halves: Halves = NO_HALVES) {
    this.#party = party;
    this.#nowMs = nowMs;
    this.#halves = halves;
  }

  #begin(purpose: Pending['purpose'], person: string): Uint8Array<ArrayBuffer> {
    const challenge = new Uint8Array(randomBytes(32));
    this.#pending = {
      purpose,
      person,
      challenge: Buffer.from(challenge).toString('base64url'),
      expires: this.#nowMs() + (purpose === 'prove' ? proofMs : challengeMs),
    };
    return challenge;
  }

  /** The pending challenge, and never again. */
  #take(purpose: Pending['purpose'], person: string): string {
    const pending = this.#pending;
    this.#pending = undefined;
    if (!pending || pending.purpose !== purpose || pending.person !== person) throw refused('it answers no question of ours');
    if (this.#nowMs() > pending.expires) throw refused('it took too long');
    return pending.challenge;
  }

  /**
   * JSON for navigator.credentials.get().
   * @param slot for this one alone.
   * @throws UnlockError `no-such-slot`: the same for a person without a passkey and for nobody.
   */
  async unlockOptions(person: Person | undefined, slot?: string, kind: CredentialKind = 'passkey-prf'): Promise<Json> {
    const slots = person && mayProve(person) ? passkeySlots(person, kind).filter(({ id }) => slot === undefined || id === slot) : [];
    if (!person || slots.length === 0) throw new UnlockError('no-such-slot', 'There is no such key to unlock with. Use another way.');
    return optionsFor(this.#party.rpId, this.#begin('unlock', person.id), slots, kind);
  }

  /**
   * Verifies the assertion, then opens the slot with the PRF result: both must be right. Of a slot with a half in the secret store that half is read
   * after the assertion has been verified, and not before.
   * @param prf 32 bytes, not wiped here; of such a slot the handle.
   * @param passphrase UTF-8 of the NFC form, not wiped here: the slot is one of both, and a touch is enough of the key.
   * @returns the identity, and the record with the new counter, to be saved.
   * @throws UnlockError; of a slot of both `wrong-passphrase` where the key was right
   */
  async unlock(person: Person | undefined, response: unknown, prf: Uint8Array | undefined, passphrase?: Uint8Array): Promise<OpenIdentity> {
    const challenge = this.#take('unlock', person?.id ?? '');
    const parsed = assertion.safeParse(response);
    if (!parsed.success) throw refused('the answer of the browser is not valid');
    const slot = passkeySlots(person, passphrase ? 'passphrase-key' : 'passkey-prf').find(({ credentialId }) => credentialId === parsed.data.id);
    if (!person || !slot) throw refused('it is not enrolled here');
    if (!mayProve(person)) throw new UnlockError('disabled', refused('it is not enrolled here').message);
    const { counter, uv } = await this.#verify(parsed.data, challenge, slot, person.id).catch((error: unknown) => {
      throw refused(reason(error));
    });
    if (!prf || prf.length !== prfBytes) throw new UnlockError('passkey-refused', 'The passkey gave no key this time. Use the passphrase.');
    const half = slot.type === 'passkey-store' ? await this.#halves.read(slot.id) : undefined;
    const kek = await kekOf(slot, prf, { passphrase, half });
    half?.fill(0);
    try {
      const vaultKey = unwrapVaultKey(kek, person.id, slot);
      if (!vaultKey && passphrase) throw wrongPassphrase();
      if (!vaultKey)
        throw new UnlockError(
          'passkey-refused',
          'The passkey was confirmed, but its key does not open the vault: its slot or the passkey was changed. Use the passphrase.',
        );
      const identity = openWithVaultKey(person, vaultKey, slot.id);
      requireNotStopped(identity);
      identity.uv = uv;
      const { wrapped: _, ...bare } = { ...slot, counter };
      const next: CredentialSlot = { ...bare, wrapped: identity.withVaultKey((key) => wrapVaultKey(kek, key, person.id, bare)) };
      identity.replaceSlots(person.slots.map((old) => (old.id === slot.id ? next : old)));
      return identity;
    } finally {
      kek.fill(0);
    }
  }

  /** @returns the new counter, and whether the user was verified. @throws Error with the reason */
  async #verify(
    response: z.infer<typeof assertion>,
    challenge: string,
    slot: Pick<CredentialSlot, 'type' | 'credentialId' | 'publicKey' | 'counter'>,
    person: string,
  ): Promise<{ readonly counter: number; readonly uv: boolean }> {
    // The library leaves a cross-origin frame without topOrigin to us.
    if (decodeClientDataJSON(response.response.clientDataJSON).crossOrigin) throw new Error('it was asked from inside another page');
    const { userHandle } = response.response;
    if (userHandle && Buffer.from(userHandle, 'base64url').toString('utf8') !== person) throw new Error('it is the passkey of somebody else');
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...response, response: { ...response.response, userHandle: userHandle ?? undefined }, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: this.#party.origin,
      expectedRPID: this.#party.rpId,
      requireUserVerification: ceremony[slot.type].asked === 'required',
      // Signature counters that stand still or go back are refused by the library, unless both are 0.
      credential: { id: slot.credentialId, publicKey: new Uint8Array(Buffer.from(slot.publicKey, 'base64url')), counter: slot.counter },
    });
    const { userVerified: uv, newCounter: counter } = authenticationInfo;
    if (!verified || (!uv && ceremony[slot.type].asked === 'required')) throw new Error('its signature is wrong');
    return { counter, uv };
  }

  /** JSON for navigator.credentials.create(). */
  async enrolOptions(identity: OpenIdentity, kind: CredentialKind = 'passkey-prf'): Promise<Json> {
    const { person } = identity;
    const prfSalt = randomBytes(32);
    this.#enrolment = { kind, prfSalt };
    const options = await generateRegistrationOptions({
      rpName: 'Wardmux',
      rpID: this.#party.rpId,
      challenge: this.#begin('enrol', person.id),
      userName: person.name,
      userDisplayName: person.name,
      userID: new Uint8Array(Buffer.from(person.id, 'utf8')),
      timeout: challengeMs,
      attestationType: 'none',
      authenticatorSelection: { residentKey: ceremony[kind].kept, userVerification: ceremony[kind].asked },
      // The same key may stand in another slot with another passphrase, before the old one is removed.
      excludeCredentials: passkeySlots(person, 'passkey-prf').map(({ credentialId, transports }) => ({ id: credentialId, transports: [...transports] })),
      supportedAlgorithmIDs: algorithms,
    });
    // The handle is half of a key: the page makes it, and this process hears of it in a sealed frame alone. Whether there is a PRF is asked all the same.
    if (kind === 'passkey-store') return { ...options, user: { ...options.user, id: '' }, extensions: { prf: {} } };
    return { ...options, extensions: { prf: { eval: { first: prfSalt.toString('base64url') } } } };
  }

  /**
   * Verifies the new credential.
   * @returns JSON for a proving navigator.credentials.get(). The page sends two PRF results in all, sealed: one from create()
   * where the authenticator gave it there, else from a get() with these same options, and one from the get() whose response it sends.
   * @throws Refusal
   */
  async enrolVerify(identity: OpenIdentity, response: unknown): Promise<Json> {
    const { person } = identity;
    const enrolment = this.#enrolment;
    const challenge = this.#take('enrol', person.id);
    const parsed = registration.safeParse(response);
    if (!enrolment || !parsed.success) throw notEnrolled('the answer of the browser is not valid');
    const { enabled } = parsed.data.clientExtensionResults.prf ?? {};
    if (enrolment.kind === 'passkey-store' && enabled) throw new Refusal('has-prf', hasPrfWords);
    if (enrolment.kind !== 'passkey-store' && enabled === false) throw new Refusal('no-prf', noPrf);
    const { transports = [] } = parsed.data.response;
    try {
      if (decodeClientDataJSON(parsed.data.response.clientDataJSON).crossOrigin) throw new Error('asked from inside another page');
      // We ask for no attestation. A certificate chain would make the library ask the network about revocation.
      const attestation = decodeAttestationObject(isoBase64URL.toBuffer(parsed.data.response.attestationObject));
      const format = attestation.get('fmt');
      if (format !== 'none' && (format !== 'packed' || attestation.get('attStmt').get('x5c'))) throw new Error('an attestation that nobody asked for');
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: { ...parsed.data, response: { ...parsed.data.response, transports: [...transports] }, clientExtensionResults: {} },
        expectedChallenge: challenge,
        expectedOrigin: this.#party.origin,
        expectedRPID: this.#party.rpId,
        requireUserVerification: ceremony[enrolment.kind].asked === 'required',
        supportedAlgorithmIDs: algorithms,
      });
      if (!verified) throw new Error('the attestation is wrong');
      const { credential, aaguid } = registrationInfo;
      if (credential.id !== parsed.data.id) throw new Error('two credential ids');
      enrolment.credential = { id: credential.id, aaguid, publicKey: new Uint8Array(credential.publicKey), counter: credential.counter, transports };
    } catch (error) {
      throw notEnrolled(reason(error));
    }
    const options = await generateAuthenticationOptions({
      rpID: this.#party.rpId,
      challenge: this.#begin('prove', person.id),
      timeout: challengeMs,
      userVerification: ceremony[enrolment.kind].asked,
      allowCredentials: [{ id: enrolment.credential.id, transports: [...transports] }],
    });
    if (enrolment.kind === 'passkey-store') return { ...options };
    return { ...options, extensions: { prf: { eval: { first: enrolment.prfSalt.toString('base64url') } } } };
  }

  /**
   * Two equal PRF results, or handles, prove that the authenticator holds what opens; then the slot is made.
   * @param evaluations what came as sealed frames since enrolOptions; not wiped here.
   * @param known of a slot of both: the passphrase, whose rules are checked by the caller, as UTF-8 of the NFC form, not wiped here. The slot takes the
   * place of every passphrase alone.
   * @returns the new slot; `identity.person` has it, to be saved.
   * @throws Refusal `no-prf` or `not-enrolled`
   */
  async enrolProve(
    identity: OpenIdentity,
    response: unknown,
    evaluations: readonly Uint8Array[],
    label: string,
    now: string,
    known?: { readonly passphrase: Uint8Array; readonly kdf: ScryptParameters },
  ): Promise<CredentialSlot> {
    const { person } = identity;
    const enrolment = this.#enrolment;
    this.#enrolment = undefined;
    const challenge = this.#take('prove', person.id);
    const parsed = assertion.safeParse(response);
    if (!enrolment?.credential || !parsed.success || (known !== undefined) !== (enrolment.kind === 'passphrase-key'))
      throw notEnrolled('the answer of the browser is not valid');
    const { id, aaguid, publicKey, counter: before, transports } = enrolment.credential;
    const stored = enrolment.kind === 'passkey-store';
    const none = stored ? keepsNothingWords : noPrf;
    if (parsed.data.id !== id) throw notEnrolled('it is another passkey');
    const key = Buffer.from(publicKey).toString('base64url');
    const { kind: type } = enrolment;
    const { counter } = await this.#verify(parsed.data, challenge, { type, credentialId: id, publicKey: key, counter: before }, person.id).catch(
      (error: unknown) => {
        throw notEnrolled(reason(error));
      },
    );
    const [first, second, ...more] = evaluations;
    if (!first || !second) throw new Refusal('no-prf', none);
    if (more.length > 0 || first.length !== prfBytes || second.length !== prfBytes || !timingSafeEqual(first, second)) {
      throw new Refusal('no-prf', `The passkey gave two different keys for one question. ${none}`);
    }
    const credential = {
      id: newSlotId(),
      created: now,
      label: labelOf(label),
      aaguid,
      credentialId: id,
      publicKey: key,
      counter,
      transports: [...transports],
      prfSalt: enrolment.prfSalt.toString('base64url'),
    };
    const bare = known
      ? ({ ...credential, type: 'passphrase-key', kdf: known.kdf } as const)
      : ({ ...credential, type: stored ? 'passkey-store' : 'passkey-prf' } as const);
    const half = stored ? await this.#halves.make(bare.id) : undefined;
    const kek = await kekOf(bare, first, { passphrase: known?.passphrase, half });
    half?.fill(0);
    const slot: CredentialSlot = { ...bare, wrapped: identity.withVaultKey((vaultKey) => wrapVaultKey(kek, vaultKey, person.id, bare)) };
    kek.fill(0);
    identity.replaceSlots([...person.slots.filter((old) => !known || old.type !== 'passphrase'), slot]);
    return slot;
  }

  /** Forgets what is pending. */
  reset(): void {
    this.#pending = undefined;
    this.#enrolment = undefined;
  }
}

async function optionsFor(
  rpID: string,
  challenge: Uint8Array<ArrayBuffer>,
  slots: readonly Pick<CredentialSlot, 'credentialId' | 'transports' | 'prfSalt'>[],
  kind: CredentialKind,
): Promise<Json> {
  const options = await generateAuthenticationOptions({
    rpID,
    challenge,
    timeout: challengeMs,
    userVerification: ceremony[kind].asked,
    allowCredentials: slots.map(({ credentialId, transports }) => ({ id: credentialId, transports: [...transports] })),
  });
  const evalByCredential = Object.fromEntries(slots.map(({ credentialId, prfSalt }) => [credentialId, { first: prfSalt }]));
  return { ...options, extensions: { prf: { evalByCredential } } };
}

/** A credential id of a security key; most others are longer. */
const DECOY_BYTES = 32;

/**
 * JSON for navigator.credentials.get() under an id that nobody has: it asks for passkeys that do not exist, as many as somebody here has, and of their shape.
 * @param like the passkeys of each person here, or their keys that are touched. @param digest 32 bytes that are the same each time, and that nobody can tell from random ones.
 */
export function decoyOptions(
  rpID: string,
  like: readonly (readonly CredentialSlot[])[],
  digest: (label: string) => Buffer,
  kind: CredentialKind,
): Promise<Json> {
  const models = like.filter((passkeys) => passkeys.length > 0);
  const model = models.length === 0 ? [undefined] : models[digest('model').readUInt32BE(0) % models.length]!;
  const slots = model.map((passkey, n) => {
    const length = passkey ? Buffer.from(passkey.credentialId, 'base64url').length : DECOY_BYTES;
    const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, block) => digest(`id ${n} ${block}`));
    const credentialId = Buffer.concat(blocks).toString('base64url', 0, length);
    return { credentialId, transports: passkey?.transports ?? ['usb'], prfSalt: digest(`salt ${n}`).toString('base64url') };
  });
  return optionsFor(rpID, new Uint8Array(randomBytes(32)), slots, kind);
}

/** The slots that one ceremony asks for: of passkeys those with PRF and those without, which nobody tells apart in what is asked for. */
export const passkeySlots = (person: PersonRecord | undefined, kind: CredentialKind): CredentialSlot[] =>
  (person?.slots ?? []).filter(hasCredential).filter(({ type }) => type === kind || (kind === 'passkey-prf' && type === 'passkey-store'));

/** The library's words, in one sentence of ours. They hold public values at most: challenges, origins, counters. */
const reason = (error: unknown): string =>
  String((error as Error)?.message ?? error)
    .replace(/[\p{Cc}.]+$/u, '')
    .slice(0, 300);
const refused = (why: string): UnlockError => new UnlockError('passkey-refused', `The passkey was not accepted: ${why}. Try again, or use the passphrase.`);
const notEnrolled = (why: string): Refusal => new Refusal('not-enrolled', `The passkey was not added: ${why}. Try again, or go on with the passphrase alone.`);
