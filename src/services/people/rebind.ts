/**
 * New keys for somebody who has lost everything that opens theirs: no passphrase, no passkey, no code is left. Two security admins who have seen that it is
 * them sign the same request, and they choose a passphrase of their own, which neither sees. Id, name and roles stay. What was recorded before is sealed to
 * the keys of before, of which the private halves go: only the audit keys of its policies open it (docs/keys.md).
 */
import { keyText } from '../../ledger/certificate.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { KnownPerson } from '../../ledger/person-facts.ts';
import { UnlockError } from '../../people/errors.ts';
import { openWithCode } from '../../people/person.ts';
import { dropOthers, factsOf, readPinned, slotsIn, stagePerson, takeStaged } from '../../people/pinned.ts';
import { readCode } from '../../people/recovery-code.ts';
import { dropHalves, StoredHalves } from '../../people/stored-half.ts';
import type { Person, PersonRecord } from '../../people/types.ts';
import { Refusal } from '../../types/refusal.ts';
import type { IdentityCheckWord } from '../../types/words.ts';
import { decided, secondNeeded } from '../deeds/decide.ts';
import { dropWorkspace, prepareEnrolment, somebodyElse, stillMay, type NewPerson, type PeopleParts } from './people.ts';

/** How it is known who it is: in a word, or by a code of their printed sheet, which stands for that. */
export type Shown = { readonly checked: Exclude<IdentityCheckWord, 'recovery-code'> } | { readonly checked: 'recovery-code'; readonly code: string };

/**
 * Who could do it together: at least two, of whom neither is whom it is about, nor put there by the other alone.
 * @throws Refusal where it takes more people than there are: nobody need type anything then
 */
export function rebinders(facts: LedgerFacts, id: string): readonly string[] {
  const may = facts.deciders(id);
  if (facts.quorum(new Date().toISOString(), undefined, id).seconds.length > 0) return may;
  throw new Refusal(
    'second-needed',
    `New keys take two security admins who are somebody else, and of whom one alone has not put the other there. ${may.length === 0 ? 'There is none' : may.length === 1 ? `Here there is one: ${may[0]}` : `Here one has put the other there: ${may.join(', ')}`}. Nothing was changed. Until there are, somebody who lost everything works in an emergency (docs/break-glass.md) or is enrolled anew by another name.`,
  );
}

/**
 * Whether somebody can be given new keys now, by who asks. @returns who could be the second
 * @throws Refusal
 */
export function requireRebindable(
  facts: LedgerFacts,
  admin: Pick<PeopleParts['admin'], 'id'>,
  id: string,
): { readonly known: KnownPerson; readonly others: readonly string[] } {
  const known = somebodyElse(facts, admin, id);
  if (known.state !== 'active')
    throw new Refusal('not-active', `${id} is ${known.state}, and cannot come in: let them in again first. Nothing was changed. See: wardmux person list`);
  rebinders(facts, id);
  return { known, others: facts.quorum(new Date().toISOString(), admin.id, id).seconds };
}

/** Their own part: new keys, and a slot that their new passphrase opens. Nothing is written, and their identity is closed again. @throws Refusal */
export const prepareRebind = ({ id, name }: Pick<Person, 'id' | 'name'>, more: Omit<NewPerson, 'name' | 'id'>): Promise<PersonRecord> =>
  prepareEnrolment({ ...more, id, name });

/**
 * @param record of `prepareRebind`.
 * @throws Refusal, UnlockError `wrong-code`, PersonRefused, StorageFault, LedgerError: then nothing was changed.
 */
export async function rebind(parts: PeopleParts, record: PersonRecord, shown: Shown): Promise<void> {
  const { home, ledger, admin } = parts;
  const { id } = record;
  const { known, others } = requireRebindable(ledger.facts, admin, id);
  // A record that is damaged or away is to be restored first: the public key in it is what their exports are checked with from here on.
  const before = readPinned(home, ledger.facts, id);
  if (!before) throw new Refusal('unknown-person', `There is no record of ${id} here. Nothing was changed.`);
  if (!parts.second || !others.includes(parts.second.id)) throw secondNeeded('New keys take two people', others);
  if (shown.checked === 'recovery-code') await requireCode(parts, before, shown.code);
  const facts = factsOf(record);
  const { checked } = shown;
  const signatures = await decided(ledger.installation, parts, { deed: 'rebind', person: id, ...facts, checked, after: known.seq }, others);
  stagePerson(home, record);
  const still = stillMay(parts, 'person.rebind', { id, known });
  const detail = {
    ...facts,
    by: admin.id,
    ...signatures,
    change: 'rebound',
    slot: record.slots[0]!.id,
    checked,
    formerKey: keyText(before.signingKey),
  } as const;
  const { seq } = await ledger.append(
    { action: 'person.keys', person: id, detail },
    {
      before: () => {
        still.before?.();
        if (ledger.facts.person(id)?.seq !== known.seq)
          throw new Refusal(
            'changed-meanwhile',
            `The key slots of ${id} were changed meanwhile: somebody can open them. Nothing was changed. Look at: wardmux person slots`,
          );
      },
    },
  );
  if (ledger.facts.person(id)?.seq !== seq)
    throw new Refusal('not-permitted', 'It was entered, and does not count: roles were changed meanwhile. Look at: wardmux person list');
  const gone = slotsIn(home, id);
  takeStaged(home, record);
  dropOthers(home, id);
  // Sealed under a key that is gone; nobody can read how their windows were called.
  dropWorkspace(home, id);
  await dropHalves(new StoredHalves(home), gone, record.slots);
}

/** One of their own codes, that was not used. @throws Refusal, UnlockError; a code that is none of theirs is an event */
async function requireCode({ ledger }: PeopleParts, person: Person, code: string): Promise<void> {
  const secret = readCode(code);
  if (!secret)
    throw new Refusal(
      'no-code',
      'This is no recovery code: it has 28 letters and digits, seven groups of four, and one of them is missing or wrong. Nothing was changed.',
    );
  try {
    openWithCode(person, secret).destroy();
  } catch (error) {
    if (error instanceof UnlockError && error.code === 'wrong-code')
      await ledger.append({ action: 'recovery.refused', person: person.id, detail: { reason: 'wrong-code' } });
    throw error;
  } finally {
    secret.fill(0);
  }
}
