/**
 * Who counts as the second of two, and when one may decide alone. Taking power away is quick: one security admin does it, at once. Giving it is slow: what
 * takes two takes two still for a week after the other one was put out, and whoever was made a security admin or an auditor by one alone counts as that one's
 * hand, and never as the second to them, for a quarter of a year, unless two who are independent of each other say so. Pure; constants of the format.
 */
import type { PersonState, Role } from '../types/words.ts';
import { DAY_MS } from '../types/units.ts';

/** Who decides over people. A constant of the format: which role may enrol does not change for events that are written. */
const ADMIN: Role = 'security';
/**
 * Whoever has one of these agrees as the second to what somebody else asks for: to what is decided over people and policy, or to the end of a hold and to a deletion. So
 * who gets one from one alone is that one's hand. A custodian agrees to nothing: what they do is done with a key's file, for keys that two have accepted.
 */
const SECONDS: readonly Role[] = [ADMIN, 'auditor'];
/** Daily work: the one role that somebody who is alone for the time being may give, so that a ward works on. */
const WORK: Role = 'operator';

/** So long (ms) nobody decides alone what takes two, after somebody who could have been the second lost that. Ours: a week of shifts, in which whoever was put out, or audits, is here once. */
export const WAIT_MS = 7 * DAY_MS;
/** So long (ms) somebody who was made a security admin or an auditor by one alone counts as that one's hand. Ours: no program tells a successor from a puppet, and by then the posture has said it for a quarter. */
export const BOUND_MS = 90 * DAY_MS;

/** What of somebody counts here. */
export interface CountedPerson {
  /** In the order of the table of roles. Somebody without one may unlock, and nothing else. */
  readonly roles: readonly Role[];
  readonly state: PersonState;
  /** Whose hand they count as, where one alone has made them a security admin or an auditor. */
  readonly bound?: Bound | undefined;
}

/** That one person alone has made somebody a security admin or an auditor. */
export interface Bound {
  /** Whose hand they count as. */
  readonly to: string;
  /** ISO 8601 UTC. */
  readonly until: string;
}

/** Somebody who decided here and does not any more. */
export interface LostDecider {
  readonly person: string;
  /** Whose hand they counted as then: mostly their own. */
  readonly hand: string;
  /** ISO 8601 UTC: no earlier than any event before it, so that a clock that was set back shortens no wait. */
  readonly time: string;
}

export interface QuorumFacts {
  /** The latest time of any event; null before the first. */
  readonly latest: string | null;
  /** Whether a second person has ever had the role. Until then the first one, who is alone, chooses who that is. */
  readonly paired: boolean;
  readonly lost: readonly LostDecider[];
}
export const NO_QUORUM: QuorumFacts = { latest: null, paired: false, lost: [] };

type People = ReadonlyMap<string, CountedPerson>;
/** Of people all that a question about one of them needs. */
type Known = Pick<People, 'get'>;

/** Whether they decide over people and policy. */
export const isAdmin = (known: CountedPerson | undefined): boolean => known?.state === 'active' && known.roles.includes(ADMIN);

/** Ids of those who may decide. @param about whom it is about: nobody decides over themselves */
export const decidersOf = (people: People, about?: string): string[] => [...people].flatMap(([id, known]) => (id !== about && isAdmin(known) ? id : []));

/** Whose hand somebody is at a moment: their own, or that of whoever alone has put them there. */
export function handOf(people: Known, id: string, at: string): string {
  const bound = people.get(id)?.bound;
  return bound && !(Date.parse(at) >= Date.parse(bound.until)) ? handOf(people, bound.to, at) : id;
}

/** Whether two are one, as far as it takes two: the same person, or one is the other's hand. */
export const areOneHand = (people: Known, one: string, other: string, at: string): boolean => handOf(people, one, at) === handOf(people, other, at);

/** Whether these are roles of somebody who agrees as the second. */
export const areSeconds = (roles: readonly Role[]): boolean => SECONDS.some((role) => roles.includes(role));

