/** Small parts of published value sets, each with its source and licence: what events are called elsewhere is held to them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Published {
  readonly source: string;
  readonly licence: string;
}

export const valueSet = <T extends object>(name: string): T & Published =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'value-sets', `${name}.json`), 'utf8')) as T & Published;
