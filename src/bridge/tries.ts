/** What whoever comes back is told of tries that failed meanwhile: one sentence for the window, the terminal and the command. */

/** @param failures one or more. */
export const failedTries = (failures: number): string =>
  failures === 1 ? 'One failed try since the last unlock.' : `${failures} failed tries since the last unlock.`;
