/** What a start that ended says by its number (src/cli/exit.ts has the commands'). */

export const FAILED = 1;
/** There is nothing to open in, or it must not be opened. */
export const NO_WINDOW = 2;
/** Another Wardmux has this data folder: its window is brought back. */
export const ALREADY_RUNNING = 3;
/** As the commands say it: installation.json is not the one that is pinned for this folder. */
export const OTHER_INSTALLATION = 54;
