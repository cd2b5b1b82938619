import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, so that the tools run before anything is installed
import { fonts, importsOf, packagesOf, problems, render, shipped } from './licences.mjs';

test('docs/licences.md is current and every licence is one we may ship', () => {
  const [packages, fontFiles] = [shipped(), fonts()];
  expect(problems(packages, fontFiles)).toEqual([]);
  expect(readFileSync(join(import.meta.dirname, '../docs/licences.md'), 'utf8')).toBe(render(packages, fontFiles));
});

test('the list holds what is bundled, not only what is installed beside it', () => {
  const names = shipped().map(({ name }: { name: string }) => name);
  for (const name of ['node-pty', 'zod', 'preact', '@xterm/xterm', '@peculiar/asn1-schema']) expect(names).toContain(name);
  for (const name of ['vitest', 'oxlint', 'vite']) expect(names).not.toContain(name);
});

test('an unknown licence, and a font without one, are named', () => {
  const found = problems([{ name: 'a', version: '1.0.0', licence: 'AGPL-3.0', direct: true }], [{ name: 'B.woff2', licence: 'none found' }]);
  expect(found).toHaveLength(2);
  expect(found[0]).toContain('a 1.0.0 has the licence "AGPL-3.0"');
  expect(found[1]).toContain('assets/fonts/B.woff2');
});

test('package names are read from what is imported at run time, not from types, paths or Node', () => {
  const text = [
    "import { z } from 'zod';",
    "import '@xterm/xterm/css/xterm.css';",
    "import x from './a.ts';",
    "import fs from 'node:fs';",
    "const p = await import('node-pty');",
    "import type { App } from 'electron';",
    "/* import gone from 'in-a-comment'; */",
    '<script type="module" src="./main.tsx"></script>',
  ].join('\n');
  expect(packagesOf(importsOf(text))).toEqual(['zod', '@xterm/xterm', 'node-pty']);
  expect(importsOf(text)).toContain('./main.tsx');
});
