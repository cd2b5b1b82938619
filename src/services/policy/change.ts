/**
 * Takes a policy into force, for whoever may. What makes the workstation weaker is not for one person to decide where more than one may: a second of them
 * has to be there, and both sign the same request. An event without both counts for nothing (src/ledger/policy-facts.ts); here it is not even entered.
 */
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { acceptPolicy, weakenings, type ChangedPolicy } from '../../policy/index.ts';
import type { Home } from '../../storage/index.ts';
import { Refusal } from '../../types/refusal.ts';
import { requireStillMay } from '../deeds/admit.ts';
import { decided, secondNeeded, secondsFor, type Deciders } from '../deeds/decide.ts';
import { requireList } from './revocations.ts';

type Facts = Pick<LedgerFacts, 'person' | 'quorum'>;

/**
 * Who could agree to a weakening, where that takes two; undefined where one is enough: nothing is weaker, or nobody else may.
 * @param by undefined where it is not known yet who asks: all who may then @throws Refusal `second-needed` where nobody here could be the second
 */
export const needsSecond = (
  facts: Pick<Facts, 'quorum'>,
  proposal: Pick<ChangedPolicy, 'differences'>,
  by: string | undefined,
): readonly string[] | undefined => (weakenings(proposal.differences).length > 0 ? secondsFor(facts, by, undefined) : undefined);

export interface PolicyChangeParts extends Deciders {
  readonly home: Home;
  readonly ledger: Pick<Ledger, 'append' | 'facts' | 'installation'>;
  readonly proposal: ChangedPolicy;
}

/**
 * Both who ask may decide now, however long ago they were let in, and where it takes two there are two.
 * @returns who could agree, where it takes two. @throws Refusal
 */
function requireDeciders(facts: Facts, proposal: ChangedPolicy, by: string, second: string | undefined): readonly string[] | undefined {
  for (const each of second === undefined ? [by] : [by, second]) requireStillMay(facts, each, 'policy.accept');
  const others = needsSecond(facts, proposal, by);
  if (others && (second === undefined || !others.includes(second)))
    throw secondNeeded('This makes the workstation weaker, and more than one person may decide that', others);
  return others;
}

/** @returns the version. @throws Refusal, LedgerError, StorageFault; nothing has changed then */
export async function changePolicy({ home, ledger, proposal, admin, second, ...how }: PolicyChangeParts): Promise<number> {
  // Once before anybody signs, and once under the ledger's lock, with everything that others have entered.
  const ask = (): readonly string[] | undefined => requireDeciders(ledger.facts, proposal, admin.id, second?.id);
  const others = ask();
  await requireList(home, ledger.facts, proposal.loaded.policy);
  const request = { deed: 'policy', previousSha256: ledger.facts.policy?.sha256 ?? '', sha256: proposal.sha256 } as const;
  const agreed = others && (await decided(ledger.installation, { admin, second, ...how }, request, others));
  const version = await acceptPolicy(home, ledger, proposal, admin.id, agreed, { before: () => void ask() });
  if (ledger.facts.policy?.sha256 !== proposal.sha256)
    throw new Refusal('not-permitted', 'It was entered, and does not count: who may decide was changed meanwhile. Look at: wardmux policy history');
  return version;
}
