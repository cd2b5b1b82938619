/**
 * Who says that something is so of a person: whoever enrolled them, changed their slots, their roles or their state, with their own
 * signing key. A signature is for one change of one person in one ledger, so neither another one nor an older one stands in its place.
 */
import { isP256Point, p256JwkOf, p256PointOf, p256Verify } from '../crypto/p256.ts';
import { thumbprint } from '../recording/wrap.ts';
import type {
  DeletionCause,
  DeletionReason,
  HoldEnd,
  HoldReason,
  HoldScope,
  IdentityCheckWord,
  PersonStateWord,
  LedgerFinding,
  ReviewState,
  Role,
  StopReason,
} from '../types/words.ts';

/** What binds a person's record to the ledger. */
export interface PersonFacts {
  /** RFC 7638 thumbprints. Those of the first event stay: a person is their keys. */
  readonly encryptionKey: string;
  readonly signingKey: string;
  /** SHA-256 of the public part of the record and of the sealed keys. */
  readonly record: string;
  /** SHA-256 over the key slots, without what a use changes. */
  readonly slots: string;
}

/** What every change says. */
interface Change {
  readonly installation: string;
  readonly person: string;
  /** Id of who certifies it. */
  readonly by: string;
  /** Number of the person's event of the same action before this one; null where there is none. */
  readonly after: number | null;
  /** When it was asked for, where two sign it: a moment. */
  readonly asked?: string | undefined;
}

export interface Certificate {
  /** The public signing key of who certifies: x and y of a point on P-256, base64url of 64 bytes. */
  readonly byKey: string;
  /** ECDSA with SHA-256 (FIPS 186-5), r and s, base64url of 64 bytes. */
  readonly signature: string;
}

/** What an event has of those who decided: one, or two who signed the same. */
export interface Decided extends Certificate {
  readonly second?: string;
  readonly secondKey?: string;
  readonly secondSignature?: string;
  readonly asked?: string;
}

/** base64url of 64 bytes has one text: the last letter has four bits to spare. */
export const BYTES_64 = /^[A-Za-z0-9_-]{85}[AQgw]$/;

/** What is signed: UTF-8 of JSON without spaces; the moment of asking at its end, where two sign it. */
const signedText = (asked: string | undefined, ...values: unknown[]): Buffer =>
  Buffer.from(JSON.stringify(asked === undefined ? values : [...values, asked]), 'utf8');

/** Of `person.keys`. */
export function keysText({ installation, person, encryptionKey, signingKey, record, slots, by, after, asked }: Change & PersonFacts): Buffer {
  return signedText(asked, 'wardmux/v1/person-keys', installation, person, encryptionKey, signingKey, record, slots, by, after);
}

/** Of a `person.keys` that gives somebody new keys. @param checked how those who sign have seen that it is them */
export function rebindText({
  installation,
  person,
  encryptionKey,
  signingKey,
  record,
  slots,
  checked,
  by,
  after,
  asked,
}: Change & PersonFacts & { readonly checked: IdentityCheckWord }): Buffer {
  return signedText(asked, 'wardmux/v1/person-rebind', installation, person, encryptionKey, signingKey, record, slots, checked, by, after);
}

/** Of `person.roles`. */
export function rolesText({ installation, person, roles, by, after, asked }: Change & { readonly roles: readonly Role[] }): Buffer {
  return signedText(asked, 'wardmux/v1/person-roles', installation, person, roles, by, after);
}

/** Of `person.state`. @param record of the gravestone; null where nobody is deleted. */
export function stateText({
  installation,
  person,
  state,
  record,
  by,
  after,
}: Change & { readonly state: PersonStateWord; readonly record: string | null }): Buffer {
  return signedText(undefined, 'wardmux/v1/person-state', installation, person, state, record, by, after);
}

/** Of `policy.change`. */
export function policyText({
  installation,
  previousSha256,
  sha256,
  by,
  asked,
}: Pick<Change, 'installation' | 'by' | 'asked'> & { readonly previousSha256: string; readonly sha256: string }): Buffer {
  return signedText(asked, 'wardmux/v1/policy', installation, previousSha256, sha256, by);
}

