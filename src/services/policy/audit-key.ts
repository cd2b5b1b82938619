/** The private half of an audit key: where it goes first, whether somebody has it, and when they are asked to move it. */
import { timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import type { LedgerFacts } from '../../ledger/facts.ts';
import type { PolicyInForce } from '../../policy/index.ts';
import { newSegmentSecret, wrapSecret, type AuditKeyOpener } from '../../recording/wrap.ts';
import { DAY_MS } from '../../types/units.ts';

export interface AuditKeyPlace {
  readonly path: string;
  /** For people: why there, and what is wrong with it. */
  readonly sentence: string;
}

/** @param removable folders of removable media: src/disk/media.ts. @param name of the machine. */
export function auditKeyPlace(removable: readonly string[], home: string, name: string): AuditKeyPlace {
  const file = `wardmux-audit-key-${name}.json`;
  const [medium] = removable;
  if (medium !== undefined)
    return { path: join(medium, file), sentence: `The audit key goes to the removable medium ${medium}: take it out afterwards, and keep it in a safe place.` };
  return {
    path: join(home, file),
    sentence: `No removable medium is mounted, so the audit key goes into the home folder. There every program of this account can read it, and with it every recording; and where this disk is lost, key and recordings are lost together. Move it off this machine, and show that you have it: wardmux audit-key prove FILE`,
  };
}

/**
 * Has a fresh challenge, sealed to the policy's audit key, opened by the private half.
 * @returns whether it was; undefined where the policy does not name this key.
 */
export async function provesAuditKey({ policy }: Pick<PolicyInForce, 'policy'>, opener: AuditKeyOpener): Promise<boolean | undefined> {
  const named = policy.auditKeys.find(({ kid }) => kid === opener.kid);
  if (!named) return undefined;
  const challenge = newSegmentSecret();
  let answer: Buffer | undefined;
  try {
    answer = await opener.open(await wrapSecret(challenge, { kid: named.kid, role: 'audit', jwk: named.jwk }));
    return timingSafeEqual(answer, challenge);
  } catch {
    // What does not open has not the key; there is nothing to tell apart.
    return false;
  } finally {
    challenge.fill(0);
    answer?.fill(0);
  }
}

/**
 * Audit keys of the policy in force that nobody has shown to lie off this disk, where it is time to ask: once a day at most,
 * and again where the clock was set back. The ledger alone knows of it.
 * @param now ms since the epoch.
 */
export function auditKeysToAskFor(facts: LedgerFacts, now: number): string[] {
  return facts.auditKeys().flatMap(({ kid, inForce, apart, asked }) => {
    if (inForce.at(-1)?.to !== null || apart) return [];
    const since = asked === null ? Infinity : now - Date.parse(asked);
    return since >= DAY_MS || since < 0 ? [kid] : [];
  });
}

export const askSentence = (kid: string): string =>
  `Nobody has shown yet that the audit key ${kid} lies off this disk: whoever reads it here reads every recording. Move its file to a removable medium, and say so: wardmux audit-key prove FILE`;
