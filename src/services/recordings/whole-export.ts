/** An export with nothing withheld is for two: who asks, and somebody else who may export too. Both sign the same request, and the event has both signatures. */
import { hash } from 'node:crypto';
import { twoPeople } from '../../access/two-people.ts';
import { mayBy } from '../../ledger/entitled.ts';
import { certify, wholeExportText, type Decided } from '../../ledger/certificate.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { Identity } from '../../people/types.ts';
import { requireStillMay } from '../deeds/admit.ts';
import { secondNeeded } from '../deeds/decide.ts';

const { needs } = twoPeople['export.whole'];

/** Who could agree. */
const whoAgreesToWhole = (facts: Pick<LedgerFacts, 'active' | 'person'>, by: string): string[] =>
  facts.active().filter((id) => id !== by && mayBy(facts, id, needs));

export interface WholeExport {
  readonly installation: string;
  readonly facts: Pick<LedgerFacts, 'active' | 'person'>;
  readonly recording: string;
  /** SHA-256 of the sealed purpose and recipient. */
  readonly words: string;
  readonly identity: Pick<Identity, 'person' | 'sign'>;
  readonly second: Pick<Identity, 'person' | 'sign'> | undefined;
  /** Told the digest of what both sign, before they do. */
  readonly signing?: (sha256: string) => void;
}

/** @throws Refusal `second-needed`, `not-permitted` */
export async function agreeToWhole({ installation, facts, recording, words, identity, second, signing }: WholeExport): Promise<Decided> {
  const by = identity.person.id;
  const others = whoAgreesToWhole(facts, by);
  if (!second || !others.includes(second.person.id)) throw secondNeeded('An export with nothing withheld takes two people', others);
  for (const each of [by, second.person.id]) requireStillMay(facts, each, needs);
  const asked = new Date().toISOString();
  const text = wholeExportText({ installation, recording, words, by, asked });
  signing?.(hash('sha256', text, 'hex'));
  const [one, other] = await Promise.all([identity, second].map((each) => certify(text, each.person.signingKey, (bytes) => each.sign(bytes))));
  return { ...one!, second: second.person.id, secondKey: other!.byKey, secondSignature: other!.signature, asked };
}
