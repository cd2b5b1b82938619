/** What may have to be said of a ledger that is not good, one function a question; which of them comes first, verify.ts says. */
import { worstGrade, type AnchorView } from '../../anchors/index.ts';
import { trustedNoteKeys, type Trust } from '../../export/trust.ts';
import type { Unentitled } from '../../ledger/entitled.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import { ledgerPaths } from '../../ledger/files.ts';
import { keysOf, type NoteKey } from '../../ledger/note.ts';
import { restoreAdvice } from '../../ledger/errors.ts';
import type { LedgerFault, LedgerReading } from '../../ledger/read.ts';
import { policyInForce } from '../../policy/force.ts';
import { StorageFault } from '../../disk/fault.ts';
import { identitySentence, type OpenInstallation } from '../installation/installation.ts';
import { changedRecords } from '../people/person.ts';
import type { RecordingsCheck } from '../recordings/check.ts';

/** Why a ledger that reads well is not good all the same. Stable: these codes go into --json. */
export type VerdictCode =
  | 'missing-recording'
  | 'contradiction'
  | 'unknown-recording'
  | 'superseded-key'
  | 'other-installation'
  | 'unchecked-identity'
  | 'not-entitled'
  | 'bad-policy'
  | 'changed-person'
  | 'bad-derived'
  | 'not-anchored'
  | 'half-signed'
  | 'diverged';

export interface LedgerVerdict {
  readonly code: VerdictCode;
  readonly sentence: string;
}

/** A trust.json that somebody has kept, and how its file is called. */
export interface GivenTrust {
  readonly file: string;
  readonly trust: Trust;
}

/** Of a ledger that does not hold: what is wrong, and what to do. What an append left behind the next start settles. */
export function faultSentence({ code, message }: LedgerFault, folder: string): string {
  const advice =
    code === 'unvouched'
      ? 'Where nothing was interrupted here, tell whoever audits this workstation.'
      : `Nothing opens and nothing is recorded here with it. ${restoreAdvice(folder)}`;
  return `${message} ${advice}`;
}

/** What the comparison with the disk says, worst first. */
export function verdictOf({ missing, unknown, contradictions }: RecordingsCheck, folder: string): LedgerVerdict | undefined {
  const many = (count: number): string => `${count} ${count === 1 ? 'recording' : 'recordings'}`;
  if (missing.length > 0)
    return {
      code: 'missing-recording',
      sentence: `The ledger is good, and it knows ${many(missing.length)} that ${missing.length === 1 ? 'is' : 'are'} not in ${folder}. Restore from a backup, or tell whoever audits this workstation.`,
    };
  if (contradictions.length > 0)
    return {
      code: 'contradiction',
      sentence: `The ledger is good, and ${many(contradictions.length)} in ${folder} ${contradictions.length === 1 ? 'is' : 'are'} not what it signed for. Keep a copy, restore the original from a backup, or tell whoever audits this workstation.`,
    };
  if (unknown.length > 0)
    return {
      code: 'unknown-recording',
      sentence: `The ledger is good, and it does not know ${many(unknown.length)} in ${folder}: put there by somebody else, or begun in the moment of a crash. Leave ${unknown.length === 1 ? 'it' : 'them'} there, and tell whoever audits this workstation.`,
    };
  return undefined;
}

/** What a key has in the place of a second half that it lacks. */
const NO_HALF = Buffer.alloc(0);

/** Whose ledger it is: by the trust.json of who asks, else by what the Secret Service remembers. */
export function identityVerdict({ identity, installation, noteKey: key }: OpenInstallation, given: GivenTrust | undefined): LedgerVerdict | undefined {
  if (given !== undefined) {
    const { file: trustFile, trust } = given;
    const trusted = trustedNoteKeys(trust);
    const same = (a: NoteKey, b: NoteKey): boolean =>
      a.name === b.name && a.publicKey.equals(b.publicKey) && (a.second?.publicKey ?? NO_HALF).equals(b.second?.publicKey ?? NO_HALF);
    // Each with all of its halves: without the second one an Ed25519 signature alone would do. An auditor may have taken an older one out.
    const asTrusted = ({ key: each }: { readonly key: NoteKey }): boolean => {
      const found = trusted.find(({ publicKey }) => publicKey.equals(each.publicKey));
      return found === undefined || same(found, each);
    };
    const last = trusted.at(-1);
    if (last && same(last, key) && keysOf(key).every(asTrusted)) return undefined;
    if (trusted.slice(0, -1).some((each) => same(each, key)))
      return {
        code: 'superseded-key',
        sentence: `${trustFile} has a key that came after the one of ${installation.id} here: the data folder was set back to before its key was replaced. Keep a copy of the folder, and tell whoever audits this workstation.`,
      };
    return {
      code: 'other-installation',
      sentence: `The key of ${installation.id} here is not one that ${trustFile} has of ${trust.installation}: installation.json was replaced, or that file is of another workstation. Keep a copy of the folder, and tell whoever audits this workstation.`,
    };
  }
  // Where the first run found no Secret Service nothing can be pinned; what that means the note on the key's file says.
  if (identity.state === 'pinned' || installation.secretStore === 'file') return undefined;
  return {
    code: 'unchecked-identity',
    sentence: `The ledger is good by itself. ${identitySentence(identity, installation.secretStore)}`,
  };
}