/** What somebody who may is asked to sign, of everything that is decided here; whose ledger it is, and who signs it first, they know. */
export type DeedRequest = PeopleRequest | LifeCycleRequest | BaselineDeed;
type BaselineDeed = { readonly deed: 'baseline' } & BaselineRequest;
/** About recordings. */
export type LifeCycleRequest =
  | ({ readonly deed: 'hold' } & HoldRequest)
  | ({ readonly deed: 'release' } & ReleaseRequest)
  | ({ readonly deed: 'delete' } & DeletionRequest)
  | ({ readonly deed: 'erase' } & SpanErasureRequest)
  | VerdictDeed
  | UnmaskDeed;
/** Decided in the window too. */
export type UnmaskDeed = { readonly deed: 'unmask' } & UnmaskRequest;
export type VerdictDeed = { readonly deed: 'verdict' } & VerdictRequest;
/** About people, the station and the policy: decided in the window too. */
export type PeopleRequest =
  | ({ readonly deed: 'keys' } & Pick<Change, 'person' | 'after' | 'asked'> & PersonFacts)
  | ({ readonly deed: 'rebind'; readonly checked: IdentityCheckWord } & Pick<Change, 'person' | 'after' | 'asked'> & PersonFacts)
  | ({ readonly deed: 'roles'; readonly roles: readonly Role[] } & Pick<Change, 'person' | 'after' | 'asked'>)
  | ({ readonly deed: 'state'; readonly state: PersonStateWord; readonly record: string | null } & Pick<Change, 'person' | 'after'>)
  | ({ readonly deed: 'stop' } & Pick<Change, 'person' | 'after'> & StopChange)
  | ({ readonly deed: 'station' } & Pick<Change, 'after'> & StopChange)
  | { readonly deed: 'policy'; readonly previousSha256: string; readonly sha256: string; readonly asked?: string | undefined };

const deedTexts: { readonly [D in DeedRequest['deed']]: (request: Extract<DeedRequest, { deed: D }> & { installation: string; by: string }) => Buffer } = {
  keys: keysText,
  rebind: rebindText,
  roles: rolesText,
  state: stateText,
  stop: personStopText,
  station: stationStopText,
  hold: holdText,
  release: releaseText,
  delete: deletionText,
  erase: spanErasureText,
  verdict: verdictText,
  unmask: unmaskText,
  policy: policyText,
  baseline: baselineText,
};

/** The text of a request. @param by who asks; whoever agrees signs the same. */
export function deedText(installation: string, by: string, request: DeedRequest): Buffer {
  return deedTexts[request.deed]({ ...request, installation, by } as never);
}

/** What a stop says, or its end. @param reason null where it is the end */
interface StopChange {
  readonly to: 'stopped' | 'lifted';
  readonly reason: StopReason | null;
}

/** Of `person.stop`. `after` counts `person.state` too. */
export function personStopText({ installation, person, to, reason, by, after }: Change & StopChange): Buffer {
  return signedText(undefined, 'wardmux/v1/person-stop', installation, person, to, reason, by, after);
}

/** Of `station.stop`. */
export function stationStopText({ installation, to, reason, by, after }: Omit<Change, 'person'> & StopChange): Buffer {
  return signedText(undefined, 'wardmux/v1/station-stop', installation, to, reason, by, after);
}

/** What is held. */
export interface HoldRequest {
  readonly hold: string;
  readonly scope: HoldScope;
  /** Id of a person; of a recording; the first and the last moment. Null where the scope is another. */
  readonly of: string | null;
  readonly recording: string | null;
  readonly from: string | null;
  readonly until: string | null;
  readonly reason: HoldReason;
}

type Signed<T> = T & Pick<Change, 'installation' | 'by'>;

/** Of `hold.set`. */
export function holdText({ installation, hold, scope, of, recording, from, until, reason, by }: Signed<HoldRequest>): Buffer {
  return signedText(undefined, 'wardmux/v1/hold-set', installation, hold, scope, of, recording, from, until, reason, by);
}

export interface ReleaseRequest extends Pick<Change, 'asked'> {
  readonly hold: string;
  /** Number of the `hold.set`. */
  readonly start: number;
  readonly reason: HoldEnd;
}

