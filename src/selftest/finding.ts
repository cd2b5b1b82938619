/** What a check of the self-test came to. */

/** `not-shown`: there is nothing here that could be tried; the sentence says why. */
export const outcomes = ['holds', 'fails', 'not-shown'] as const;
export type ControlOutcome = (typeof outcomes)[number];

export interface Finding {
  readonly outcome: ControlOutcome;
  /** For people: what was done, and what was seen. Never a secret, and nothing of any recording. */
  readonly seen: string;
}

export const holds = (seen: string): Finding => ({ outcome: 'holds', seen });
export const fails = (seen: string): Finding => ({ outcome: 'fails', seen });
export const notShown = (seen: string): Finding => ({ outcome: 'not-shown', seen });
