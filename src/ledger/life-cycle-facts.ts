/**
 * What the ledger's events say of holds, and whether a deletion is one that counts. Pure. A hold always wins: an event that deletes what is held at its
 * place in the ledger does not count, whoever signed it, and `ledger verify` names it (entitled.ts). What ends a hold, and what deletes before its time, is
 * signed by two: an auditor and a security admin, which nobody is at once (src/access/separation.ts).
 */
import { isCount } from '../recording/json.ts';
import { isMoment } from '../recording/time.ts';
import { HOLD_ID, PERSON_ID, RECORDING_ID } from '../types/ids.ts';
import { DAY_MS } from '../types/units.ts';
import { deletionCauses, deletionReasons, holdEnds, holdReasons, holdScopes, type Role } from '../types/words.ts';
import { deletionText, holdText, releaseText, spanErasureText, type DeletionRequest, type HoldRequest, type SpanErasureRequest } from './certificate.ts';
import { askedOf, isAgreed, signerOf, type KnownPerson } from './person-facts.ts';
import { DELETED, ERASED, erasedHeadOf, isSha256, type RecordingState, type RecordingStates } from './rules.ts';
import type { LedgerEvent } from './types.ts';

/** A hold that is in force. */
export interface HoldFacts extends Omit<HoldRequest, 'hold'> {
  readonly id: string;
  readonly by: string;
  /** Number and time of the event. */
  readonly seq: number;
  readonly time: string;
}

/** So many can be in force: more are a mistake, and a snapshot has all of them. */
const MAX_HOLDS = 1000;

interface People {
  readonly person: (id: string) => KnownPerson | undefined;
}

/** What of a recording decides whether it is held: as the ledger has it. */
export interface HeldRecording {
  readonly id: string;
  readonly owner: string | null;
  /** A moment. */
  readonly began: string;
  /** Milliseconds; null where nobody has counted them. */
  readonly lengthMs: number | null;
}

/** The holds that cover a recording. */
export function holdsOn(holds: readonly HoldFacts[], { id, owner, began, lengthMs }: HeldRecording): readonly HoldFacts[] {
  const start = Date.parse(began);
  // Where nobody knows how long it ran, it may have run for ever.
  const end = lengthMs === null ? Infinity : start + lengthMs;
  return holds.filter(({ scope, of, recording, from, until }) =>
    scope === 'person' ? of === owner : scope === 'recording' ? recording === id : start <= Date.parse(until!) && end >= Date.parse(from!),
  );
}

/** Who sets holds: one of these alone. And each of the two that end one, or delete early, has another of them. Constants of the format. */
const keepers: readonly Role[] = ['auditor', 'security'];

const hasRole = (known: KnownPerson | undefined, role: Role): boolean => known?.state === 'active' && known.roles.includes(role);
/** Whether they may set a hold, or delete by the schedule. */
const isKeeper = (known: KnownPerson | undefined): boolean => keepers.some((role) => hasRole(known, role));
/** Whether somebody can agree with who asks: of the two roles they have the other one. */
export const mayAgreeWith = (asks: KnownPerson | undefined, other: KnownPerson | undefined): boolean =>
  keepers.some((role, n) => hasRole(asks, role) && hasRole(other, keepers[1 - n]!));

/** @returns the same holds for events of other things; a sentence where the event does not count, to stand behind "event N ". */
export function nextHolds(before: readonly HoldFacts[], event: LedgerEvent, people: People): readonly HoldFacts[] | string {
  if (event.action === 'hold.set') return setHold(before, event, people);
  if (event.action === 'hold.clear') return clearHold(before, event, people);
  return before;
}

function setHold(before: readonly HoldFacts[], event: LedgerEvent, people: People): readonly HoldFacts[] | string {
  const { person: by = '', detail = {}, installation, seq, time } = event;
  const request = readHold(detail);
  if (!request) return 'sets a hold that is none';
  if (before.some(({ id }) => id === request.hold)) return 'sets a hold that is there already';
  if (before.length >= MAX_HOLDS) return `sets more than ${MAX_HOLDS} holds`;
  const known = people.person(by);
  if (!isKeeper(known) || signerOf(event, holdText({ ...request, installation, by })) !== known?.signingKey)
    return 'sets a hold that nobody who may has signed';
  const { hold: id, ...what } = request;
  return [...before, { id, ...what, by, seq, time }];
}

