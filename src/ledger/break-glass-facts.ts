/**
 * What the ledger's events say of emergencies. Pure: an event that those whom it names have not signed for, or could not do, is passed over, and
 * `ledger verify` names it (entitled.ts). Who breaks the glass is bound to the keys that the ledger has of them, to this ledger, and to its place in it.
 */
import { EMERGENCY, permissions } from '../access/index.ts';
import {
  EMERGENCY_MINUTES,
  emergencyEnds,
  emergencyReasons,
  reviewFindings,
  type EmergencyEnd,
  type EmergencyReason,
  type ReviewFinding,
} from '../types/words.ts';
import { BREAK_GLASS } from '../recording/access.ts';
import { certifierOf, drillText, emergencyText, reviewText } from './certificate.ts';
import type { KnownPerson } from './person-facts.ts';
import { areOneHand } from './quorum.ts';
import type { LedgerEvent } from './types.ts';

export interface EmergencyFacts {
  readonly id: string;
  /** Whoever works in it. */
  readonly person: string;
  /** Who agreed, where two operators broke the glass. */
  readonly second: string | null;
  readonly reason: EmergencyReason;
  /** SHA-256 of the file with the sealed words; null where there are none. */
  readonly text: string | null;
  /** Number of its `breakglass.start`. */
  readonly seq: number;
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly extended: boolean;
  readonly end: { readonly time: string; readonly cause: EmergencyEnd } | null;
  /** Names of anchors by which the alert has left. */
  readonly alerted: readonly string[];
  readonly review: { readonly by: string; readonly time: string; readonly finding: ReviewFinding } | null;
}

/** The last drill of somebody. */
export interface DrillFacts {
  readonly person: string;
  readonly seq: number;
  readonly time: string;
}

export interface EmergenciesState {
  /** In their order. */
  readonly all: readonly EmergencyFacts[];
  readonly drills: readonly DrillFacts[];
}
export const NO_EMERGENCIES: EmergenciesState = { all: [], drills: [] };

/** What is asked of people at the place where the event stands. */
export interface KnownPeople {
  readonly person: (id: string) => KnownPerson | undefined;
}

type Reader = (before: EmergenciesState, event: LedgerEvent, people: KnownPeople) => EmergenciesState | string;

const readers: Readonly<Record<string, Reader>> = {
  'breakglass.start': start,
  'breakglass.extend': extend,
  'breakglass.end': end,
  'breakglass.alert': alert,
  'breakglass.review': review,
  'breakglass.drill': drill,
};

/** The one that is not over; undefined where none is. */
export const runningOf = ({ all }: EmergenciesState): EmergencyFacts | undefined => all.find((one) => one.end === null);

/**
 * The state after an event.
 * @returns the same state for events of other things; a sentence where the event cannot be so, to stand behind "event N ": then nothing of it counts.
 */
export function nextEmergencies(before: EmergenciesState, event: LedgerEvent, people: KnownPeople): EmergenciesState | string {
  if (event.action === 'recording.start') return wrongRecording(before, event) ?? before;
  const reader = Object.hasOwn(readers, event.action) ? readers[event.action] : undefined;
  return reader ? reader(before, event, people) : before;
}

/** A recording is of an emergency that runs, of whoever works in it, for its reason; or of none, and then in another role. */
function wrongRecording(before: EmergenciesState, { person, detail = {} }: LedgerEvent): string | undefined {
  const { breakGlass, role, reason } = detail;
  if (breakGlass === undefined || breakGlass === null) return role === EMERGENCY ? 'begins a recording in the role of emergencies outside of one' : undefined;
  const running = runningOf(before);
  if (running?.id === breakGlass && running.person === person && role === EMERGENCY && reason === running.reason) return undefined;
  return `begins a recording in the name of the emergency ${String(breakGlass)}, which did not run, is not that person’s, or has another reason`;
}

const isOneOf = <T extends string>(list: readonly T[], value: unknown): value is T => list.includes(value as T);

/** @returns the thumbprint of the key that has signed this text. */
function signer(text: Uint8Array, byKey: unknown, signature: unknown): string | undefined {
  return typeof byKey === 'string' && typeof signature === 'string' ? certifierOf(text, { byKey, signature }) : undefined;
}

/** Whether somebody who is somebody here has this role, and has signed that. */
function signedBy(known: KnownPerson | undefined, role: KnownPerson['roles'][number], text: Uint8Array, byKey: unknown, signature: unknown): boolean {
  return known?.state === 'active' && known.roles.includes(role) && signer(text, byKey, signature) === known.signingKey;
}

