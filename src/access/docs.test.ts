import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { rolesDocument } from './docs.ts';
import { permissionNames, permissions } from './index.ts';

const path = join(import.meta.dirname, '../../docs/roles.md');

test('docs/roles.md is made from the table (UPDATE_DOCS=1 with this test writes it anew)', async () => {
  const made = await format(rolesDocument(), { ...(await resolveConfig(path)), filepath: path });
  if (process.env['UPDATE_DOCS']) writeFileSync(path, made);
  expect(readFileSync(path, 'utf8')).toBe(made);
  for (const name of permissionNames) expect(made, name).toContain(permissions[name].help);
});
