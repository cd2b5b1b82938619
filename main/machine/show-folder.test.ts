import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { showFolder } from './show-folder.ts';

test('the file manager gets the path as one word, whatever is in it; where there is none it is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'show-'));
  try {
    const opener = join(folder, 'opener');
    writeFileSync(opener, `#!/bin/sh\nprintf '%s|' "$#" "$1" > ${folder}/got\n`);
    chmodSync(opener, 0o755);
    expect(await showFolder(`/media/a stick; touch x $(id)`, opener)).toBe(true);
    expect(readFileSync(join(folder, 'got'), 'utf8')).toBe('1|/media/a stick; touch x $(id)|');
    expect(await showFolder('/x', join(folder, 'missing'))).toBe(false);
    expect(await showFolder('/x', '/bin/false')).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
