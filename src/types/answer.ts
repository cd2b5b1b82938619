/** Most answers take some milliseconds; where a disk is waited for they take seconds, on a busy machine, and never 10. */
export const ANSWER_MS = 10_000;
