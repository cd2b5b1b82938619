/**
 * The review of what happened: which events nobody has looked through, and how an auditor signs that they have: with what they found, which is sealed because it can
 * name a patient. Nobody reviews what they did themselves; that stays due until somebody else has signed for it.
 */
import type { DueReviews, Review } from '../../alerts/reviews.ts';
import { readSmall, writeAtomic } from '../../disk/atomic.ts';
import { certify, reviewedText, type Certificate } from '../../ledger/certificate.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { LedgerView } from '../../ledger/view.ts';
import { REVIEWED, type Reviewed } from '../../ledger/reviewed-facts.ts';
import type { OpenIdentity } from '../../people/identity.ts';
import type { Person } from '../../people/types.ts';
import { policyInForce } from '../../policy/index.ts';
import { sealedWords, type WordsLook } from '../../recording/sealed-words.ts';
import type { Recipient, SegmentOpener } from '../../recording/types.ts';
import type { Home } from '../../storage/index.ts';
import { Refusal } from '../../types/refusal.ts';
import type { LedgerFinding } from '../../types/words.ts';
import { requireStillMay } from '../deeds/admit.ts';
import { withLedger, type OpenInstallation } from '../installation/installation.ts';
import { recipientsOf } from '../recordings/start.ts';
import { AlertReader, checkNote, pathOfNote } from './alerts.ts';
import { readEvents } from './read.ts';

const notes = sealedWords('review-note');
const NOTHING = 'Nothing was signed.';

/** Which events, and what was found in them. */
export type Span = Omit<Reviewed, 'note'>;
const boundTo = ({ from, to }: Pick<Span, 'from' | 'to'>): string => `${from}/${to}`;

interface KnownReviews extends Pick<AlertReader, 'adds'> {
  /** That count, oldest first. */
  readonly all: readonly Review[];
  readonly due: DueReviews;
}

/** All reviews that count, and what is due. @throws LedgerError where the ledger does not hold */
export async function reviewsOf(site: OpenInstallation): Promise<KnownReviews> {
  const reader = new AlertReader();
  await readEvents(site, (event) => reader.take(event));
  return { adds: (...asked) => reader.adds(...asked), all: reader.reviews.all, due: await toTheSecond(site, reader.reviews.due()) };
}

/** With the time of the first event that is due as that has it: whoever counts keeps the hours alone. @throws LedgerError */
export async function toTheSecond({ home, noteKey }: Pick<OpenInstallation, 'home' | 'noteKey'>, due: DueReviews): Promise<DueReviews> {
  const view = due.events === 0 ? undefined : await LedgerView.open(home.ledger, noteKey);
  try {
    const [first] = (await view?.between(due.from, due.from + 1)) ?? [];
    return first ? { ...due, since: first.event.time } : due;
  } finally {
    view?.close();
  }
}

/** What is signed, and for whom the note is sealed. */
export interface Signing extends Span {
  /** Of the ledger over its first `to` events. */
  readonly root: string;
  readonly recipients: readonly Recipient[];
}

export interface SignedReview {
  /** As it is to lie on the disk. */
  readonly file: Uint8Array;
  readonly certificate: Certificate;
}

/** Seals a note and signs what was reviewed: where the identity is open. @param note wiped by the caller. @throws Refusal */
export async function signReview(
  installation: string,
  { person, sign }: { readonly person: Pick<Person, 'id' | 'signingKey'>; readonly sign: (bytes: Uint8Array) => Promise<Uint8Array> },
  { from, to, finding, root, recipients }: Signing,
  note: Uint8Array,
): Promise<SignedReview> {
  const bytes = Buffer.from(checkNote(Buffer.from(note).toString('utf8'), NOTHING), 'utf8');
  try {
    const file = await notes.seal(boundTo({ from, to }), bytes, recipients);
    const text = reviewedText({ installation, from, to, root, finding, note: notes.digest(file), by: person.id });
    return { file, certificate: await certify(text, person.signingKey, sign) };
  } finally {
    bytes.fill(0);
  }
}

export interface ReviewedParts {
  readonly home: Home;
  readonly ledger: Pick<Ledger, 'append' | 'facts' | 'rootAt'>;
  readonly person: Pick<Person, 'id' | 'encryptionKey'>;
  readonly sign: (signing: Signing) => Promise<SignedReview>;
}

/** Enters that somebody has reviewed events. @throws Refusal, LedgerError, StorageFault: then nothing is reviewed by it */
export async function enterReviewed({ home, ledger, person, sign }: ReviewedParts, { from, to, finding }: Span): Promise<void> {
  const by = person.id;
  const root = from < to ? await ledger.rootAt(to) : undefined;
  if (root === undefined) throw new Refusal('no-span', `There is no event from ${from} to before ${to}. ${NOTHING}`);
  requireStillMay(ledger.facts, by, 'ledger.review');
  const { file, certificate } = await sign({ from, to, finding, root, recipients: recipientsOf(person, policyInForce(home, ledger.facts)) });
  const digest = notes.digest(file);
  writeAtomic(pathOfNote(home, digest), file);
  const entry = { action: REVIEWED, person: by, detail: { from, to, root, finding, note: digest, ...certificate } } as const;
  await ledger.append(entry, { before: () => requireStillMay(ledger.facts, by, 'ledger.review') });
}

/** Signs for a span. @param from, to left out: from the first event that nobody has reviewed, to the last one there is. @throws Refusal, LedgerError, StorageFault */
export async function reviewLedger(
  site: OpenInstallation,
  identity: OpenIdentity,
  { from, to, finding, note }: { readonly from?: number; readonly to?: number; readonly finding: LedgerFinding; readonly note: string },
  { now, talk }: { readonly now: () => number; readonly talk: (line: string) => void },
): Promise<Span> {
  checkNote(note, NOTHING);
  const { due, adds } = await reviewsOf(site);
  const span: Span = { from: from ?? due.from, to: to ?? due.from + due.events, finding };
  const { person } = identity;
  // One that is not there is refused below, under the lock.
  if (span.from < span.to && !adds(span, person.id, new Date(now()).toISOString()))
    throw new Refusal(
      'nothing-new',
      `Every event from ${span.from} to before ${span.to} is reviewed, or is of you or of somebody who counts as one with you, which another auditor reviews. ${NOTHING} See: wardmux audit due`,
    );
  await withLedger(
    site,
    ({ ledger }) => {
      const signer = { person, sign: (bytes: Uint8Array) => identity.sign(bytes) };
      const sign: ReviewedParts['sign'] = (signing) => signReview(ledger.installation, signer, signing, Buffer.from(note, 'utf8'));
      return enterReviewed({ home: site.home, ledger, person, sign }, span);
    },
    { identity, talk },
  );
  return span;
}

/** What was written at a review, as that of an alert. */
export async function reviewNote(
  home: Home,
  { from, to, note }: Pick<Review, 'from' | 'to' | 'note'>,
  opener: Pick<SegmentOpener, 'kid' | 'open'>,
): Promise<WordsLook> {
  return /^[0-9a-f]{64}$/.test(note) ? notes.look(boundTo({ from, to }), note, readSmall(pathOfNote(home, note)), opener) : { state: 'missing' };
}
