/** How long to wait before what has failed is tried again. */

export interface RetryPace {
  /** Milliseconds after the first failure. */
  readonly first: number;
  /** Milliseconds that no wait is longer than. */
  readonly most: number;
}

/** @param failures in a row, from 1: each doubles the wait. @returns milliseconds */
export const retryMs = ({ first, most }: RetryPace, failures: number): number => Math.min(most, first * 2 ** Math.min(failures - 1, 20));
