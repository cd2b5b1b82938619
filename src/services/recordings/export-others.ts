/** Somebody else’s recording, exported with an audit key in hand: what of it is refused, and what is entered first. The same in the window and by the command. */
import type { AuditEntry } from '../../ledger/events.ts';
import type { RecordingState } from '../../ledger/rules.ts';
import { standardKinds, type Kind } from '../../redaction/index.ts';
import { Refusal } from '../../types/refusal.ts';
import type { GivenReasonWord } from '../../types/words.ts';

/**
 * At least what the default recognisers find is withheld, and nothing of it is let out by hand.
 * @param kinds recognisers that look; undefined: the default ones. @param released pieces that are to be let out
 * @returns what is wrong with what was asked for, a sentence
 */
export function othersFault(kinds: readonly Kind[] | undefined, released: number): string | undefined {
  if (released === 0 && (kinds === undefined || standardKinds.every((kind) => kinds.includes(kind)))) return undefined;
  return 'Of somebody else’s recording at least what the default recognisers find is withheld, and nothing is released. Nothing was exported.';
}

/** One’s own opens with one’s own key, which the ledger then names. @throws Refusal `yours` */
export function requireOthers(recording: string, state: RecordingState | undefined, person: string): void {
  if (state?.person === person)
    throw new Refusal('yours', `Recording ${recording} is your own: it opens with your own key, and no audit key is needed. Nothing was exported.`);
}

/** That it is opened with an audit key, and why: entered before it is read, for all of it is. @param person who exports */
export const othersLook = (recording: string, person: string, reason: GivenReasonWord, outcome: 'success' | 'failure' = 'success'): AuditEntry => ({
  action: 'play',
  person,
  outcome,
  detail: { recording, key: 'audit', how: 'text', masked: true, reason },
});
