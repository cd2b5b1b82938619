/** How a recorded command ends, where it does not end by itself. */

/** Statuses of `record` itself, as env(1), timeout(1) and POSIX shells have them. Any other is the command's. */
export const recordExit = { failed: 125, notExecutable: 126, missing: 127, signal: 128 } as const;
