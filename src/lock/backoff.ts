/**
 * Growing delays after failed unlocks, as pure functions. The sequence follows NIST SP 800-63B-4, section 3.2.2 (rate
 * limiting): delays "30 seconds up to an hour" for a secret that can be guessed, at most 100 failures in all. A passkey
 * is not guessed, and a touch in gloves fails often, so its delays are short and it is never disabled.
 */

import type { UnlockMethod } from '../types/words.ts';

export interface BackoffRow {
  /** So many failures in a row cost nothing. */
  readonly free: number;
  /** Seconds after the failures that follow; the last one stays. */
  readonly delays: readonly number[];
  /** With so many failures in a row the method is off until it is set up anew. */
  readonly disabledAt: number | undefined;
}

export const backoffRows: Readonly<Record<UnlockMethod, BackoffRow>> = {
  passphrase: { free: 4, delays: [30, 60, 120, 300, 900, 3600], disabledAt: 100 },
  passkey: { free: 3, delays: [5, 15, 60, 300], disabledAt: undefined },
  // Whoever has found the key guesses the passphrase.
  'passphrase-key': { free: 4, delays: [30, 60, 120, 300, 900, 3600], disabledAt: 100 },
};

/**
 * Passphrases that failed at this workstation since anybody came in, whoever's they were (requirements 4.4: per person and per workstation):
 * whoever tries one phrase at many names is slowed down here. It stays short, because it holds up everybody.
 */
const stationRow: BackoffRow = { free: 20, delays: [1, 2, 5, 10, 20, 30], disabledAt: undefined };

/** Seconds that everybody waits after so many failures at this workstation. A count that is no count is treated as the worst one. */
export function stationDelaySeconds(failures: number): number {
  const { free, delays } = stationRow;
  if (!Number.isSafeInteger(failures) || failures < 0) return delays.at(-1)!;
  return failures <= free ? 0 : delays[Math.min(failures - free, delays.length) - 1]!;
}

/** Seconds to wait after `failures` in a row; Infinity when the method is disabled. A count that is no count is treated as the worst one. */
export function delaySeconds(method: UnlockMethod, failures: number): number {
  const { free, delays, disabledAt } = backoffRows[method];
  const worst = disabledAt === undefined ? (delays.at(-1) ?? 0) : Infinity;
  if (!Number.isSafeInteger(failures) || failures < 0) return worst;
  if (disabledAt !== undefined && failures >= disabledAt) return worst;
  if (failures <= free) return 0;
  return delays[Math.min(failures - free, delays.length) - 1] ?? 0;
}

/** True when only setting the method up anew helps. */
export function isDisabled(method: UnlockMethod, failures: number): boolean {
  return delaySeconds(method, failures) === Infinity;
}
