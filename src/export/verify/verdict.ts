/** What a verification says: its checks, its facts, its sentences. */
import type { Access } from '../../recording/access.ts';
import type { FailureCode } from '../failures.ts';
import type { ErasedSpan } from '../heads.ts';
import type { BundleState } from '../summary.ts';

/** The steps of a verification, in order: each rests on those before it. */
export const checkNames = [
  'trust file',
  'files of the bundle',
  'installation and person',
  'ledger checkpoint',
  'ledger proofs',
  'order of the records',
  'disclosed texts and session.cast',
  'segment headers',
  'records against the ledger',
  'events of the recording',
  'amount of output',
  'end of session.cast',
  'policy and recipients',
  'recording.json',
  'signature of the installation',
  'signature of the person',
  'digests of the files',
] as const;

export interface Check {
  readonly name: (typeof checkNames)[number];
  readonly result: 'good' | 'failed' | 'not checked';
}

/** What was found, where the bundle is good. */
export interface BundleFacts {
  readonly recording: string;
  readonly installation: string;
  readonly person: string;
  readonly exportedBy: string;
  /** As whom, where and why the session was opened. */
  readonly access: Access;
  readonly state: BundleState;
  readonly records: number;
  readonly proven: number;
  /** Records after the last one that the ledger knows of: sealed in order, and not signed for. */
  readonly unproven: number;
  /** Records at the end of the proven ones that the ledger first signed for when it closed the recording after a crash. */
  readonly signedAfterCrash: number;
  /** Who opened it with a key after a crash, and had more of it signed for. Ids. */
  readonly recoveredBy: readonly string[];
  /** How often the ledger of the bundle says that the recording's files were not what was written. */
  readonly damaged: number;
  /** What two have erased of it, in the order of the ledger; left out where nothing was. */
  readonly erased?: readonly ErasedSpan[];
  /** Numbers of events that say so and that no two have signed whom the trust file knows; left out where there is none. */
  readonly uncountedErasures?: readonly number[];
  /** Of what the recording was imported, that nobody witnessed; null where it was recorded here. */
  readonly imported: string | null;
  readonly outputBytes: number;
  readonly disclosed: number;
  readonly withheld: number;
  /** Output bytes that the ledger counted and that are not disclosed; null where the ledger has no count. */
  readonly withheldOutputBytes: number | null;
  /** Whether another policy than the one that it began under had come into force before it began. */
  readonly policyReplaced: boolean;
  /** Whether each segment is sealed to a key of its person too. */
  readonly sealedToOwner: boolean;
  /** Whether verify.py in the bundle is the one that the trust file names. */
  readonly ownVerifier: boolean;
  /** Whether VERIFY.md in the bundle is the one that this verifier knows. */
  readonly ownGuide: boolean;
  /** Whether each line of allowed_signers in the bundle follows from the trust file. */
  readonly ownSigners: boolean;
  /** The installation's second signatures, ML-DSA-44: `none` where the key that signed has one half, `unchecked` where this verifier cannot check them. */
  readonly secondSignatures: 'good' | 'none' | 'unchecked';
  /** Whether checkpoint or SHA256SUMS is signed with a key of the trust file that another one came after. */
  readonly replacedKey: boolean;
  /** Algorithms of keys in the trust file that were passed over. */
  readonly unknownAlgorithms: readonly string[];
}

export interface BundleVerdict {
  readonly good: boolean;
  readonly code: FailureCode | 'good';
  /** Exit status. */
  readonly status: number;
  readonly sentence: string;
  /** What and where; empty where the bundle is good. */
  readonly detail: string;
  /** What a good verdict does not say. Sentences. */
  readonly notes: readonly string[];
  readonly facts: BundleFacts | null;
  readonly checks: readonly Check[];
}

export function goodSentence(facts: BundleFacts): string {
  return `The bundle is good: ${facts.proven} of ${facts.records} records of recording ${facts.recording} are exactly those that the ledger of ${facts.installation} signs for.${facts.imported === null ? '' : ` It was imported from a file (${facts.imported}), and nobody witnessed it.`}`;
}

