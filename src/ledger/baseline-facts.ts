/**
 * Which list of the program's files is the one that was signed for. Not the installation's key makes it so, which a program that somebody has changed would have
 * as soon as it runs, but that of a security admin, who types their passphrase for it: two of them for another list than before, where two may decide. Pure.
 */
import { baselineText, type BaselineRequest } from './certificate.ts';
import { askedOf, isAgreed, signerOf, type KnownPerson } from './person-facts.ts';
import { isAdmin, type Quorum } from './quorum.ts';
import { isSha256 } from './rules.ts';
import type { LedgerEvent } from './types.ts';

const BASELINE = 'integrity.baseline';
const CHECKED = 'integrity.check';

export interface BaselineFacts extends Omit<BaselineRequest, 'asked' | 'after'> {
  readonly by: string;
  readonly second: string | null;
  /** Number and time of the event. */
  readonly seq: number;
  readonly time: string;
}

/** What the last look came to that was entered, at the files of the list that is signed for. */
interface CheckFacts {
  readonly seq: number;
  readonly time: string;
  readonly differences: number;
  /** SHA-256 of all that was said of them. */
  readonly found: string;
}

export interface IntegrityFacts {
  readonly baseline: BaselineFacts | null;
  /** Null before the first one since the list was signed for. */
  readonly check: CheckFacts | null;
}
export const NO_INTEGRITY: IntegrityFacts = { baseline: null, check: null };

/** What the events before it say. */
interface BeforeBaseline {
  readonly person: (id: string) => KnownPerson | undefined;
  readonly quorum: (at: string, by: string) => Quorum;
}

/** @returns the same for events of other things; a sentence where an `integrity.baseline` does not count, to stand behind "event N ". */
export function nextIntegrity(before: IntegrityFacts, event: LedgerEvent, people: BeforeBaseline): IntegrityFacts | string {
  const { action, seq, time, detail = {} } = event;
  if (action === BASELINE) return nextBaseline(before, event, people);
  if (action !== CHECKED) return before;
  const { sha256, differences, found } = detail;
  // What was held against another list says nothing of this one.
  if (!before.baseline || sha256 !== before.baseline.sha256 || typeof differences !== 'number' || !isSha256(found)) return before;
  return { ...before, check: { seq, time, differences, found } };
}

function nextBaseline({ baseline }: IntegrityFacts, event: LedgerEvent, people: BeforeBaseline): IntegrityFacts | string {
  const { installation, person: by = '', detail = {}, seq, time } = event;
  const { sha256, previousSha256 = null, version, files, checkout, note = null, second = null } = detail;
  if (!isSha256(sha256) || typeof version !== 'string' || typeof files !== 'number' || typeof checkout !== 'boolean')
    return 'accepts files and does not say which';
  if (previousSha256 !== (baseline?.sha256 ?? null)) return 'accepts files in the place of others than those that were accepted before';
  const request = { sha256, previousSha256: previousSha256 as string | null, version, files, checkout, note: note as string | null };
  const text = baselineText({ ...request, installation, by, after: baseline?.seq ?? null, asked: askedOf(event) });
  const known = people.person(by);
  if (!isAdmin(known) || signerOf(event, text) !== known?.signingKey) return 'accepts files of the program, and nobody who may has signed that';
  if (second === null) {
    const { seconds, until } = people.quorum(time, by);
    if (baseline && (seconds.length > 0 || until !== undefined)) return 'accepts other files of the program, which takes two people, and is signed by one';
  } else if (!isAgreed(event, { get: (id) => people.person(id) }, by, undefined, text))
    return 'accepts files of the program, and who agreed has not signed that';
  return { baseline: { ...request, by, second: second as string | null, seq, time }, check: null };
}
