/** What `wardmux ledger verify` may have to say that is not good, one function a question; which of them comes first, the command says. */
import { resolve } from 'node:path';
import { worstGrade, type AnchorView } from '../anchors/index.ts';
import { parseTrust, readTrustFile, trustedNoteKeys } from '../export/trust.ts';
import type { LedgerFacts } from '../ledger/facts.ts';
import { ledgerPaths } from '../ledger/files.ts';
import { keysOf, type NoteKey } from '../ledger/note.ts';
import type { LedgerReading } from '../ledger/read.ts';
import { policyInForce } from '../policy/force.ts';
import { StorageFault } from '../disk/fault.ts';
import { CliError, exit } from './exit.ts';
import { identitySentence, type OpenInstallation } from '../services/installation.ts';
import type { RecordingsCheck } from './recordings-check.ts';

export interface Verdict {
  readonly code: string;
  readonly status: number;
  readonly sentence: string;
}

/** What the comparison with the disk says, worst first. */
export function verdictOf({ missing, unknown, contradictions }: RecordingsCheck, folder: string): Verdict | undefined {
  const many = (count: number): string => `${count} ${count === 1 ? 'recording' : 'recordings'}`;
  if (missing.length > 0)
    return {
      code: 'missing-recording',
      status: exit.missingRecording,
      sentence: `The ledger is good, and it knows ${many(missing.length)} that ${missing.length === 1 ? 'is' : 'are'} not in ${folder}. Restore from a backup, or tell whoever audits this workstation.`,
    };
  if (contradictions.length > 0)
    return {
      code: 'contradiction',
      status: exit.contradiction,
      sentence: `The ledger is good, and ${many(contradictions.length)} in ${folder} ${contradictions.length === 1 ? 'is' : 'are'} not what it signed for. Keep a copy, restore the original from a backup, or tell whoever audits this workstation.`,
    };
  if (unknown.length > 0)
    return {
      code: 'unknown-recording',
      status: exit.unknownRecording,
      sentence: `The ledger is good, and it does not know ${many(unknown.length)} in ${folder}: put there by somebody else, or begun in the moment of a crash. Leave ${unknown.length === 1 ? 'it' : 'them'} there, and tell whoever audits this workstation.`,
    };
  return undefined;
}

/** What a key has in the place of a second half that it lacks. */
const NO_HALF = Buffer.alloc(0);

/** Whose ledger it is: by the trust.json of who asks, else by what the Secret Service remembers. */
export function identityVerdict({ identity, installation, noteKey: key }: OpenInstallation, trustFile: string | undefined): Verdict | undefined {
  if (trustFile !== undefined) {
    const trust = parseTrust(readTrustFile(resolve(trustFile)) ?? '');
    if (trust === undefined || trust === 'newer') throw new CliError('usage', `${trustFile} is not a trust.json that this version can read.`);
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
        status: exit.otherInstallation,
        sentence: `${trustFile} has a key that came after the one of ${installation.id} here: the data folder was set back to before its key was replaced. Keep a copy of the folder, and tell whoever audits this workstation.`,
      };
    return {
      code: 'other-installation',
      status: exit.otherInstallation,
      sentence: `The key of ${installation.id} here is not one that ${trustFile} has of ${trust.installation}: installation.json was replaced, or that file is of another workstation. Keep a copy of the folder, and tell whoever audits this workstation.`,
    };
  }
  // Where the first run found no Secret Service nothing can be pinned; what that means the note on the key's file says.
  if (identity.state === 'pinned' || installation.secretStore === 'file') return undefined;
  return {
    code: 'unchecked-identity',
    status: exit.uncheckedIdentity,
    sentence: `The ledger is good by itself. ${identitySentence(identity, installation.secretStore)}`,
  };
}

/** Of a policy: no file has it any more, what has its digest is none, or it is not what its event says. Other faults are of the disk. */
const policyFaults: ReadonlySet<string> = new Set(['missing', 'corrupt', 'contradiction']);

/** The policy in force is not here, or not what its event says. Without it nobody knows which anchors there are: so nothing is good then. */
export function policyVerdict({ home }: OpenInstallation, facts: LedgerFacts): Verdict | undefined {
  try {
    policyInForce(home, facts);
  } catch (error) {
    if (!(error instanceof StorageFault)) throw error;
    if (policyFaults.has(error.code)) return { code: 'bad-policy', status: exit.badLedger, sentence: error.message };
  }
  return undefined;
}

/** What is kept for speed and signed by the key, and what the events say, are two things. */
export function besideVerdict({ home, installation }: OpenInstallation): Verdict {
  const { derived } = ledgerPaths(home.ledger);
  return {
    code: 'bad-derived',
    status: exit.badLedger,
    sentence: `The events of the ledger are good, and ${derived}, which a key of ${installation.id} signed, says something else than they do: somebody else has that key, and what list, play, export or an unlock said meanwhile may be false. Keep a copy of ${home.folder} for the audit, then remove ${derived}, which is made anew, and replace the key: wardmux installation rotate-key`,
  };
}

/** An anchor of the policy that has no fresh head. A ledger that anchors contradict is found by comparing with them. */
export function anchorVerdict(views: readonly AnchorView[]): Verdict | undefined {
  if (views.length === 0 || worstGrade(views) !== 'not-anchored') return undefined;
  const late = views.filter(({ grade }) => grade === 'not-anchored').map(({ name }) => name);
  return {
    code: 'not-anchored',
    status: exit.notAnchored,
    sentence: `The ledger is good by itself, and its newest heads do not stand outside: ${late.join(', ')}.`,
  };
}

/** The newest checkpoint decides: a whole one covers what half ones before it cover. */
export function halfVerdict({ last, whole, events }: LedgerReading, installation: string): Verdict | undefined {
  if (last?.second !== 'missing') return undefined;
  return {
    code: 'half-signed',
    status: exit.halfSigned,
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
