/** A disk that is full, and one that is read-only: real ones, in a mount namespace that ends with the test. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('full and read-only disks have their sentences, lose nothing, and keep nobody out', (context) => {
  const disk = mkdtempSync(join(tmpdir(), 'wardmux-disk-'));
  const mount = `mount -t tmpfs -o size=256k,mode=700 none ${disk}`;
  const inside = ['--user', '--map-root-user', '--mount', 'sh', '-c'];
  if (spawnSync('unshare', [...inside, mount]).status !== 0) context.skip('this machine permits no mount namespace, and so no small disk to fill');
  const program = new URL('./vault-disk.fixture.ts', import.meta.url).pathname;
  const { stdout, stderr } = spawnSync('unshare', [...inside, `${mount} && exec "$0" "$1" ${disk}`, process.execPath, program], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    fullWrite: { code: 'disk-full', message: expect.stringContaining('Free some space') },
    fullKept: true,
    fullFirstRun: { code: 'disk-full' },
    fullLeft: [],
    fullUnlock: 'done',
    fullGuess: { code: 'back-off' },
    afterwards: 'done',
    readOnlyWrite: { code: 'read-only', message: expect.stringContaining('the disk is read-only') },
    readOnlyHome: { code: 'read-only' },
    readOnlyOpen: 'done',
    readOnlyUnlock: 'done',
    readOnlyGuess: { code: 'back-off' },
  });
});
