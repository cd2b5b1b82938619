/** The `wardmux` command's script, for tests that start it as a process. */
import { inject } from 'vitest';

/** For `node`: dist/cli.mjs where that is built from the sources as they are now, else src/cli/main.ts, which takes several times as long to start. */
export const commandScript: string = inject('commandScript');