/** Whose hand somebody is after one alone has given them these roles. */
export function boundAfter(people: People, person: string, roles: readonly Role[], by: string, quorum: QuorumFacts, at: string): Bound | undefined {
  const known = people.get(person);
  if (!areSeconds(roles)) return undefined;
  const gains = SECONDS.some((role) => roles.includes(role) && !known?.roles.includes(role));
  return gains ? boundTo(people, person, by, quorum, at) : known?.bound;
}

/**
 * Whose hand somebody is whom one alone makes a security admin or an auditor. Undefined where they are their own: whoever comes before there was a second security admin, and
 * the first one of these; who was their own when they lost the say, whoever gives them a role then; and where that one is theirs.
 */
function boundTo(people: Known, person: string, by: string, { paired, latest, lost }: QuorumFacts, at: string): Bound | undefined {
  if (!paired || lost.some((one) => one.person === person && one.hand === person)) return undefined;
  // Also what is over by now counts here: so nobody is, by whatever clock, in a ring of hands.
  for (let each: string | undefined = by; each !== undefined; each = people.get(each)?.bound?.to) if (each === person) return undefined;
  return { to: handOf(people, by, at), until: new Date(Date.parse(laterOf(latest, at)) + BOUND_MS).toISOString() };
}

/** Moments of one form sort as their letters do. */
const laterOf = (latest: string | null, time: string): string => (latest !== null && latest > time ? latest : time);

/** As every event leaves it. */
export const withTime = (before: QuorumFacts, time: string): QuorumFacts =>
  before.latest !== null && time <= before.latest ? before : { ...before, latest: time };

/** Who decides, and whose hand each is. */
export const handsOf = (people: People, at: string): ReadonlyMap<string, string> => new Map(decidersOf(people).map((id) => [id, handOf(people, id, at)]));

/** After somebody has got or lost the say. @param had before it */
export function afterChange(before: QuorumFacts, had: ReadonlyMap<string, string>, people: People, at: string): QuorumFacts {
  const has = handsOf(people, at);
  const time = laterOf(before.latest, at);
  const gone = [...had].flatMap(([person, hand]) => (has.has(person) ? [] : { person, hand, time }));
  const lost = [...before.lost.filter(({ person }) => !has.has(person) && !had.has(person)), ...gone];
  return { ...before, lost, paired: before.paired || [...people.values()].filter(({ roles }) => roles.includes(ADMIN)).length > 1 };
}

/** What it takes to decide something that is for two. */
export interface Quorum {
  /** Ids of those who could be the second. Where there is one, it takes them. */
  readonly seconds: readonly string[];
  /** Where there is none: until when nobody decides it alone all the same; undefined: one does. */
  readonly until: string | undefined;
}

/**
 * @param by who asks; undefined where that is not known yet: whether it takes two is the same for whoever may
 * @param about whom it is about; undefined where that is nobody
 */
export function quorumOf(people: People, { lost }: QuorumFacts, at: string, by: string | undefined, about?: string): Quorum {
  const may = decidersOf(people, about);
  const hands = new Set(may.map((id) => handOf(people, id, at)));
  const own = by === undefined ? undefined : handOf(people, by, at);
  const seconds = hands.size < 2 ? [] : may.filter((id) => handOf(people, id, at) !== own);
  if (seconds.length > 0) return { seconds, until: undefined };
  const ends = lost.flatMap(({ person, hand, time }) => (person === about || hands.has(hand) ? [] : Date.parse(time) + WAIT_MS));
  const end = Math.max(...ends);
  return { seconds, until: ends.length === 0 || Date.parse(at) >= end ? undefined : new Date(end).toISOString() };
}

/** Whether somebody gets a role that they do not have. */
export const givesMore = (before: readonly Role[], after: readonly Role[]): boolean => after.some((role) => !before.includes(role));

/** Whether these roles are for two to give, where the place stands so. */
export function rolesTakeTwo({ seconds, until }: Quorum, before: readonly Role[], after: readonly Role[]): boolean {
  if (seconds.length > 0) return givesMore(before, after);
  return until !== undefined && givesMore([...before, WORK], after);
}
