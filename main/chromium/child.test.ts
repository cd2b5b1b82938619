import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { isRunning } from '../../src/disk/process-identity.ts';
import { isStopped, killNow, whenGone } from '../../src/browser/processes.ts';

test.skipIf(process.platform !== 'linux')('a helper that is stopped while main is killed goes on, hears of it, and ends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'child-'));
  const entry = join(folder, 'helper.mjs');
  writeFileSync(entry, `process.on('disconnect', () => process.exit()); setInterval(() => {}, 1000); process.send('up');`);
  const main = `
    const { forkChild } = await import(${JSON.stringify(join(import.meta.dirname, 'child.ts'))});
    const child = forkChild(${JSON.stringify(entry)}, process.env);
    child.onMessage(() => console.log(child.pid));`;
  const starter = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', main], { stdio: ['ignore', 'pipe', 'inherit'] });
  let helper = 0;
  try {
    const { value } = await createInterface(starter.stdout)[Symbol.asyncIterator]().next();
    helper = Number(value);
    expect(isRunning(helper)).toBe(true);
    process.kill(helper, 'SIGSTOP');
    await expect.poll(() => isStopped(helper)).toBe(true);
    starter.kill('SIGKILL');
    expect(await whenGone([helper], 10_000)).toEqual([]);
  } finally {
    starter.kill('SIGKILL');
    if (helper > 0) killNow([helper]);
    rmSync(folder, { recursive: true, force: true });
  }
});
