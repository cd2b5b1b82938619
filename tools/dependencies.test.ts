import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

test('every dependency is justified in three lines, and nothing else is', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).sort();
  const page = readFileSync(join(root, 'docs/decisions/dependencies.md'), 'utf8');
  const entries = new Map(
    page
      .split(/^### /m)
      .slice(1)
      .map((part) => [
        part.split('\n')[0]!.trim(),
        part
          .split('\n')
          .slice(1)
          .filter((line) => line.startsWith('- ')),
      ]),
  );
  expect([...entries.keys()].sort()).toEqual(wanted);
  for (const [name, lines] of entries) {
    expect(
      lines.map((line) => line.slice(2).split(':')[0]),
      name,
    ).toEqual(['For us', 'Kept by', 'Without it']);
  }
});

test('versions are exact, so that a clone of today is a clone of next year', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }))
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
});
