/** Limits of real processes, lowered as any program of this account can lower them (prlimit(1)). */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { limitSentence, limitsIn, LimitWatch, type Lowered } from './process-limits.ts';

const prlimit = '/usr/bin/prlimit';
beforeEach(({ skip }) => skip(process.platform !== 'linux' || !existsSync(prlimit), 'it is /proc and prlimit(1) of Linux'));
const others: ChildProcess[] = [];
afterEach(() => {
  for (const child of others.splice(0)) child.kill('SIGKILL');
});
const lower = (pid: number, ...limits: string[]): void => void execFileSync(prlimit, ['--pid', String(pid), ...limits]);

/** A process that does nothing. */
async function sleeper(): Promise<number> {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  others.push(child);
  await once(child, 'spawn');
  return child.pid!;
}

test('what is lowered of a helper is told once, soft or hard; what is lowered again is told again, and what is raised is not', async () => {
  const pid = await sleeper();
  lower(pid, '--fsize=1000000:2000000');
  const watch = new LimitWatch();
  // It was looked at too late, and is told all the same: main's own hard limit, which it has inherited, is higher.
  expect(watch.look({ 'pty-host': pid })).toEqual([{ process: 'pty-host', limit: 'fsize', to: 1_000_000 }]);
  expect(watch.look({ 'pty-host': pid })).toEqual([]);
  lower(pid, '--nofile=3:', '--stack=4000000:8000000');
  expect(watch.look({ 'pty-host': pid })).toEqual([
    { process: 'pty-host', limit: 'stack', to: expect.any(Number) as number },
    { process: 'pty-host', limit: 'nofile', to: 3 },
  ]);
  lower(pid, '--nofile=5:');
  expect(watch.look({ 'pty-host': pid })).toEqual([]);
  expect(watch.lowered).toContainEqual({ process: 'pty-host', limit: 'nofile', to: 5 });
  lower(pid, '--nofile=4:');
  expect(watch.look({ 'pty-host': pid })).toEqual([{ process: 'pty-host', limit: 'nofile', to: 4 }]);
});

test('another process in the place of one that has ended has its own limits, and one that is gone has none', async () => {
  const [first, second] = [await sleeper(), await sleeper()];
  const watch = new LimitWatch();
  watch.look({ 'vault-host': first });
  lower(first, '--nofile=3:');
  expect(watch.look({ 'vault-host': second })).toEqual([]);
  expect(watch.look({ 'vault-host': undefined })).toEqual([]);
  others[1]!.kill('SIGKILL');
  await once(others[1]!, 'exit');
  expect(watch.look({ 'vault-host': second })).toEqual([]);
  expect(watch.lowered).toEqual([]);
});

test('a process sees its own limits lowered when it can open nothing any more', async () => {
  const code = `import { LimitWatch } from ${JSON.stringify(join(import.meta.dirname, 'process-limits.ts'))};
    import { openSync } from 'node:fs';
    const watch = new LimitWatch();
    process.stdin.on('data', () => {
      let opened = true;
      try { openSync('/proc/self/limits'); } catch { opened = false; }
      console.log(JSON.stringify({ opened, lowered: watch.look({}) }));
    });
    console.log('up');`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  others.push(child);
  await once(child.stdout, 'data');
  lower(child.pid!, '--nofile=3:3');
  child.stdin.write('look');
  const said = JSON.parse(String((await once(child.stdout, 'data'))[0])) as { opened: boolean; lowered: Lowered[] };
  expect(said).toEqual({ opened: false, lowered: [{ process: 'main', limit: 'nofile', to: 3 }] });
});

test('every limit that is looked at is found in what the kernel writes', () => {
  const text = execFileSync('cat', ['/proc/self/limits'], { encoding: 'utf8' });
  expect([...limitsIn(text).keys()].sort()).toEqual(['as', 'cpu', 'data', 'fsize', 'memlock', 'msgqueue', 'nofile', 'nproc', 'sigpending', 'stack']);
  expect(limitsIn('Max open files            1024                 unlimited            files     \n').get('nofile')).toEqual({ soft: 1024, hard: Infinity });
  expect(limitSentence([{ process: 'main', limit: 'nofile', to: 3 }])).toContain('(open files)');
});
