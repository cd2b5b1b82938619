/**
 * Takes a policy into force, for whoever may. What makes the workstation weaker is not for one person to decide where more than one may: a second of them
 * has to be there, and both sign the same request. Both signatures are in the event, so that an auditor can check them; the door that asks for them is here.
 */
import { hash } from 'node:crypto';
import { certify, type Certificate } from '../ledger/certificate.ts';
import { mayBy } from '../ledger/entitled.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Identity } from '../people/types.ts';
import { acceptPolicy, weakenings, type ChangedPolicy } from '../policy/index.ts';
import type { Home } from '../storage/index.ts';
import { Refusal } from '../types/refusal.ts';
import { requireStillMay } from './admit.ts';

type Facts = Pick<LedgerFacts, 'active' | 'person'>;

/** Who may take a policy into force now. */
const deciders = (facts: Facts): string[] => facts.active().filter((id) => mayBy(facts, id, 'policy.accept'));

/** Who may decide over a weakening, where that takes two of them; undefined where one is enough: nothing is weaker, or nobody else may. */
export function needsSecond(facts: Facts, proposal: Pick<ChangedPolicy, 'differences'>): readonly string[] | undefined {
  const may = deciders(facts);
  return weakenings(proposal.differences).length > 0 && may.length > 1 ? may : undefined;
}

export interface PolicyRequest {
  readonly installation: string;
  readonly previousSha256: string;
  readonly sha256: string;
  /** Who asks, and who agrees. */
  readonly by: string;
  readonly second: string;
}

/** What both sign: UTF-8 of JSON without spaces. */
export function requestText({ installation, previousSha256, sha256, by, second }: PolicyRequest): Buffer {
  return Buffer.from(JSON.stringify(['wardmux/v1/policy', installation, previousSha256, sha256, by, second]), 'utf8');
}

export interface PolicyChangeParts {
  readonly home: Home;
  readonly ledger: Pick<Ledger, 'append' | 'facts' | 'installation'>;
  readonly proposal: ChangedPolicy;
  /** Open, and let in for this. */
  readonly by: Pick<Identity, 'person' | 'sign'>;
  readonly second?: Pick<Identity, 'person' | 'sign'> | undefined;
  /** Told what both sign, before they do. */
  readonly signing?: ((request: string) => void) | undefined;
}

/**
 * Both who ask may decide now, however long ago they were let in, and where it takes two there are two.
 * @returns whether it takes two. @throws Refusal
 */
function requireDeciders(facts: Facts, proposal: ChangedPolicy, by: string, second: string | undefined): boolean {
  for (const each of second === undefined ? [by] : [by, second]) requireStillMay(facts, each, 'policy.accept');
  const others = needsSecond(facts, proposal)?.filter((id) => id !== by);
  if (others && (second === undefined || second === by))
    throw new Refusal(
      'second-needed',
      `This makes the workstation weaker, and more than one person may decide that: a second one has to agree, who may too and is somebody else: ${others.join(', ')}. Nothing was changed.`,
    );
  return others !== undefined;
}

/** @returns the version. @throws Refusal, LedgerError, StorageFault; nothing has changed then */
export async function changePolicy({ home, ledger, proposal, by, second, signing }: PolicyChangeParts): Promise<number> {
  // Once before anybody signs, and once under the ledger's lock, with everything that others have entered.
  const ask = (): boolean => requireDeciders(ledger.facts, proposal, by.person.id, second?.person.id);
  const together = { before: () => void ask() };
  if (!ask() || !second) return acceptPolicy(home, ledger, proposal, by.person.id, undefined, together);
  const previousSha256 = ledger.facts.policy?.sha256 ?? '';
  const request = requestText({ installation: ledger.installation, previousSha256, sha256: proposal.sha256, by: by.person.id, second: second.person.id });
  signing?.(hash('sha256', request, 'hex'));
  const [one, two] = await Promise.all(
    [by, second].map((identity): Promise<Certificate> => certify(request, identity.person.signingKey, (bytes) => identity.sign(bytes))),
  );
  const agreed = {
    second: second.person.id,
    byKey: one!.byKey,
    signature: one!.signature,
    secondKey: two!.byKey,
    secondSignature: two!.signature,
  };
  return acceptPolicy(home, ledger, proposal, by.person.id, agreed, together);
}