function clearHold(before: readonly HoldFacts[], event: LedgerEvent, people: People): readonly HoldFacts[] | string {
  const { person: by = '', detail = {}, installation } = event;
  const { hold, reason: word } = detail;
  const known = before.find(({ id }) => id === hold);
  const reason = holdEnds.find((one) => one === word);
  if (!known || !reason) return 'ends a hold that is not there';
  const text = releaseText({ installation, by, hold: known.id, start: known.seq, reason, asked: askedOf(event) });
  if (!isByTwo(event, by, text, people)) return 'ends a hold without an auditor and a security admin who have signed that';
  return before.filter((one) => one !== known);
}

/** Whether an auditor and a security admin have signed the same text. */
function isByTwo(event: LedgerEvent, by: string, text: Uint8Array, people: People): boolean {
  const asks = people.person(by);
  if (!isKeeper(asks) || signerOf(event, text) !== asks?.signingKey) return false;
  return isAgreed(event, { get: (id) => people.person(id) }, by, undefined, text, (other) => mayAgreeWith(asks, other));
}

const isText = (value: unknown, pattern: RegExp): value is string => typeof value === 'string' && pattern.test(value);

/** @returns undefined where it has not exactly what its scope has. */
function readHold({ hold, scope, of, recording, from, until, reason }: NonNullable<LedgerEvent['detail']>): HoldRequest | undefined {
  const what = holdScopes.find((one) => one === scope);
  const why = holdReasons.find((one) => one === reason);
  if (!isText(hold, HOLD_ID) || !what || !why) return undefined;
  const none = { of: null, recording: null, from: null, until: null };
  const has = [of, recording, from, until].filter((value) => value !== undefined).length;
  if (what === 'person') return has === 1 && isText(of, PERSON_ID) ? { hold, scope: what, ...none, of, reason: why } : undefined;
  if (what === 'recording') return has === 1 && isText(recording, RECORDING_ID) ? { hold, scope: what, ...none, recording, reason: why } : undefined;
  if (has !== 2 || !isMoment(from) || !isMoment(until) || Date.parse(until as string) < Date.parse(from as string)) return undefined;
  return { hold, scope: what, ...none, from: from as string, until: until as string, reason: why };
}

/** What a `recording.deleted` says; undefined where it does not have the fields of its cause. */
export function readDeletion({ detail = {} }: Pick<LedgerEvent, 'detail'>): Omit<DeletionRequest, 'asked'> | undefined {
  const { recording, owner, began, lengthMs = null, size, root, policySha256 = null, days = null } = detail;
  const cause = deletionCauses.find((one) => one === detail['cause']);
  const reason = deletionReasons.find((one) => one === detail['reason']);
  if (!isText(recording, RECORDING_ID) || !isText(owner, PERSON_ID) || !isMoment(began) || typeof size !== 'number' || typeof root !== 'string')
    return undefined;
  if (lengthMs !== null && typeof lengthMs !== 'number') return undefined;
  if (!cause || !reason || (cause === 'schedule') !== (reason === 'retention')) return undefined;
  const due = isText(policySha256, /^[0-9a-f]{64}$/) && Number.isSafeInteger(days) && (days as number) > 0;
  if (cause === 'schedule' ? !due : policySha256 !== null || days !== null) return undefined;
  return {
    recording,
    owner,
    began: began as string,
    lengthMs,
    size,
    root,
    cause,
    reason,
    policySha256: policySha256 as string | null,
    days: days as number | null,
  };
}

/** When a recording's time is over: milliseconds since 1970. */
export const expiryOf = (began: string, days: number): number => Date.parse(began) + days * DAY_MS;

/**
 * Why a `recording.deleted` does not count; undefined where it does, and for events of other things. Whether it is what the ledger has of the recording,
 * rules.ts says; whether the policy keeps recordings for so many days, who reads that policy.
 * @param before what the events before it say.
 */
