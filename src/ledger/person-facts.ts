/**
 * What the ledger's events say of people: their keys, their roles, and whether they are still somebody here. Pure: an event that nobody
 * certified who may is passed over. The first person is the installation's word; everybody else is that of a security admin, who is
 * somebody else: nobody enrols themselves, gives themselves a role, or comes back by themselves. An id is never free again. Who counts as a second one is in
 * quorum.ts.
 */
import { createHash } from 'node:crypto';
import { AGREE_MS } from '../access/two-people.ts';
import { separationOf } from '../access/separation.ts';
import { identityChecks, personStates, roles as allRoles, stopReasons, type PersonState, type Role, type StopReason } from '../types/words.ts';
import { isMoment } from '../recording/time.ts';
import { thumbprint } from '../recording/wrap.ts';
import { certifierOf, keyOfText, keysText, personStopText, rebindText, rolesText, stateText, stationStopText, type PersonFacts } from './certificate.ts';
import { areOneHand, boundAfter, isAdmin, quorumOf, rolesTakeTwo, type QuorumFacts, type CountedPerson } from './quorum.ts';
import type { LedgerEvent } from './types.ts';

/** That nobody comes in at this station but by break-glass. */
export interface StationStop {
  /** Number and time of the event. */
  readonly seq: number;
  readonly time: string;
  readonly by: string;
  readonly reason: StopReason;
}

/** Whether the station is stopped, and the number of the last event that said so; null where none did. */
export interface StationFacts {
  readonly stop: StationStop | null;
  readonly seq: number | null;
}
export const NO_STATION: StationFacts = { stop: null, seq: null };

/** Keys that somebody had until two people gave them others. */
export interface FormerKeys {
  /** Thumbprint (RFC 7638) of what their recordings were sealed to. */
  readonly encryptionKey: string;
  /** What they signed with: x and y of a point on P-256, base64url of 64 bytes. */
  readonly signingKey: string;
}

/** What the ledger has of a person. */
export interface KnownPerson extends PersonFacts, CountedPerson {
  /** Oldest first. */
  readonly former: readonly FormerKeys[];
  /** Number of the `person.keys` that says so: the next one is certified to follow it. */
  readonly seq: number;
  /** Numbers of the last `person.roles`, and of the last `person.state` or `person.stop`; null where there was none. */
  readonly rolesSeq: number | null;
  readonly stateSeq: number | null;
  /** Who has stopped them, where they are. */
  readonly stoppedBy?: string | undefined;
  /** What they are as soon as no revocation list names them any more, where one does. */
  readonly behind?: PersonState | undefined;
  /** Ids of key slots, of whomever, that open nothing any more: a revocation list names them. */
  readonly revokedSlots?: readonly string[] | undefined;
}

/** What an event changed of somebody. */
export interface PersonChange {
  readonly seq: number;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly kind: (typeof changeKinds)[number];
  /** What it did to the slots, the roles that they have now, or their state. */
  readonly detail: string;
  /** Who decided it, and who agreed; null where nobody is named: the installation did, or one was enough. */
  readonly by: string | null;
  readonly second: string | null;
}
export const changeKinds = ['enrolled', 'slots', 'roles', 'state'] as const;

/** As one of `takePersonEvent` that counted. @param known what the ledger had of them before it */
export function changeOf({ action, seq, time, detail = {} }: LedgerEvent, known: KnownPerson | undefined): PersonChange {
  const text = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : '');
  const who = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const { change, roles, state, by, second, to } = detail;
  const slots = known ? (['slots', text(change)] as const) : (['enrolled', ''] as const);
  const kinds: Readonly<Record<string, readonly [PersonChange['kind'], string]>> = {
    'person.roles': ['roles', text(roles)],
    'person.state': ['state', text(state)],
    'person.stop': ['state', to === 'stopped' ? 'stopped' : 'active'],
  };
  const [kind, what] = kinds[action] ?? slots;
  return { seq, time, kind, detail: what, by: who(by), second: who(second) };
}

/** `slots` of somebody who has none. */
const NO_SLOTS = createHash('sha256')
  .update(JSON.stringify(['wardmux/v1/slots']))
  .digest('hex');

type People = ReadonlyMap<string, KnownPerson>;
/** Of people all that a question about one of them needs. */
type Known = Pick<People, 'get'>;
type Taker = (event: LedgerEvent, person: string, known: KnownPerson | undefined, people: People, quorum: QuorumFacts) => KnownPerson | undefined;

const takers: Readonly<Record<string, Taker>> = { 'person.keys': takeKeys, 'person.roles': takeRoles, 'person.state': takeState, 'person.stop': takeStop };

/** What somebody is after an event about them; undefined where it does not count, or is about something else. */
function afterEvent(people: People, quorum: QuorumFacts, event: LedgerEvent): KnownPerson | undefined {
  const { action, person } = event;
  if (person === undefined || !Object.hasOwn(takers, action)) return undefined;
  const known = people.get(person);
  return known?.state === 'deleted' ? undefined : takers[action]!(event, person, known, people, quorum);
}

