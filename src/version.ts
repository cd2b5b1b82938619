/** Read from package.json: by the bundler at build time, by Node in development. */
import manifest from '../package.json' with { type: 'json' };

export const version: string = manifest.version;
