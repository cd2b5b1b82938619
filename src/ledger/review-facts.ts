/**
 * What an auditor says of a recording, and whether it counts. Pure. It stands with what the ledger knows of the recording (rules.ts), since there are too many
 * of them for the facts; and nobody says anything of their own.
 */
import { RECORDING_ID } from '../types/ids.ts';
import { reviewStates, type ReviewState, type Role } from '../types/words.ts';
import { unmaskText, verdictText } from './certificate.ts';
import { askedOf, isAgreed, signerOf, type KnownPerson } from './person-facts.ts';
import { areOneHand } from './quorum.ts';
import type { RecordingState, RecordingStates } from './rules.ts';
import type { LedgerEvent } from './types.ts';

/** The actions. */
const REVIEW = 'recording.review';
export const UNMASK = 'recording.unmask';
/** Who reviews. A constant of the format. */
const REVIEWER: Role = 'auditor';

const isReviewer = (known: KnownPerson | undefined): boolean => known?.state === 'active' && known.roles.includes(REVIEWER);
/** Whether somebody can agree that a recording is shown with nothing covered. They see nothing of it by that. */
export const mayAgreeToUnmask = (known: KnownPerson | undefined): boolean =>
  known?.state === 'active' && (known.roles.includes(REVIEWER) || known.roles.includes('security'));

interface People {
  readonly person: (id: string) => KnownPerson | undefined;
}

/** @returns undefined where it has not the fields of its row. */
function readReview({ detail = {} }: Pick<LedgerEvent, 'detail'>): { readonly recording: string; readonly state: ReviewState } | undefined {
  const { recording } = detail;
  const state = reviewStates.find((one) => one === detail['state']);
  return typeof recording === 'string' && RECORDING_ID.test(recording) && state ? { recording, state } : undefined;
}

/** Why this person says nothing of that recording; undefined where they can. To stand behind their id. @param at ISO 8601 UTC */
export function reviewFault(people: People, by: string, recording: Pick<RecordingState, 'person'> | undefined, at: string): string | undefined {
  if (!recording) return 'reviews a recording that is not there';
  if (recording.person === by) return 'reviews a recording of their own';
  if (recording.person !== null && areOneHand({ get: (id) => people.person(id) }, by, recording.person, at))
    return 'reviews a recording of somebody whose hand they are: one alone has put them there';
  return isReviewer(people.person(by)) ? undefined : 'reviews a recording without being an active auditor';
}

/**
 * Why a `recording.review` does not count; undefined where it does, and for events of other things: a sentence to stand behind "event N ".
 * @param people by the events before it. @param states with what the events before it say of recordings.
 */
export function reviewWhy(people: People, states: Pick<RecordingStates, 'get'>, event: LedgerEvent): string | undefined {
  if (event.action !== REVIEW) return undefined;
  const { person: by = '', installation, seq, time } = event;
  const said = readReview(event);
  if (!said) return 'reviews a recording and does not say how';
  const found = states.get(said.recording);
  const fault = reviewFault(people, by, found && found.start < seq ? found : undefined, time);
  if (fault !== undefined) return fault;
  const text = verdictText({ installation, ...said, after: found!.review?.seq ?? null, by });
  return signerOf(event, text) === people.person(by)!.signingKey ? undefined : `reviews recording ${said.recording}, and nobody who may has signed that`;
}

/** Why a `recording.unmask` is not one that two have agreed to; undefined where it is, and for events of other things. As `reviewWhy`. */
export function unmaskWhy(people: People, states: Pick<RecordingStates, 'get'>, event: LedgerEvent): string | undefined {
  const { action, person: by = '', installation, detail = {} } = event;
  if (action !== UNMASK) return undefined;
  const { recording, second } = detail;
  const asked = askedOf(event);
  const owner = typeof recording === 'string' ? states.get(recording)?.person : undefined;
  if (typeof recording !== 'string' || asked === undefined || owner === undefined) return 'has a recording shown unmasked that is not there';
  const text = unmaskText({ installation, recording, by, asked });
  const asks = people.person(by);
  const agreed =
    isReviewer(asks) &&
    signerOf(event, text) === asks?.signingKey &&
    isAgreed(event, { get: (id) => people.person(id) }, by, owner ?? undefined, text, mayAgreeToUnmask);
  return agreed && by !== owner && second !== owner ? undefined : `has recording ${recording} shown unmasked, and two who may have not signed that`;
}

/** Lets a review count, where it does. */
export function takeReview(people: People, states: RecordingStates, event: LedgerEvent): void {
  if (event.action !== REVIEW || reviewWhy(people, states, event) !== undefined) return;
  const { recording, state } = readReview(event)!;
  states.set(recording, { ...states.get(recording)!, review: { state, by: event.person!, seq: event.seq } });
}
