import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Runs lines of code under the same Node, with dumps allowed before. */
function node(code: string, cwd: string): { stdout: string; stderr: string; signal: string | null } {
  const { stdout, stderr, signal } = spawnSync(
    'bash',
    ['-c', 'ulimit -S -c unlimited; exec "$@"', 'bash', process.execPath, '--input-type=module-typescript', '-e', code],
    { encoding: 'utf8', cwd },
  );
  return { stdout, stderr, signal };
}

test('a process, those that it has started before and those that it starts afterwards leave no core', ({ skip }) => {
  skip(process.platform !== 'linux', 'the limit of another process can be set on Linux only');
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-core-'));
  try {
    const { stdout, stderr, signal } = node(
      `import { spawn } from 'node:child_process';
      import { readFileSync } from 'node:fs';
      import { withholdCoreDumps } from ${JSON.stringify(join(import.meta.dirname, 'core-dumps.ts'))};
      const limit = (pid) => /^Max core file size +(\\S+)/m.exec(readFileSync('/proc/' + pid + '/limits', 'utf8'))[1];
      const before = spawn('sleep', ['100']);
      const unlimited = limit(before.pid);
      const done = withholdCoreDumps();
      const after = spawn('sleep', ['100']);
      console.log(JSON.stringify([unlimited, done, limit('self'), limit(before.pid), limit(after.pid)]));
      before.kill('SIGABRT');
      after.kill('SIGABRT');
      process.abort();`,
      folder,
    );
    expect(JSON.parse(stdout), stderr).toEqual(['unlimited', true, '1', '1', '1']);
    expect(signal).toBe('SIGABRT');
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the same process without it leaves one, where dumps go into the working directory', ({ skip }) => {
  const pattern = process.platform === 'linux' ? readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim() : 'none';
  skip(!pattern.startsWith('core'), `dumps do not go into the working directory here (core_pattern is ${pattern})`);
  const folder = mkdtempSync(join(tmpdir(), 'wardmux-core-'));
  try {
    expect(node('process.abort();', folder).signal).toBe('SIGABRT');
    expect(readdirSync(folder)).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