export function notesOf(facts: BundleFacts): string[] {
  const notes: string[] = [];
  if (facts.imported !== null)
    notes.push(
      `The recording was imported from a file (${facts.imported}): what it shows, and all times in it, are the word of that file, which ${facts.person} brought. Proven is that it was not changed since then.`,
    );
  if (facts.unproven > 0) notes.push(`The last ${facts.unproven} records are unproven: they came after the last one that the ledger knows of.`);
  if (facts.state === 'open')
    notes.push('The ledger in this bundle has no end of the recording: it was running or interrupted when it was exported, and later records are not in it.');
  if (facts.state === 'recovered')
    notes.push(`The recording was interrupted, and more of it was signed for when it was opened with a key, by: ${facts.recoveredBy.join(', ')}.`);
  if (facts.signedAfterCrash > 0) notes.push(afterCrashNote(facts));
  if (facts.state === 'failed') notes.push('The recording could not go on: it was stopped, or its recorder was gone.');
  if (facts.damaged > 0)
    notes.push(
      `The ledger says ${facts.damaged === 1 ? 'once' : `${facts.damaged} times`} that the files of the recording were found damaged or replaced (recording.damaged): ask what was found, and which copy this bundle was made of.`,
    );
  for (const one of facts.erased ?? []) notes.push(erasedNote(one));
  for (const seq of facts.uncountedErasures ?? [])
    notes.push(
      `Event ${seq} says that something of the recording was erased, and no two people whom the trust file knows have signed that: it does not count.`,
    );
  if (facts.withheld > 0)
    notes.push(
      `${facts.withheld} of ${facts.withheld + facts.disclosed} pieces are withheld: this bundle does not show what they hold. Snapshots of the screen always are, because they repeat output${facts.withheldOutputBytes === 0 ? '; no byte of output is' : ''}.`,
    );
  if (facts.policyReplaced) notes.push('When the recording began, another policy had already come into force: it keeps to the one before.');
  if (!facts.sealedToOwner) notes.push(`Not every segment is sealed to a key of ${facts.person}: that it is theirs is this installation's word alone.`);
  if (!facts.ownVerifier)
    notes.push('The verify.py in the bundle is not the one that the trust file names: do not run it. It is of another version, or somebody else wrote it.');
  if (!facts.ownGuide)
    notes.push('The VERIFY.md in the bundle is not the one that this verifier knows: do not go by it. It is of another version, or somebody else wrote it.');
  if (!facts.ownSigners)
    notes.push(
      'allowed_signers in the bundle has a line that does not follow from the trust file: do not use it. Make your own: verify.py --allowed-signers --trust FILE',
    );
  if (facts.secondSignatures === 'unchecked')
    notes.push('The second signatures of the installation (ML-DSA-44) are there, and this verifier cannot check them: it has checked the first ones, Ed25519.');
  if (facts.replacedKey)
    notes.push(
      `The checkpoint or SHA256SUMS is signed with a key that was replaced: another one comes after it in the trust file. So it was made before that, or by somebody who has the old key.${facts.secondSignatures === 'none' ? ' That key has no second half (ML-DSA-44).' : ''}`,
    );
  if (facts.unknownAlgorithms.length > 0)
    notes.push(`The trust file has keys that this verifier cannot use, and what they signed was not checked: ${facts.unknownAlgorithms.join(', ')}.`);
  if (facts.withheldOutputBytes !== null && facts.withheldOutputBytes > 0) notes.push(`${facts.withheldOutputBytes} bytes of output are withheld.`);
  return notes;
}

function erasedNote({ by, second, time, reason, fromMs, toMs, pieces }: ErasedSpan): string {
  return `Something of the recording was erased: ${pieces} pieces, from ${fromMs} to ${toMs} ms since its start and snapshots behind that, on ${time} by ${by} and ${second}, who have signed it, because of ${reason}. They are among what is withheld, and nobody can disclose them any more.`;
}

function afterCrashNote({ signedAfterCrash: late, proven }: BundleFacts): string {
  const before = proven - late;
  return before > 0
    ? `The last ${late} of ${proven} records were signed only after a crash, when a key had opened them: the checkpoint before it covers ${before}. Trust those ${late} less.`
    : `All ${proven} records were signed only after a crash, when a key had opened them: no checkpoint before it covers any. Trust them less.`;
}
