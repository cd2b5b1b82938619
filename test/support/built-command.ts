import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
// @ts-expect-error plain JavaScript, so that the tools run before anything is installed
import { isBuilt } from '../../tools/build.mjs';

const root = join(import.meta.dirname, '../..');

declare module 'vitest' {
  export interface ProvidedContext {
    commandScript: string;
  }
}

/** Looks once for a whole run of tests which script is the `wardmux` command of these sources (command.ts). `npm test` builds before it tests. */
export default function builtCommand(project: TestProject): void {
  project.provide('commandScript', join(root, (isBuilt as () => boolean)() ? 'dist/cli.mjs' : 'src/cli/main.ts'));
}
