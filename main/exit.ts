/** What a start that ended says by its number (src/cli/exit.ts has the commands'). */

/** There is nothing to open in. */
export const NO_WINDOW = 2;
/** As the commands say it: installation.json is not the one that is pinned for this folder. */
export const OTHER_INSTALLATION = 54;