/** Of `hold.clear`. */
export function releaseText({ installation, hold, start, reason, by, asked }: Signed<ReleaseRequest>): Buffer {
  return signedText(asked, 'wardmux/v1/hold-clear', installation, hold, start, reason, by);
}

/** What somebody says of a recording that they have looked at, or have yet to. */
export interface VerdictRequest {
  readonly recording: string;
  readonly state: ReviewState;
  /** Number of the `recording.review` of it before this one that counts; null where there is none. */
  readonly after: number | null;
}

/** Of `recording.review`. */
export function verdictText({ installation, recording, state, after, by }: Signed<VerdictRequest>): Buffer {
  return signedText(undefined, 'wardmux/v1/recording-review', installation, recording, state, by, after);
}

/** Which files the program is to have from here on. */
export interface BaselineRequest extends Pick<Change, 'asked' | 'after'> {
  /** SHA-256 of the list of them, and of the one that it takes the place of; null where there was none. */
  readonly sha256: string;
  readonly previousSha256: string | null;
  /** Of Wardmux. */
  readonly version: string;
  readonly files: number;
  /** It runs from a clone, which is built anew. */
  readonly checkout: boolean;
  /** SHA-256 of the file with the sealed note; null where there is none. */
  readonly note: string | null;
}

/** Of `integrity.baseline`. */
export function baselineText({ installation, previousSha256, sha256, version, files, checkout, note, by, after, asked }: Signed<BaselineRequest>): Buffer {
  return signedText(asked, 'wardmux/v1/integrity-baseline', installation, previousSha256, sha256, version, files, checkout, note, by, after);
}

/** That somebody else’s recording may be seen with nothing covered. */
export interface UnmaskRequest {
  readonly recording: string;
  readonly asked: string;
}

/** Of `recording.unmask`: what both sign. @param by who asks */
export function unmaskText({ installation, recording, by, asked }: Signed<UnmaskRequest>): Buffer {
  return signedText(asked, 'wardmux/v1/recording-unmask', installation, recording, by);
}

/** What is deleted, and what the ledger has of it. */
export interface DeletionRequest extends Pick<Change, 'asked'> {
  readonly recording: string;
  readonly owner: string;
  readonly began: string;
  /** Null where the ledger has no count of it. */
  readonly lengthMs: number | null;
  readonly size: number;
  readonly root: string;
  readonly cause: DeletionCause;
  readonly reason: DeletionReason;
  /** Of the policy whose time is over, and its days; null where it is early. */
  readonly policySha256: string | null;
  readonly days: number | null;
}

/** Of `recording.deleted`. */
export function deletionText(request: Signed<DeletionRequest>): Buffer {
  const { installation, recording, owner, began, lengthMs, size, root, cause, reason, policySha256, days, by, asked } = request;
  return signedText(asked, 'wardmux/v1/recording-deleted', installation, recording, owner, began, lengthMs, size, root, cause, reason, policySha256, days, by);
}

/** What is erased of a recording, and what the ledger has of that. */
export interface SpanErasureRequest extends Pick<DeletionRequest, 'asked' | 'recording' | 'owner' | 'began' | 'lengthMs' | 'size' | 'root'> {
  /** Milliseconds since the recording's start, both ends in it. */
  readonly fromMs: number;
  readonly toMs: number;
  /** So many pieces are erased by it, the snapshots behind the span too. */
  readonly pieces: number;
  /** All records that lack pieces then, and the digest of what is left of them (src/recording/erased.ts). */
  readonly records: number;
  readonly sha256: string;
  readonly reason: DeletionReason;
  /** Number of the `recording.erased` of it before this one that counts; null where there is none: an older one takes nobody back to what it said. */
  readonly after: number | null;
}

/** Of `recording.erased`. */
export function spanErasureText(request: Signed<SpanErasureRequest>): Buffer {
  const { installation, recording, owner, began, lengthMs, size, root, fromMs, toMs, pieces, records, sha256, reason, by, after, asked } = request;
  const whole = [installation, recording, owner, began, lengthMs, size, root] as const;
  return signedText(asked, 'wardmux/v1/recording-erased', ...whole, fromMs, toMs, pieces, records, sha256, reason, by, after);
}