/** Events of people who, by the events before them, could not do that. */
export function entitledVerdict(events: readonly Unentitled[]): LedgerVerdict | undefined {
  const [first] = events;
  if (!first) return undefined;
  const {
    event: { seq, action },
    why,
  } = first;
  return {
    code: 'not-entitled',
    sentence: `The ledger is in order and signed, and its event ${seq} (${action}) ${why}${events.length > 1 ? `; so are ${events.length - 1} more events` : ''}. A deed that began before that was let through, or somebody has this installation's key: keep a copy of the folder, and tell whoever audits this workstation.`,
  };
}

/** Of a policy: no file has it any more, what has its digest is none, or it is not what its event says. Other faults are of the disk. */
const policyFaults: ReadonlySet<string> = new Set(['missing', 'corrupt', 'contradiction']);

/** The policy in force is not here, or not what its event says. Without it nobody knows which anchors there are: so nothing is good then. */
export function policyVerdict({ home }: OpenInstallation, facts: LedgerFacts): LedgerVerdict | undefined {
  try {
    policyInForce(home, facts);
  } catch (error) {
    if (!(error instanceof StorageFault)) throw error;
    if (policyFaults.has(error.code)) return { code: 'bad-policy', sentence: error.message };
  }
  return undefined;
}

/** Records of people here that are not as the ledger has them. */
export function peopleVerdict({ home }: Pick<OpenInstallation, 'home'>, facts: LedgerFacts): LedgerVerdict | undefined {
  const [first, ...more] = changedRecords(home, facts);
  if (!first) return undefined;
  const others = more.length === 0 ? '' : ` So ${more.length === 1 ? 'is that' : 'are those'} of ${more.map(({ id }) => id).join(', ')}.`;
  return { code: 'changed-person', sentence: `The ledger is good, and a record of a person is not as it has it. ${first.error.message}${others}` };
}

/** What is kept for speed and signed by the key, and what the events say, are two things. */
export function besideVerdict({ home, installation }: OpenInstallation): LedgerVerdict {
  const { derived } = ledgerPaths(home.ledger);
  return {
    code: 'bad-derived',
    sentence: `The events of the ledger are good, and ${derived}, which a key of ${installation.id} signed, says something else than they do: somebody else has that key, and what list, play, export or an unlock said meanwhile may be false. Keep a copy of ${home.folder} for the audit, then remove ${derived}, which is made anew, and replace the key: wardmux installation rotate-key`,
  };
}

/** An anchor of the policy that has no fresh head. A ledger that anchors contradict is found by comparing with them. */
export function anchorVerdict(views: readonly AnchorView[]): LedgerVerdict | undefined {
  if (views.length === 0 || worstGrade(views) !== 'not-anchored') return undefined;
  const late = views.filter(({ grade }) => grade === 'not-anchored').map(({ name }) => name);
  return {
    code: 'not-anchored',
    sentence: `The ledger is good by itself, and its newest heads do not stand outside: ${late.join(', ')}. To hand one over now, and see what is in the way: wardmux anchor test`,
  };
}

/** The newest checkpoint decides: a whole one covers what half ones before it cover. */
export function halfVerdict({ last, whole, events }: LedgerReading, installation: string): LedgerVerdict | undefined {
  if (last?.second !== 'missing') return undefined;
  return {
    code: 'half-signed',
    sentence: `The ledger is good by itself, and Ed25519 alone signed its newest checkpoint, for ${last.head.size} events; both halves of the key of ${installation} signed for ${whole} of ${events}. A runtime without ML-DSA-44 signs so, until the next command of one that has it. Where none was used here, somebody else signed: keep a copy of the folder, and tell whoever audits this workstation.`,
  };
}

/** What else is to be said of checkpoints that a key of two halves signed. */
export function halfNotes({ halfSigned, checkpoints, last, whole, events }: LedgerReading, key: NoteKey): string[] {
  const [first] = halfSigned;
  return [
    ...(first
      ? [
          `${halfSigned.length} of ${checkpoints} checkpoints have no second signature (ML-DSA-44), although the key that signed them has two halves; the first of them is line ${first.line} of checkpoints.jsonl, for ${first.size} events. A runtime without ML-DSA-44 signs so. Where none was used here, somebody else signed them.`,
        ]
      : []),
    ...(key.second && last && last.second !== 'missing' && events > whole
      ? [`The last ${events - whole} of ${events} events came after the newest checkpoint: until the next one Ed25519 alone vouches for them.`]
      : []),
    ...(last?.second === 'unchecked' ? ['The second signatures of the checkpoints (ML-DSA-44) are there, and this runtime cannot check them.'] : []),
  ];
}
