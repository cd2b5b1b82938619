import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeExecutable, spawnHelper } from './spawn-helper.ts';

test('lies beside the archive where pty.node is in one', () => {
  expect(spawnHelper('/opt/Wardmux/resources/app.asar/node_modules/node-pty/build/Release')).toBe(
    '/opt/Wardmux/resources/app.asar.unpacked/node_modules/node-pty/build/Release/spawn-helper',
  );
  // Where a loader has gone outside already, and in a clone, nothing is changed.
  for (const folder of ['/opt/Wardmux/resources/app.asar.unpacked/node_modules/node-pty/build/Release', '/home/it/app.asars/node-pty/build/Release'])
    expect(spawnHelper(folder)).toBe(`${folder}/spawn-helper`);
});

test('is made executable, and a sentence says where that cannot be', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wmx-'));
  try {
    const helper = join(folder, 'spawn-helper');
    writeFileSync(helper, '', { mode: 0o644 });
    makeExecutable(helper);
    expect(statSync(helper).mode & 0o777).toBe(0o755);
    expect(() => makeExecutable(join(folder, 'missing'))).toThrow(/^No terminal can be started: .*missing cannot be run/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