/** A public key on P-256 as events have it: x and y, base64url of 64 bytes. */
export const keyText = (key: { readonly x: string; readonly y: string }): string => p256PointOf(key).subarray(1).toString('base64url');

/** The public key of such a text; undefined where it is none. */
export function keyOfText(text: string): ReturnType<typeof p256JwkOf> | undefined {
  if (!BYTES_64.test(text)) return undefined;
  const point = Buffer.concat([Buffer.of(4), Buffer.from(text, 'base64url')]);
  return isP256Point(point) ? p256JwkOf(point) : undefined;
}

/** @param sign ECDSA on P-256 with SHA-256, r and s in 64 bytes. */
export async function certify(
  text: Uint8Array,
  key: { readonly x: string; readonly y: string },
  sign: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<Certificate> {
  return { byKey: keyText(key), signature: Buffer.from(await sign(text)).toString('base64url') };
}

/** @returns the thumbprint (RFC 7638) of the key that has signed; undefined where it has not. */
export function certifierOf(text: Uint8Array, { byKey, signature }: Certificate): string | undefined {
  if (!BYTES_64.test(byKey) || !BYTES_64.test(signature)) return undefined;
  const point = Buffer.concat([Buffer.of(4), Buffer.from(byKey, 'base64url')]);
  return p256Verify(point, text, Buffer.from(signature, 'base64url')) ? thumbprint(p256JwkOf(point)) : undefined;
}

/** Of `alert.closed`. @param alert number of the event that raised it. @param about whom it was about. @param note SHA-256 of the file with the sealed note. */
export function alertText(closed: {
  readonly installation: string;
  readonly alert: number;
  readonly rule: string;
  readonly about: readonly string[];
  readonly note: string;
  readonly by: string;
}): Buffer {
  return signedText(undefined, 'wardmux/v1/alert-closed', closed.installation, closed.alert, closed.rule, closed.about, closed.note, closed.by);
}

/** Of `ledger.reviewed`. @param root of the ledger over its first `to` events. @param note SHA-256 of the file with the sealed note. */
export function reviewedText(reviewed: {
  readonly installation: string;
  readonly from: number;
  readonly to: number;
  readonly root: string;
  readonly finding: LedgerFinding;
  readonly note: string;
  readonly by: string;
}): Buffer {
  const { installation, from, to, root, finding, note, by } = reviewed;
  return signedText(undefined, 'wardmux/v1/ledger-reviewed', installation, from, to, root, finding, note, by);
}

/** Of an `export` with nothing withheld: what both sign. @param words SHA-256 of the sealed purpose and recipient. @param by who asks; whoever agrees signs the same. */
export function wholeExportText(asked: {
  readonly installation: string;
  readonly recording: string;
  readonly words: string;
  readonly by: string;
  readonly asked: string;
}): Buffer {
  return signedText(asked.asked, 'wardmux/v1/export-whole', asked.installation, asked.recording, asked.words, asked.by);
}

/** Of `breakglass.start`: what each of those who break the glass signs, with their own id as `by`. */
export function emergencyText({ installation, breakGlass, reason, text, after, by }: EmergencyRequest & { readonly by: string }): Buffer {
  return signedText('wardmux/v1/breakglass-start', installation, breakGlass, reason, text, after, by);
}

/** What breaking the glass is asked for. */
export interface EmergencyRequest {
  readonly installation: string;
  readonly breakGlass: string;
  readonly reason: string;
  /** SHA-256 of the file with the sealed words; null where there are none. */
  readonly text: string | null;
  /** Number of the `breakglass.start` before this one; null where there is none. */
  readonly after: number | null;
}

/** Of `breakglass.review`. @param start number of the event of the emergency. */
export function reviewText(review: {
  readonly installation: string;
  readonly breakGlass: string;
  readonly start: number;
  readonly finding: string;
  readonly by: string;
}): Buffer {
  const { installation, breakGlass, start, finding, by } = review;
  return signedText('wardmux/v1/breakglass-review', installation, breakGlass, start, finding, by);
}

/** Of `breakglass.drill`. @param after number of their drill before this one; null where there is none. */
export function drillText({ installation, person, after }: { readonly installation: string; readonly person: string; readonly after: number | null }): Buffer {
  return signedText('wardmux/v1/breakglass-drill', installation, person, after);
}
