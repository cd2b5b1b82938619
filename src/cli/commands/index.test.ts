import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandsFor } from './index.ts';

test('every command that a file of this folder has is in the table, by its own name', async () => {
  const row = /^export const \w+: CliCommand = \{\n {2}name: '([\w-]+)'/gm;
  const names = readdirSync(import.meta.dirname)
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(row)].map(([, name]) => name!));
  expect(names.length).toBeGreaterThan(15);
  expect((await commandsFor([])).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  // One that is found by its word is loaded alone.
  for (const name of names) expect((await commandsFor([name])).map((command) => command.name)).toEqual([name]);
});
