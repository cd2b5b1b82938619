/** Read from package.json at build time by the bundler, and from the file in development. */
import { version as packageVersion } from '../package.json' with { type: 'json' };

export const version: string = packageVersion;
