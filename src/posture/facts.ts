/** What a posture is made of: settings in force, and what is known of keys, people and this machine. */
import type { AnchorView } from '../anchors/index.ts';
import type { IntegrityFacts } from '../ledger/baseline-facts.ts';
import type { ClockFacts } from '../ledger/facts.ts';
import type { Policy } from '../policy/types.ts';
import type { RevocationState } from '../types/words.ts';

export interface PosturePerson {
  readonly id: string;
  readonly roles: readonly string[];
  readonly passkeys: number;
  /** Of a security admin whom one alone has made that: who, until they count as their own (src/ledger/quorum.ts). */
  readonly hand?: string | undefined;
  /** Their record is not as the ledger has it. */
  readonly changed?: true;
}

export interface PostureFacts {
  /** In force. */
  readonly policy: Policy;
  /** Those who can come in. */
  readonly people: readonly PosturePerson[];
  /** Until when what takes two stands still, because whoever could be the second was put out; undefined where it does not. */
  readonly waits: string | undefined;
  readonly secretStore: 'secret-service' | 'file';
  /** The login keyring remembers which installation this folder is. */
  readonly isPinned: boolean;
  /** The key of the installation has a second half, ML-DSA-44. */
  readonly hasSecondHalf: boolean;
  /** Of the policy in force: those of which nobody has shown that they lie off this disk. */
  readonly auditKeysHere: readonly string[];
  readonly anchors: readonly AnchorView[];
  /** The last one in the ledger. */
  readonly selfTest: { readonly time: string; readonly holds: boolean } | undefined;
  /** Which files of the program were signed for, and what the last look at them came to. */
  readonly integrity: IntegrityFacts;
  /** Emergencies that are over and that nobody has reviewed, with whether one should have been by now; and whose drill is too old. */
  readonly unreviewed: readonly { readonly id: string; readonly overdue: boolean }[];
  /** One that the ledger has no end of, although its time is over. */
  readonly endless: string | undefined;
  readonly drillsDue: readonly { readonly person: string; readonly last: string | null }[];
  /** Hours since the newest revocation list was issued, and what became of the last look for one; undefined where none was ever seen. */
  readonly revocation: { readonly ageHours: number; readonly state: RevocationState } | undefined;
  /** Whether something sets this machine's clock, by the last event of that. */
  readonly clock: ClockFacts;
  /** Undefined where that cannot be seen. */
  readonly swap: 'off' | 'on' | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
