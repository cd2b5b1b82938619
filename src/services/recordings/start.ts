/** What a recording is begun with, wherever it is begun: whose it is, who can open it, and what the policy in force asks of it. */
import { EMERGENCY, type Grant } from '../../access/index.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import { askedConsent, reasonFault, type GivenReason, type LoadedPolicy } from '../../policy/index.ts';
import { OPERATOR, type Opened } from '../../recording/access.ts';
import type { RecordingRules } from '../../recording/options.ts';
import type { Recipient } from '../../recording/types.ts';
import { thumbprint } from '../../recording/wrap.ts';
import type { Person } from '../../people/types.ts';
import { Refusal } from '../../types/refusal.ts';

export interface RecordingOwner {
  readonly person: string;
  readonly roles: string[];
  readonly recipients: Recipient[];
  /** As whom and why, where that is not an operator at work who was not asked. */
  readonly opened?: Opened;
  /** The ticket that they gave: marked in the recording, sealed. */
  readonly ticket?: string;
}

/**
 * Whose a new recording is, and who can open it: the person, and every audit key of the policy in force.
 * @param grant what it is begun with: in an emergency it is one's own of that, and the text waits.
 * @param given why, where the policy asks.
 * @throws Refusal `consent` where the person has not accepted the policy's text, `reason` where they have not said why and the policy asks: nothing
 * begins then, by whatever door.
 */
export function recordingOwner(
  person: Person,
  loaded: LoadedPolicy,
  facts: Pick<LedgerFacts, 'consent'>,
  { breakGlass, reason }: Pick<Grant, 'breakGlass' | 'reason'> = { breakGlass: null, reason: 'none' },
  given?: GivenReason,
): RecordingOwner {
  const { id, roles } = person;
  // Whoever breaks the glass has read what it means, and has no time for a text.
  const asked = breakGlass === null ? askedConsent(loaded, facts, id) : undefined;
  if (asked)
    throw new Refusal(
      'consent',
      `The text of this workstation (version ${asked.version}) has to be accepted before a shell begins. Lock and unlock, which shows it; or at a terminal: wardmux policy consent`,
    );
  const wanted = breakGlass === null ? loaded.policy.reason : undefined;
  const fault = given ? reasonFault(wanted ?? {}, given) : wanted && 'The policy of this workstation asks why a session begins.';
  if (fault !== undefined)
    throw new Refusal(
      'reason',
      `${fault} Lock and unlock, which asks; or with a command: wardmux record --reason WORD${wanted?.ticket === undefined ? '' : ' --ticket TICKET'}`,
    );
  const why = breakGlass !== null ? { opened: { role: EMERGENCY, reason, breakGlass } } : given ? { opened: { ...OPERATOR, reason: given.reason } } : {};
  return {
    person: id,
    roles: [...roles],
    ...why,
    ...(given && given.ticket !== null ? { ticket: given.ticket } : {}),
    recipients: recipientsOf(person, loaded),
  };
}

/** Whom something of somebody's is sealed to: themselves, and every audit key of the policy in force. */
export const recipientsOf = ({ encryptionKey: jwk }: Pick<Person, 'encryptionKey'>, { policy }: Pick<LoadedPolicy, 'policy'>): Recipient[] => [
  { kid: thumbprint(jwk), role: 'owner', jwk },
  ...policy.auditKeys.map((key): Recipient => ({ kid: key.kid, role: 'audit', jwk: key.jwk })),
];

/** What a recording takes from the policy in force. */
export function recordingRules({ sha256, policy }: Pick<LoadedPolicy, 'sha256' | 'policy'>): RecordingRules {
  const { rotateMinutes, rotateMebibytes, reserveMebibytes } = policy.recording;
  return { policySha256: sha256, workstationClass: policy.workstation.class, rotateMinutes, rotateMebibytes, reserveMebibytes };
}
