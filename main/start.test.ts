import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** The files and packages that are loaded with one, through what it names when it is loaded and not later. */
function loadedWith(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, from = ''] of readFileSync(path, 'utf8').matchAll(/^(?:import|export)\s(?!type\b)(?:[^;']*?from )?'([^']+)'/gm)) {
    if (from.startsWith('.')) loadedWith(resolve(dirname(path), from), found);
    else if (!from.startsWith('node:')) found.add(from);
  }
  return found;
}

// `restartClean` throws away what was loaded: half a second of every such start, when it was all of the app.
test('what is loaded before the process is a clean and protected one is small', () => {
  const root = resolve(import.meta.dirname, '..');
  const loaded = [...loadedWith(resolve(root, 'main/start.ts'))].map((name) => (isAbsolute(name) ? relative(root, name) : name)).sort();
  expect(loaded).toEqual([
    'main/exit.ts',
    'main/say.ts',
    'main/start.ts',
    'main/supported.ts',
    'src/native/addon.ts',
    'src/native/environment.ts',
    'src/native/given.ts',
    'src/native/protect.ts',
    'src/native/runtime-variables.json',
    'src/terminal/fold.ts',
    'src/time/in-time.ts',
    'src/types/coded-error.ts',
    'src/types/sentence.ts',
  ]);
  expect([...loadedWith(resolve(root, 'main/open.ts'))].length).toBeGreaterThan(100);
});
