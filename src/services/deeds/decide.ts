/**
 * Who signs what is decided here about people and policy: one who may, or two, over the same request. Where the keys are open is the surface's own: this
 * process, or the vault's.
 */
import { hash } from 'node:crypto';
import type { LedgerFacts } from '../../ledger/facts.ts';
import { certify, deedText, type Certificate, type Decided, type DeedRequest } from '../../ledger/certificate.ts';
import type { Identity } from '../../people/types.ts';
import { Refusal } from '../../types/refusal.ts';

/** Somebody who decides: their key signs requests, and nothing that anybody hands it. */
export interface Decider {
  readonly id: string;
  /** @param by who asks: one whom this is, or with whom they agree. @throws Refusal */
  readonly certify: (installation: string, by: string, request: DeedRequest) => Promise<Certificate>;
}

/** Somebody whose identity is open in this process. */
export const deciderOf = (identity: Pick<Identity, 'person' | 'sign'>): Decider => ({
  id: identity.person.id,
  certify: (installation, by, request) => certify(deedText(installation, by, request), identity.person.signingKey, (bytes) => identity.sign(bytes)),
});

export interface Deciders {
  /** Who asks. */
  readonly admin: Decider;
  /** Who agrees, where it takes two. */
  readonly second?: Decider | undefined;
  /** When it was asked for, where that was before now: a moment. */
  readonly asked?: string | undefined;
  /** Told the digest of what both sign, before they do. */
  readonly signing?: ((sha256: string) => void) | undefined;
}

/** The digest of a request, which is shown to both beside its words: lower-case hex. */
export const requestDigest = (installation: string, by: string, request: DeedRequest): string => hash('sha256', deedText(installation, by, request), 'hex');

/**
 * Has a request signed by whoever has to sign it.
 * @param others who could agree; undefined where one decides. @throws Refusal `second-needed`
 */
export async function decided(
  installation: string,
  { admin, second, asked, signing }: Deciders,
  request: DeedRequest,
  others: readonly string[] | undefined,
): Promise<Decided> {
  if (!others) return admin.certify(installation, admin.id, request);
  if (!second || !others.includes(second.id)) throw secondNeeded('This takes two people who may decide it', others);
  const both = { ...request, asked: asked ?? new Date().toISOString() } as DeedRequest & { readonly asked: string };
  signing?.(requestDigest(installation, admin.id, both));
  const [one, other] = await Promise.all([admin, second].map((each) => each.certify(installation, admin.id, both)));
  return { ...one!, second: second.id, secondKey: other!.byKey, secondSignature: other!.signature, asked: both.asked };
}

/** @param why a sentence without its end. @param others who could agree */
export const secondNeeded = (why: string, others: readonly string[]): Refusal =>
  new Refusal(
    'second-needed',
    `${why}: a second one has to agree, who may too and is somebody else: ${others.join(', ') || 'nobody here may'}. Nothing was changed.`,
  );

/**
 * Who could agree to what is for two; undefined where one decides.
 * @param by who asks; undefined where that is not known yet: all who may then @param about whom it is about @param now a moment
 * @throws Refusal `second-needed` where it takes two, and nobody here could be the second
 */
export function secondsFor(
  facts: Pick<LedgerFacts, 'quorum'>,
  by: string | undefined,
  about: string | undefined,
  now = new Date().toISOString(),
): readonly string[] | undefined {
  const { seconds, until } = facts.quorum(now, by, about);
  if (until !== undefined) throw waiting(until);
  return seconds.length > 0 ? seconds : undefined;
}

/** @param until a moment */
export const waiting = (until: string): Refusal =>
  new Refusal(
    'second-needed',
    `This takes two people who may decide it, and whoever could have been the second was put out less than 7 days ago. Until ${until} nobody decides it alone. Nothing was changed. Whoever was only disabled is let in again by: wardmux person enable ID`,
  );