function start(before: EmergenciesState, event: LedgerEvent, people: KnownPeople): EmergenciesState | string {
  const { seq, time, installation, person, detail = {} } = event;
  const { breakGlass, reason, text = null, second = null, minutes } = detail;
  if (
    person === undefined ||
    typeof breakGlass !== 'string' ||
    !BREAK_GLASS.test(breakGlass) ||
    !isOneOf(emergencyReasons, reason) ||
    minutes !== EMERGENCY_MINUTES
  )
    return 'does not say how the glass was broken';
  if ((text !== null && typeof text !== 'string') || (second !== null && typeof second !== 'string')) return 'does not say how the glass was broken';
  if (before.all.some(({ id }) => id === breakGlass)) return `begins the emergency ${breakGlass} a second time`;
  if (runningOf(before)) return `begins an emergency while ${runningOf(before)!.id} runs, which has no end`;
  const request = { installation, breakGlass, reason, text, after: before.all.at(-1)?.seq ?? null };
  const signed = (who: string, role: typeof EMERGENCY | 'operator', key: unknown, signature: unknown): boolean =>
    signedBy(people.person(who), role, emergencyText({ ...request, by: who }), key, signature);
  const may =
    second === null
      ? signed(person, EMERGENCY, detail['byKey'], detail['signature'])
      : second !== person &&
        signed(person, 'operator', detail['byKey'], detail['signature']) &&
        signed(second, 'operator', detail['secondKey'], detail['secondSignature']);
  if (!may) return `begins the emergency ${breakGlass}, and neither somebody with that role nor two operators have signed for it`;
  const one: EmergencyFacts = { id: breakGlass, person, second, reason, text, seq, time, extended: false, end: null, alerted: [], review: null };
  return { ...before, all: [...before.all, one] };
}

const change = (before: EmergenciesState, { id }: EmergencyFacts, more: Partial<EmergencyFacts>): EmergenciesState => ({
  ...before,
  all: before.all.map((each) => (each.id === id ? { ...each, ...more } : each)),
});
const named = ({ all }: EmergenciesState, { detail = {} }: LedgerEvent): EmergencyFacts | undefined => all.find(({ id }) => id === detail['breakGlass']);

function extend(before: EmergenciesState, event: LedgerEvent): EmergenciesState | string {
  const one = named(before, event);
  if (!one || one.end || one.person !== event.person || event.detail?.['minutes'] !== EMERGENCY_MINUTES)
    return 'extends an emergency that does not run, or that is somebody else’s';
  return one.extended ? `extends the emergency ${one.id} a second time` : change(before, one, { extended: true });
}

function end(before: EmergenciesState, event: LedgerEvent): EmergenciesState | string {
  const one = named(before, event);
  const cause = event.detail?.['cause'];
  if (!one || one.end || one.person !== event.person || !isOneOf(emergencyEnds, cause))
    return 'ends an emergency that does not run, or that is somebody else’s';
  return change(before, one, { end: { time: event.time, cause } });
}

function alert(before: EmergenciesState, event: LedgerEvent): EmergenciesState | string {
  const one = named(before, event);
  const anchor = event.detail?.['anchor'];
  if (!one || typeof anchor !== 'string') return 'tells of the alert of an emergency that never was';
  return one.alerted.includes(anchor) ? before : change(before, one, { alerted: [...one.alerted, anchor] });
}

/** Whether it would be a review of one's own work: by who was in the emergency, or by a hand of theirs. */
export const reviewsOwn = (people: KnownPeople, one: Pick<EmergencyFacts, 'person' | 'second'>, reviewer: string, at: string): boolean =>
  [one.person, one.second].some((who) => who !== null && areOneHand({ get: (id) => people.person(id) }, reviewer, who, at));

function review(before: EmergenciesState, event: LedgerEvent, people: KnownPeople): EmergenciesState | string {
  const one = named(before, event);
  const { installation, person, detail = {} } = event;
  const { finding, byKey, signature } = detail;
  if (!one || person === undefined || !isOneOf(reviewFindings, finding)) return 'reviews an emergency that never was';
  if (!one.end) return `reviews the emergency ${one.id} before it is over`;
  if (one.review) return `reviews the emergency ${one.id} a second time`;
  if (reviewsOwn(people, one, person, event.time))
    return `is a review of the emergency ${one.id} by somebody who was in it, or whom one of these alone has put there`;
  const known = people.person(person);
  const by = known?.roles.find((role) => (permissions['break-glass.review'].roles as readonly string[]).includes(role));
  const text = reviewText({ installation, breakGlass: one.id, start: one.seq, finding, by: person });
  if (by === undefined || !signedBy(known, by, text, byKey, signature)) return `is a review of the emergency ${one.id} that nobody who may has signed`;
  return change(before, one, { review: { by: person, time: event.time, finding } });
}

function drill(before: EmergenciesState, { seq, time, installation, person, detail = {} }: LedgerEvent, people: KnownPeople): EmergenciesState | string {
  if (person === undefined) return 'is a drill of nobody';
  const after = before.drills.find((one) => one.person === person)?.seq ?? null;
  if (!signedBy(people.person(person), EMERGENCY, drillText({ installation, person, after }), detail['byKey'], detail['signature']))
    return 'is a drill that nobody with the role of emergencies has signed';
  return { ...before, drills: [...before.drills.filter((one) => one.person !== person), { person, seq, time }] };
}
