/** What an auditor says of somebody else's recording: to review, in review, fine, flagged. The rules themselves are the ledger's (src/ledger/review-facts.ts). */
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Certificate, VerdictDeed } from '../../ledger/certificate.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { mayAgreeToUnmask, reviewFault, UNMASK, unmaskWhy } from '../../ledger/review-facts.ts';
import type { RecordingState } from '../../ledger/rules.ts';
import { RECORDING_ID } from '../../types/ids.ts';
import { Refusal } from '../../types/refusal.ts';
import type { ReviewState } from '../../types/words.ts';
import { requireStillMay } from '../deeds/admit.ts';
import { decided, secondNeeded, type Deciders } from '../deeds/decide.ts';

export interface ReviewParts {
  readonly ledger: Pick<Ledger, 'append' | 'facts' | 'recording'>;
  readonly by: string;
  /** Their signature under it. */
  readonly certify: (request: VerdictDeed) => Promise<Certificate>;
}

/** @throws Refusal, LedgerError: then nothing is said of it */
export async function reviewRecording({ ledger, by, certify }: ReviewParts, recording: string, state: ReviewState): Promise<void> {
  const known = await reviewable(ledger, by, recording);
  if (known.review?.state === state)
    throw new Refusal('no-change', `${recording} is ${reviewWords[state]} already, by ${known.review.by}. Nothing was changed.`);
  const certificate = await certify({ deed: 'verdict', recording, state, after: known.review?.seq ?? null });
  const { seq } = await ledger.append(
    { action: 'recording.review', person: by, detail: { recording, state, ...certificate } },
    { before: () => requireStillMay(ledger.facts, by, 'recording.review') },
  );
  // Two who said something of it at once: the second one signed for another place.
  if ((await ledger.recording(recording))?.review?.seq !== seq)
    throw new Refusal(
      'not-permitted',
      `It was entered, and does not count: somebody else said something of ${recording} meanwhile. Look at it, and say it again.`,
    );
}

/** For people. */
export const reviewWords: Readonly<Record<ReviewState, string>> = { 'to-review': 'to review', 'in-review': 'in review', fine: 'fine', flagged: 'flagged' };

async function reviewable(ledger: ReviewParts['ledger'], by: string, recording: string): Promise<RecordingState> {
  const known = RECORDING_ID.test(recording) ? await ledger.recording(recording) : undefined;
  if (!known) throw new Refusal('no-recording', `The ledger has no recording ${JSON.stringify(recording.slice(0, 40))}. See: wardmux list`);
  if (known.person === by)
    throw new Refusal('not-permitted', `Nobody reviews their own recording, and ${recording} is yours. Another auditor does. Nothing was changed.`);
  const fault = reviewFault(ledger.facts, by, known, new Date().toISOString());
  if (fault !== undefined) throw new Refusal('not-permitted', `${by} ${fault}. Nothing was changed.`);
  return known;
}

/** Who could agree that somebody else’s recording is shown to `by` with nothing covered: who may, is neither of both, and is not `by`’s own hand (src/ledger/quorum.ts). */
export function whoUnmasks(facts: Pick<LedgerFacts, 'active' | 'person' | 'hand'>, by: string, owner: string | null | undefined): readonly string[] {
  const now = new Date().toISOString();
  if (by === owner) return [];
  return facts.active().filter((id) => id !== by && id !== owner && mayAgreeToUnmask(facts.person(id)) && facts.hand(id, now) !== facts.hand(by, now));
}

/** Since `by` came in last the ledger has taken it that two agreed, and it counts by what it knows of both now. @throws Refusal where that is not so */
export async function requireUnmasked(ledger: Pick<Ledger, 'eventsOf' | 'facts'>, by: string, recording: string, state: RecordingState): Promise<void> {
  const { facts } = ledger;
  const { since } = facts.untold(by);
  const states = { get: (id: string) => (id === recording ? state : undefined) };
  const events = await ledger.eventsOf(recording);
  if (!events.some(({ event }) => event.action === UNMASK && event.person === by && event.seq > since && unmaskWhy(facts, states, event) === undefined))
    throw new Refusal(
      'second-needed',
      'The ledger has not taken it that somebody else agreed to this since you came in, so nothing is shown uncovered. Look at it masked, or ask for that again.',
    );
}

/** @throws Refusal, LedgerError: then it stays covered */
export async function unmaskRecording(
  parts: Deciders & { readonly ledger: Pick<Ledger, 'append' | 'facts' | 'installation' | 'recording'> },
  recording: string,
): Promise<void> {
  const { ledger, admin, second } = parts;
  const { facts } = ledger;
  const known = await ledger.recording(recording);
  if (!known) throw new Refusal('no-recording', `The ledger has no recording ${recording}.`);
  const others = whoUnmasks(facts, admin.id, known.person);
  const signatures = await decided(ledger.installation, parts, { deed: 'unmask', recording, asked: parts.asked ?? new Date().toISOString() }, others);
  const before = (): void => {
    requireStillMay(facts, admin.id, 'recording.unmask');
    if (!whoUnmasks(facts, admin.id, known.person).includes(second!.id)) throw secondNeeded('The roles of one of you were changed meanwhile', others);
  };
  await ledger.append({ action: 'recording.unmask', person: admin.id, detail: { recording, ...signatures } }, { before });
}
