/**
 * What lies on the disk against what the ledger signed for: pure. A head covers every record before it, header frames
 * included, so the largest one decides; the ones before it say how far a recording that contradicts it is still proven.
 */
import { sayingsOf, type RecordingState } from '../ledger/rules.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import { sameErased, type ErasedHead } from '../recording/erased.ts';
import { isCount } from '../recording/json.ts';
import type { TreeHead } from '../types/head.ts';
import type { HeaderFacts, Walk } from '../recording/walk.ts';

/**
 * `shorter`: whole records are missing. `other`: they are not those. `longer`: it goes on after its end. `start`: a header that nobody signed for names another
 * person, policy or recipients. `erased`: other pieces of it are erased than two have signed for, or some are here again.
 */
export type ContradictionCode = 'shorter' | 'other' | 'longer' | 'start' | 'erased';

export interface Judgement {
  /** The largest head that the ledger signed for. */
  readonly signed: TreeHead;
  /** The tree over the whole records that are there. */
  readonly found: TreeHead;
  /** How many of them are those that were signed for. */
  readonly proven: number;
  readonly contradiction: ContradictionCode | undefined;
  /** What is wrong, a sentence; undefined where nothing is. */
  readonly sentence: string | undefined;
}

/** What the ledger says of a recording, in its events. */
export interface Known {
  readonly state: RecordingState;
  /** Its `recording.start`. */
  readonly start: LedgerEvent | undefined;
  /** Every head that was signed for, ascending. */
  readonly heads: readonly TreeHead[];
}

/** A policy that came into force. */
export interface KnownPolicy {
  /** Number of its event. */
  readonly seq: number;
  readonly sha256: string;
  /** Kids of its audit keys, in order. */
  readonly auditKeys: readonly string[];
}

/** @param events those that took policies into force, oldest first. */
export function policiesOf(events: readonly LedgerEvent[]): KnownPolicy[] {
  return events.flatMap(({ seq, detail: { sha256, auditKeys } = {} }) =>
    typeof sha256 === 'string' && Array.isArray(auditKeys) ? [{ seq, sha256, auditKeys: auditKeys as string[] }] : [],
  );
}

/** @param events of the recording, oldest first, as the ledger vouches for them. */
export function knownOf(recording: string, state: RecordingState, events: readonly LedgerEvent[]): Known {
  const heads = events
    .flatMap(sayingsOf)
    .flatMap(({ recording: of, detail: { size, root } }): TreeHead[] =>
      of === recording && isCount(size) && typeof root === 'string' ? [{ size, root }] : [],
    );
  return { state, start: events.find(({ action }) => action === 'recording.start'), heads };
}

/** Sizes of the trees whose roots a judgement needs. */
export function sizesOf({ heads, state }: Known): number[] {
  return [state.head.size, ...heads.map(({ size }) => size)];
}

/**
 * @param policies all that were in force, oldest first: read after the walk where the recording is being written.
 * @param walk made with the roots of `sizesOf(known)`.
 */
export function judge(
  recording: string,
  known: Known,
  policies: readonly KnownPolicy[],
  walk: Pick<Walk, 'head' | 'roots' | 'headers' | 'fault' | 'erased'>,
): Judgement {
  const { state, heads } = known;
  const { head: signed, closed } = state;
  const { head: found, roots, headers, fault } = walk;
  const stands = ({ size, root }: TreeHead): boolean => size === 0 || roots.get(size) === root;
  const proven = Math.max(0, ...[signed, ...heads].filter(stands).map(({ size }) => size));
  const result = (contradiction: ContradictionCode | undefined, what?: string): Judgement => ({
    signed,
    found,
    proven,
    contradiction,
    sentence: what === undefined ? undefined : `Recording ${recording} is not what the ledger signed for: ${what} ${provenText(proven, found.size)}`,
  });
  const strange = strangeHeader(headers, known.start, policies);
  // A header that a head covers was written by its recorder.
  if (strange && strange.header.firstSeq >= proven) return result('start', `the header of its segment ${strange.header.segment} names ${strange.what}.`);
  if (found.size < signed.size)
    return result('shorter', `the ledger has a head of ${signed.size} records, and ${found.size} whole ones are there.${fault ? ` ${fault.message}` : ''}`);
  if (!stands(signed)) return result('other', `its first ${signed.size} records have another root than the one that was signed.`);
  if (!sameErased(walk.erased, state.erased)) return result('erased', erasedText(walk.erased, state.erased));
  // What its recorder did not end goes on behind its last signed head: that is kept, and not proven.
  if (closed === 'recording.end' && found.size > signed.size)
    return result('longer', `it was closed with ${signed.size} records, and ${found.size} are there.`);
  if (closed === 'recording.end' && fault) return result('longer', `behind its ${found.size} records stands what is none. ${fault.message}`);
  return result(undefined);
}

function erasedText(there: ErasedHead | null, known: ErasedHead | null): string {
  if (!known) return `pieces of ${there!.records} of its records are erased, and nobody has signed for that.`;
  return `the ledger says that pieces of ${known.records} of its records were erased, and ${there ? 'others are' : 'they are here'}: an erasure was cut off (wardmux erase finishes it), or files came back out of a copy.`;
}

function provenText(proven: number, found: number): string {
  if (found === 0) return 'Nothing of it is there.';
  return proven === 0 ? `None of the ${found} records there is proven.` : `Proven: ${proven} of the ${found} records there.`;
}

/**
 * The first header that contradicts what the ledger says of the recording's beginning. A later segment may be under another
 * policy: one that came into force after that of the segment before it. Then it is sealed to the audit keys of that one.
 */
function strangeHeader(
  headers: readonly HeaderFacts[],
  start: LedgerEvent | undefined,
  policies: readonly KnownPolicy[],
): { readonly header: HeaderFacts; readonly what: string } | undefined {
  if (!start) return undefined;
  const { detail = {}, person, installation } = start;
  let inForce = policies.findLastIndex(({ seq, sha256 }) => seq < start.seq && sha256 === detail['policySha256']);
  const owners = (detail['recipients'] as readonly string[]).filter((kid) => !policies[inForce]?.auditKeys.includes(kid));
  let policy = { sha256: detail['policySha256'], recipients: detail['recipients'] as readonly string[] };
  for (const header of headers) {
    if (header.segment > 0 && header.policySha256 !== policy.sha256) {
      const next = policies.findIndex(({ sha256 }, i) => i > inForce && sha256 === header.policySha256);
      if (inForce < 0 || next < 0) return { header, what: 'a policy that did not come into force after the one before it' };
      inForce = next;
      policy = { sha256: header.policySha256, recipients: [...owners, ...policies[next]!.auditKeys] };
    }
    const same: Readonly<Record<string, boolean>> = {
      installation: header.installation === installation,
      person: header.person === person,
      role: header.role === detail['role'],
      class: header.class === detail['class'],
      reason: header.reason === detail['reason'],
      emergency: header.breakGlass === (detail['breakGlass'] ?? null),
      policy: header.policySha256 === policy.sha256,
      recipients: JSON.stringify(header.recipients.map(({ kid }) => kid)) === JSON.stringify(policy.recipients),
    };
    const other = Object.keys(same).find((name) => !same[name]);
    if (other !== undefined) return { header, what: `another ${other} than the ledger has for it` };
  }
  return undefined;
}
