/**
 * Emergencies, wherever they are dealt with: the entry that two processes make together, a drill, a review. The rules themselves are the ledger's
 * (src/ledger/break-glass-facts.ts): what is entered here and passed over there has not happened.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { EMERGENCY } from '../../access/index.ts';
import { lookAtWords, wordsDigest } from '../../break-glass/index.ts';
import { readSmall, writeAtomic } from '../../disk/atomic.ts';
import { StorageFault } from '../../disk/fault.ts';
import { certify, drillText, reviewText, type Certificate } from '../../ledger/certificate.ts';
import { reviewsOwn, type EmergencyFacts } from '../../ledger/break-glass-facts.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import { ledgerPaths } from '../../ledger/files.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { releaseRoom } from '../../ledger/room.ts';
import type { Identity } from '../../people/types.ts';
import type { WordsLook } from '../../recording/sealed-words.ts';
import type { SegmentOpener } from '../../recording/types.ts';
import type { Home } from '../../storage/home.ts';
import { Refusal } from '../../types/refusal.ts';
import type { ReviewFinding } from '../../types/words.ts';
import { requireStillMay } from '../deeds/admit.ts';

export const newEmergencyId = (): string => `b-${randomBytes(6).toString('hex')}`;

const wordsPath = (home: Pick<Home, 'emergencies'>, id: string): string => join(home.emergencies, `${id}.json`);

/**
 * Keeps the sealed words, on a full disk in the room that the ledger holds back.
 * @returns the digest for the ledger. @throws StorageFault
 */
export function keepWords(home: Pick<Home, 'emergencies' | 'ledger'>, id: string, file: Uint8Array): string {
  const write = (): void => writeAtomic(wordsPath(home, id), file);
  try {
    write();
  } catch (error) {
    if (!(error instanceof StorageFault) || error.code !== 'disk-full' || !releaseRoom(ledgerPaths(home.ledger).reserve)) throw error;
    write();
  }
  return wordsDigest(file);
}

/** What there is of the words of an emergency. `none`: they gave none. */
export const lookAtEmergency = async (
  home: Pick<Home, 'emergencies'>,
  { id, text }: EmergencyFacts,
  opener?: Pick<SegmentOpener, 'kid' | 'open'>,
): Promise<WordsLook | { readonly state: 'none' }> => (text === null ? { state: 'none' } : lookAtWords(id, text, readSmall(wordsPath(home, id)), opener));

interface Parts {
  readonly ledger: Pick<Ledger, 'append' | 'facts' | 'installation'>;
  /** Of whoever does it: open. */
  readonly identity: Pick<Identity, 'person' | 'sign'>;
}

/** Whoever has the role of emergencies has opened their identity for it, which is what a drill tries. @throws Refusal, LedgerError */
export async function drill({ ledger, identity }: Parts): Promise<void> {
  const { person } = identity;
  const after = ledger.facts.drill(person.id)?.seq ?? null;
  const certificate = await certify(drillText({ installation: ledger.installation, person: person.id, after }), person.signingKey, (bytes) =>
    identity.sign(bytes),
  );
  const before = (): void => requireStillMay(ledger.facts, person.id, 'break-glass.drill');
  const { seq } = await ledger.append({ action: 'breakglass.drill', person: person.id, detail: { ...certificate } }, { before });
  if (ledger.facts.drill(person.id)?.seq !== seq) throw passedOver('Two drills of one person met. Try it again.');
}

/** The emergency that is meant. @throws Refusal */
export function requireEmergency(facts: Pick<LedgerFacts, 'emergencies'>, id: string): EmergencyFacts {
  const found = facts.emergencies.all.find((one) => one.id === id);
  if (found) return found;
  throw new Refusal('unknown-emergency', `There is no emergency ${JSON.stringify(id.slice(0, 40))} here. Look at: wardmux breakglass list`);
}

/** Why this person cannot review it, as a sentence; undefined where they can, if their roles let them. */
export function emergencyReviewFault(facts: Pick<LedgerFacts, 'person' | 'hand'>, one: EmergencyFacts, person: string): string | undefined {
  if (one.end === null) return `${one.id} runs still. It is reviewed when it is over.`;
  if (one.review) return `${one.id} was reviewed by ${one.review.by} at ${one.review.time}.`;
  if (person === one.person || person === one.second) return `Nobody reviews their own work, and you were in ${one.id}. Another auditor does.`;
  const now = new Date().toISOString();
  if (reviewsOwn({ person: (id) => facts.person(id) }, one, person, now))
    return `Nobody reviews their own work, and until 90 days are over you count as ${facts.hand(person, now)}, who was in ${one.id} and alone has made you an auditor. Another auditor does.`;
  return undefined;
}

/** What is signed of an emergency that somebody else was in. */
interface EmergencyReviewing {
  readonly breakGlass: string;
  /** Number of the event with which it began. */
  readonly start: number;
  readonly finding: ReviewFinding;
}

/** Signs it: where the identity is open. */
export function certifyEmergencyReview(installation: string, identity: Parts['identity'], said: EmergencyReviewing): Promise<Certificate> {
  const { person } = identity;
  return certify(reviewText({ installation, ...said, by: person.id }), person.signingKey, (bytes) => identity.sign(bytes));
}

interface EmergencyReviewParts extends Pick<Parts, 'ledger'> {
  /** Id of whoever reviews. */
  readonly by: string;
  readonly certify: (said: EmergencyReviewing) => Promise<Certificate>;
}

/** Somebody else closes an emergency. @throws Refusal, LedgerError */
export async function reviewEmergency({ ledger, by, certify }: EmergencyReviewParts, id: string, finding: ReviewFinding): Promise<void> {
  const require = (): EmergencyFacts => {
    const one = requireEmergency(ledger.facts, id);
    const fault = emergencyReviewFault(ledger.facts, one, by);
    if (fault !== undefined) throw new Refusal('not-reviewed', `${fault} Nothing was entered.`);
    return one;
  };
  const { seq: start } = require();
  const certificate = await certify({ breakGlass: id, start, finding });
  const before = (): void => {
    requireStillMay(ledger.facts, by, 'break-glass.review');
    require();
  };
  await ledger.append({ action: 'breakglass.review', person: by, detail: { breakGlass: id, finding, ...certificate } }, { before });
  if (requireEmergency(ledger.facts, id).review?.by !== by) throw passedOver('Look at: wardmux breakglass list');
}

const passedOver = (what: string): Refusal => new Refusal('not-permitted', `It was entered, and does not count: something changed meanwhile. ${what}`);

/** Whether somebody can break the glass alone, by the events so far. */
export const isEmergencyPerson = (facts: Pick<LedgerFacts, 'person'>, id: string): boolean => {
  const known = facts.person(id);
  return known?.state === 'active' && known.roles.includes(EMERGENCY);
};

/** Whether whoever works in it is still somebody here, and has what they began it by: that role alone, or an operator’s with another one. */
export const mayStillWorkIn = (facts: Pick<LedgerFacts, 'person'>, { person, second }: Pick<EmergencyFacts, 'person' | 'second'>): boolean => {
  const known = facts.person(person);
  return known?.state === 'active' && known.roles.includes(second === null ? EMERGENCY : 'operator');
};
