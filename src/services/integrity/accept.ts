/**
 * Signs for the program's files as they are: whoever may, with their own key and a note; two of them for others than those that were signed for before, where two
 * may decide. An event without both counts for nothing (src/ledger/baseline-facts.ts); here it is not even entered.
 */
import { readSmall, writeAtomic } from '../../disk/atomic.ts';
import { baselineEntry, baselineRequest, keepList, type Program } from '../../integrity/baseline.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { sealedWords, type WordsLook } from '../../recording/sealed-words.ts';
import type { Recipient, SegmentOpener } from '../../recording/types.ts';
import type { Home } from '../../storage/index.ts';
import { Refusal } from '../../types/refusal.ts';
import { requireStillMay } from '../deeds/admit.ts';
import { decided, secondNeeded, secondsFor, type Deciders } from '../deeds/decide.ts';
import { checkNote, pathOfNote } from '../ledger/alerts.ts';

const notes = sealedWords('baseline-note');
const NOTHING = 'Nothing was accepted.';

/** Who could agree, where it takes two: for any files but the first ones. Undefined where one is enough. @param by undefined where it is not known yet who asks @throws Refusal `second-needed` */
export const acceptSeconds = (facts: Pick<LedgerFacts, 'quorum' | 'integrity'>, by: string | undefined): readonly string[] | undefined =>
  facts.integrity.baseline ? secondsFor(facts, by, undefined) : undefined;

/** @throws Refusal where it is no note */
export const checkAcceptNote = (note: string): string => checkNote(note, NOTHING);

interface AcceptParts extends Deciders {
  readonly home: Home;
  readonly ledger: Pick<Ledger, 'append' | 'facts' | 'installation'>;
  /** Those of the policy in force, and whoever signs. */
  readonly recipients: readonly Recipient[];
}

/** Enters that the program's files are these from here on. @throws Refusal, LedgerError, StorageFault: then those of before are */
export async function acceptProgram({ home, ledger, recipients, admin, second, ...how }: AcceptParts, program: Program, note: string): Promise<void> {
  const { facts } = ledger;
  const words = Buffer.from(checkAcceptNote(note), 'utf8');
  const before = facts.integrity.baseline;
  // Once before anybody signs, and once under the ledger's lock, with everything that others have entered.
  const ask = (): readonly string[] | undefined => {
    for (const each of second ? [admin.id, second.id] : [admin.id]) requireStillMay(ledger.facts, each, 'baseline.accept');
    if (ledger.facts.integrity.baseline?.seq !== before?.seq) throw new Refusal('not-accepted', `Other files were accepted meanwhile. ${NOTHING} Look again.`);
    const others = acceptSeconds(ledger.facts, admin.id);
    if (others && (!second || !others.includes(second.id)))
      throw secondNeeded('This signs for files of the program in the place of those before, and more than one person may decide that', others);
    return others;
  };
  const others = ask();
  const file = await notes.seal(program.sha256, words, recipients);
  words.fill(0);
  const digest = notes.digest(file);
  const request = baselineRequest(program, before, digest);
  const agreed = await decided(ledger.installation, { admin, second, ...how }, { deed: 'baseline', ...request }, others);
  keepList(home, program);
  writeAtomic(pathOfNote(home, digest), file);
  await ledger.append(baselineEntry(admin.id, request, agreed), { before: () => void ask() });
  if (ledger.facts.integrity.baseline?.sha256 !== program.sha256)
    throw new Refusal('not-accepted', 'It was entered, and does not count: who may decide was changed meanwhile. Look at: wardmux integrity check');
}

/** What was written when the files were accepted that are so now. `open`: nobody has written anything. */
export async function acceptNote(
  home: Home,
  { baseline }: LedgerFacts['integrity'],
  opener: Pick<SegmentOpener, 'kid' | 'open'>,
): Promise<WordsLook | { readonly state: 'open' }> {
  if (!baseline?.note) return { state: 'open' };
  return notes.look(baseline.sha256, baseline.note, readSmall(pathOfNote(home, baseline.note)), opener);
}