/** Takes an event of somebody in, or passes it over. @returns whether it counts */
export function takePersonEvent(people: Map<string, KnownPerson>, quorum: QuorumFacts, event: LedgerEvent): boolean {
  const next = afterEvent(people, quorum, event);
  if (next) people.set(event.person!, next);
  return next !== undefined;
}

/** Whether an event is about somebody's keys, roles or state, and does not count. */
export function isPassedOver(people: People, quorum: QuorumFacts, event: LedgerEvent): boolean {
  return Object.hasOwn(takers, event.action) && afterEvent(people, quorum, event) === undefined;
}

/**
 * Whether a second one who may decide, and is not the first one's hand, has signed the same request as the first, and in time.
 * @param about whom it is about; undefined where that is nobody
 * @param may who can agree: a security admin unless given
 */
export function isAgreed(
  { time, detail = {} }: LedgerEvent,
  people: Known,
  by: string,
  about: string | undefined,
  text: Uint8Array,
  may: (known: KnownPerson | undefined) => boolean = isAdmin,
): boolean {
  const { second, secondKey, secondSignature, asked } = detail;
  if (typeof second !== 'string' || second === about || areOneHand(people, by, second, time)) return false;
  if (typeof secondKey !== 'string' || typeof secondSignature !== 'string' || !isMoment(asked)) return false;
  const passed = Date.parse(time) - Date.parse(asked);
  const other = people.get(second);
  return passed >= 0 && passed <= AGREE_MS && may(other) && certifierOf(text, { byKey: secondKey, signature: secondSignature }) === other?.signingKey;
}

/** When it was asked for, as the event states it: it is part of what both sign. */
export const askedOf = ({ detail }: LedgerEvent): string | undefined => (typeof detail?.['asked'] === 'string' ? detail['asked'] : undefined);

/** The thumbprint of the key that has signed this text, as the event states it. */
export function signerOf({ detail = {} }: LedgerEvent, text: Uint8Array): string | undefined {
  const { byKey, signature } = detail;
  return typeof byKey === 'string' && typeof signature === 'string' ? certifierOf(text, { byKey, signature }) : undefined;
}

/** @returns who certified it, where that is an active security admin who is somebody else, and this is their signature. */
function isByAdmin(event: LedgerEvent, person: string | undefined, people: People, text: (by: string) => Uint8Array): boolean {
  const by = event.detail?.['by'];
  if (typeof by !== 'string' || by === person) return false;
  const admin = people.get(by);
  return isAdmin(admin) && signerOf(event, text(by)) === admin?.signingKey;
}

function takeKeys(event: LedgerEvent, person: string, known: KnownPerson | undefined, people: People): KnownPerson | undefined {
  const { installation, detail = {}, seq } = event;
  const facts = personFacts(detail);
  if (!facts) return undefined;
  if (detail['change'] === 'rebound') return takeNewKeys(event, person, known, people, facts);
  // Only what two sign has the moment of asking in it.
  const text = (by: string): Buffer => keysText({ ...facts, installation, person, by, after: known?.seq ?? null });
  if (!known) {
    const isFirst = detail['by'] === undefined && people.size === 0;
    if (!isFirst && !isByAdmin(event, person, people, text)) return undefined;
    return { ...facts, former: [], seq, roles: [], rolesSeq: null, state: 'active', stateSeq: null };
  }
  // Slots are one's own affair, as long as one is somebody here; keys are not.
  if (known.encryptionKey !== facts.encryptionKey || known.signingKey !== facts.signingKey) return undefined;
  if (detail['by'] !== person || known.state !== 'active' || signerOf(event, text(person)) !== known.signingKey) return undefined;
  return { ...known, ...facts, seq };
}

/** Whoever can enter an event still cannot put other keys under a known name: two who may have to have agreed, and have said how they know who it is. */
function takeNewKeys(event: LedgerEvent, person: string, known: KnownPerson | undefined, people: People, facts: PersonFacts): KnownPerson | undefined {
  const { installation, detail = {}, seq } = event;
  const { by, formerKey } = detail;
  const checked = identityChecks.find((word) => word === detail['checked']);
  if (known?.state !== 'active' || typeof by !== 'string' || !checked || typeof formerKey !== 'string') return undefined;
  // Both keys are new: of what was lost, or is somebody else's by now, nothing stays.
  if (known.encryptionKey === facts.encryptionKey || known.signingKey === facts.signingKey) return undefined;
  const before = keyOfText(formerKey);
  if (!before || thumbprint(before) !== known.signingKey) return undefined;
  const text = (one: string): Buffer => rebindText({ ...facts, installation, person, checked, by: one, after: known.seq, asked: askedOf(event) });
  if (!isByAdmin(event, person, people, text) || !isAgreed(event, people, by, person, text(by))) return undefined;
  return { ...known, ...facts, former: [...known.former, { encryptionKey: known.encryptionKey, signingKey: formerKey }], seq };
}