export function deletionWhy(
  before: People & { readonly holds: readonly HoldFacts[]; readonly policy: { readonly sha256: string } | undefined },
  event: LedgerEvent,
): string | undefined {
  if (event.action !== DELETED) return undefined;
  const { person: by = '', installation, time } = event;
  const deletion = readDeletion(event);
  if (!deletion) return 'deletes a recording and does not say how';
  const { recording: id, owner, began, lengthMs, cause, policySha256, days } = deletion;
  const [hold] = holdsOn(before.holds, { id, owner, began, lengthMs });
  if (hold) return `deletes recording ${id}, which was held by then (${hold.id})`;
  const text = deletionText({ ...deletion, installation, by, asked: askedOf(event) });
  const asks = before.person(by);
  if (cause === 'early')
    return isByTwo(event, by, text, before) ? undefined : `deletes recording ${id} without an auditor and a security admin who have signed that`;
  if (!isKeeper(asks) || signerOf(event, text) !== asks?.signingKey) return `deletes recording ${id}, and nobody who may has signed that`;
  if (policySha256 !== before.policy?.sha256) return `deletes recording ${id} by a policy that was not in force`;
  return Date.parse(time) >= expiryOf(began, days!) ? undefined : `deletes recording ${id} before its time was over`;
}

/** What a `recording.erased` says; undefined where it does not have the fields of its row. */
export function readErasure({ detail = {} }: Pick<LedgerEvent, 'detail'>): Omit<SpanErasureRequest, 'asked'> | undefined {
  const { recording, owner, began, lengthMs = null, size, root, fromMs, toMs, pieces, after = null } = detail;
  const left = erasedHeadOf({ detail });
  const reason = deletionReasons.find((one) => one === detail['reason']);
  if (!isText(recording, RECORDING_ID) || !isText(owner, PERSON_ID) || !isMoment(began) || !isCount(size) || !isSha256(root)) return undefined;
  if ((lengthMs !== null && !isCount(lengthMs)) || (after !== null && !isCount(after))) return undefined;
  if (!left || !reason || reason === 'retention' || !isCount(fromMs) || !isCount(toMs) || fromMs > toMs || !isCount(pieces)) return undefined;
  return { recording, owner, began: began as string, lengthMs, size, root, fromMs, toMs, pieces, ...left, reason, after };
}

interface Holding extends People {
  readonly holds: readonly HoldFacts[];
}

/**
 * Why a `recording.erased` does not count; undefined where it does, and for events of other things: as of a deletion before its time, but that nobody has a hand
 * in what they did themselves, and that it names the one before it.
 * @param states with what the events before it say of recordings.
 */
export function erasureWhy(before: Holding, states: Pick<RecordingStates, 'get'>, event: LedgerEvent): string | undefined {
  if (event.action !== ERASED) return undefined;
  const { person: by = '', installation, detail } = event;
  const erasure = readErasure(event);
  if (!erasure) return 'erases a span of a recording and does not say how';
  const { recording: id, owner, began, lengthMs, after } = erasure;
  const [hold] = holdsOn(before.holds, { id, owner, began, lengthMs });
  if (hold) return `erases a span of recording ${id}, which was held by then (${hold.id})`;
  const last = states.get(id)?.erased?.seq ?? null;
  if (after !== last)
    return `erases a span of recording ${id} behind ${after === null ? 'no other one' : `event ${after}`}, and the last one was ${last === null ? 'none' : `event ${last}`}`;
  if (by === owner || detail?.['second'] === owner) return `erases a span of recording ${id} with a hand of whose it is`;
  const text = spanErasureText({ ...erasure, installation, by, asked: askedOf(event) });
  return isByTwo(event, by, text, before) ? undefined : `erases a span of recording ${id} without an auditor and a security admin who have signed that`;
}

/** Lets an erasure count, where it does. @param states that have taken the event */
export function takeErasure(before: Holding, states: RecordingStates, event: LedgerEvent): void {
  if (event.action !== ERASED || erasureWhy(before, states, event) !== undefined) return;
  const { recording, records, sha256 } = readErasure(event)!;
  states.set(recording, { ...states.get(recording)!, erased: { seq: event.seq, records, sha256 } });
}

/** Those of a recording's events that erased something of it and count, in their order: each names the one before it. */
export function erasuresOf<E extends { readonly event: LedgerEvent }>(state: Pick<RecordingState, 'erased'> | undefined, events: readonly E[]): E[] {
  const found: E[] = [];
  for (let seq: number | null = state?.erased?.seq ?? null; seq !== null;) {
    const one = events.find(({ event }) => event.seq === seq);
    if (!one) break;
    found.unshift(one);
    seq = readErasure(one.event)?.after ?? null;
  }
  return found;
}
