/** The policy in the window: what is in force, since when and by whom, and what policy.json would change. Taking that into force is a deed of main/deciding/people.ts. */
import type { Output } from '../../src/bridge/schema.ts';
import type { LedgerFacts } from '../../src/ledger/facts.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { readPinned } from '../../src/people/pinned.ts';
import { policyInForce, policyVersions, proposalSentence, weakenings, type ChangedPolicy } from '../../src/policy/index.ts';
import { nameOf } from '../../src/services/people/people.ts';
import { needsSecond } from '../../src/services/policy/change.ts';
import { slotViews } from '../../src/services/people/slots.ts';
import type { Home } from '../../src/storage/index.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { sentenceOf } from '../../src/types/sentence.ts';
import type { Gate } from '../gate.ts';
import type { InstalledHolder } from '../installed.ts';

/** So many fields, and so many versions, are shown; all of them: `wardmux policy diff`, `wardmux policy history`. */
const MOST = { changes: 200, versions: 8 } as const;

/** What of a policy that is not in force differs, for the page: the weaker first. */
export function changesOf({ differences }: Pick<ChangedPolicy, 'differences'>): Output<'people.asked'>['changes'] {
  const weaker = new Set(weakenings(differences));
  return [...weaker, ...differences.filter((one) => !weaker.has(one))]
    .slice(0, MOST.changes)
    .map(({ path, before, after, direction }) => ({ field: path, before, after, direction }));
}

/** Nobody signs in the window what the window does not show them. @throws Refusal where more changes than it shows */
function requireShown({ differences }: Pick<ChangedPolicy, 'differences'>): void {
  if (differences.length > MOST.changes)
    throw new Refusal(
      'too-many',
      `${differences.length} fields change, and this page shows ${MOST.changes}. Read all of them with wardmux policy diff, and take them into force with wardmux policy accept.`,
    );
}

/** What policy.json asks for, as it was shown. @throws Refusal where it is another one by now, or more than can be shown */
export function wishOf(home: Home, facts: LedgerFacts, sha256: string): { readonly before: string; readonly proposal: ChangedPolicy } {
  const { proposal, sha256: before } = policyInForce(home, facts);
  if (proposal?.kind === 'changed' && proposal.sha256 === sha256) {
    requireShown(proposal);
    return { before, proposal };
  }
  throw new Refusal('changed-meanwhile', 'policy.json is another one by now. Nothing was changed: look at it again.');
}

/** In words, for both who sign. */
export function wishWords({ differences, rollbackTo, sha256 }: ChangedPolicy): string {
  const weaker = weakenings(differences).length;
  const what = rollbackTo === undefined ? 'another policy' : `version ${rollbackTo} of the policy, which was in force before,`;
  return `Take ${what} into force (${sha256.slice(0, 16)}): ${differences.length} ${differences.length === 1 ? 'field changes' : 'fields change'}, ${weaker === 0 ? 'none gets weaker' : `${weaker} of them ${weaker === 1 ? 'gets' : 'get'} weaker`}.`;
}

export interface PolicyPageParts {
  readonly home: Home;
  readonly gate: Pick<Gate, 'requireSession'>;
  readonly installed: Pick<InstalledHolder, 'require'>;
}

/** @throws Refusal, StorageFault, LedgerError */
export async function lookAtPolicy({ home, gate, installed }: PolicyPageParts): Promise<Output<'policy.look'>> {
  const { id } = gate.requireSession().person;
  const ledger: Pick<Ledger, 'facts' | 'refresh' | 'policyEvents'> = installed.require().ledger;
  await ledger.refresh();
  const { facts } = ledger;
  const named = (who: string | null): string | null => who && (nameOf(home, facts, who) ?? who);
  const versions = policyVersions((await ledger.policyEvents()).map(({ event }) => event));
  const { proposal, policy } = policyInForce(home, facts);
  const deciders = facts.deciders();
  const own = readPinned(home, facts, id);
  return {
    class: policy.workstation.class,
    versions: versions
      .slice(-MOST.versions)
      .reverse()
      .map(({ version, from, by, second, sha256, rollbackTo, changes }) => ({
        version,
        from,
        by: named(by),
        second: named(second),
        sha256,
        rollbackTo,
        weaker: changes.filter(({ direction }) => direction === 'weaker').length,
      })),
    wish: proposal ? wishView(home, facts, id, proposal) : null,
    may: deciders.includes(id),
    who: deciders.map((each) => named(each)!),
    own: own ? slotViews(own, facts).map(({ kind }) => kind) : [],
  };
}

type Wish = NonNullable<Output<'policy.look'>['wish']>;

function wishView(home: Home, facts: LedgerFacts, by: string, proposal: Parameters<typeof proposalSentence>[1]): Wish {
  if (proposal.kind !== 'changed') return { sha256: null, words: proposalSentence(home, proposal), changes: [], more: 0, second: null, why: null };
  const changes = changesOf(proposal);
  const about = { sha256: proposal.sha256, words: wishWords(proposal), changes, more: proposal.differences.length - changes.length };
  try {
    requireShown(proposal);
    return { ...about, second: needsSecond(facts, proposal, by)?.map((each) => nameOf(home, facts, each) ?? each) ?? null, why: null };
  } catch (error) {
    return { ...about, second: null, why: sentenceOf(error) };
  }
}