function takeRoles(event: LedgerEvent, person: string, known: KnownPerson | undefined, people: People, quorum: QuorumFacts): KnownPerson | undefined {
  const { installation, detail = {}, seq, time } = event;
  const roles = readRoles(detail['roles']);
  if (!known || !roles || separationOf(roles) !== undefined) return undefined;
  const isFirst = detail['by'] === undefined && people.size === 1 && known.rolesSeq === null;
  if (isFirst) return { ...known, roles, rolesSeq: seq };
  const text = (one: string): Buffer => rolesText({ installation, person, roles, by: one, after: known.rolesSeq, asked: askedOf(event) });
  if (!isByAdmin(event, person, people, text)) return undefined;
  const by = detail['by'] as string;
  const agreed = detail['second'] !== undefined;
  if (agreed ? !isAgreed(event, people, by, person, text(by)) : rolesTakeTwo(quorumOf(people, quorum, time, by, person), known.roles, roles)) return undefined;
  // Two who are independent of each other stand for somebody; one alone makes a hand of theirs.
  const bound = agreed ? undefined : boundAfter(people, person, roles, by, quorum, time);
  return { ...known, roles, rolesSeq: seq, bound };
}

function takeState(event: LedgerEvent, person: string, known: KnownPerson | undefined, people: People): KnownPerson | undefined {
  const { installation, detail = {}, seq } = event;
  const state = personStates.find((word) => word === detail['state']);
  if (!known || !state || state === known.state) return undefined;
  // A stop is for another than who has set it to lift, a revocation for whoever signs the list, and this is no way round that.
  if ((known.state === 'stopped' || known.state === 'revoked') && state !== 'deleted') return undefined;
  const record = detail['record'] ?? null;
  if (state === 'deleted' ? typeof record !== 'string' : record !== null) return undefined;
  const text = (by: string): Buffer => stateText({ installation, person, state, record: record as string | null, by, after: known.stateSeq });
  if (!isByAdmin(event, person, people, text)) return undefined;
  // What is left of somebody who is deleted is their gravestone.
  const gravestone = state === 'deleted' ? { record: record as string, slots: NO_SLOTS, roles: [] } : {};
  return { ...known, ...gravestone, state, stateSeq: seq, stoppedBy: undefined };
}

function takeStop(event: LedgerEvent, person: string, known: KnownPerson | undefined, people: People): KnownPerson | undefined {
  const { installation, detail = {}, seq, time } = event;
  const change = readStop(detail);
  if (!known || !change) return undefined;
  const { to, reason, by } = change;
  if (known.state !== (to === 'stopped' ? 'active' : 'stopped')) return undefined;
  if (to === 'lifted' && areOneHand(people, by, known.stoppedBy ?? by, time)) return undefined;
  const text = (): Buffer => personStopText({ installation, person, to, reason, by, after: known.stateSeq });
  if (!isByAdmin(event, person, people, text)) return undefined;
  return { ...known, state: to === 'stopped' ? 'stopped' : 'active', stateSeq: seq, stoppedBy: to === 'stopped' ? by : undefined };
}

/** The station after `station.stop`, by a security admin who is active; lifted by another than who has set it. Undefined where it is passed over. */
export function takeStationStop(people: People, event: LedgerEvent, before: StationFacts): StationFacts | undefined {
  const { installation, detail = {}, seq, time } = event;
  const change = readStop(detail);
  if (!change) return undefined;
  const { to, reason, by } = change;
  if ((to === 'stopped') !== (before.stop === null) || (before.stop && areOneHand(people, by, before.stop.by, time))) return undefined;
  if (!isByAdmin(event, undefined, people, () => stationStopText({ installation, to, reason, by, after: before.seq }))) return undefined;
  return { stop: to === 'stopped' ? { seq, time, by, reason: reason! } : null, seq };
}

/** What both kinds of stop say. A stop has a reason, and its end has none. */
function readStop(
  detail: NonNullable<LedgerEvent['detail']>,
): { readonly to: 'stopped' | 'lifted'; readonly reason: StopReason | null; readonly by: string } | undefined {
  const { to, by, reason: given } = detail;
  const reason = stopReasons.find((word) => word === given) ?? null;
  if ((to !== 'stopped' && to !== 'lifted') || typeof by !== 'string' || (to === 'stopped') !== (reason !== null)) return undefined;
  return { to, reason, by };
}

function personFacts(detail: LedgerEvent['detail']): PersonFacts | undefined {
  const { encryptionKey, signingKey, record, slots } = detail ?? {};
  if (typeof encryptionKey !== 'string' || typeof signingKey !== 'string' || typeof record !== 'string' || typeof slots !== 'string') return undefined;
  return { encryptionKey, signingKey, record, slots };
}

/** @returns undefined where it is not a list of roles of ours, each once, in the order of the table. */
export function readRoles(value: unknown): readonly Role[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const known = allRoles.filter((role) => value.includes(role));
  return known.length === value.length && known.every((role, i) => role === value[i]) ? known : undefined;
}
