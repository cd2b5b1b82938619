/**
 * Runs on a small disk of its own (argv: its folder): the command and the app, on a disk that becomes full in the middle of
 * output, and on a read-only one. Prints what happened as JSON.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillDisk } from '../support/small-disk.ts';
import { firstRun, paneText, passphrase, root, start, until, unlockWithPassphrase } from './support.ts';
import { acceptAsItStands } from '../../src/policy/force.fixture.ts';

const disk = process.argv[2]!;
const said: Record<string, unknown> = {};
const folder = join(disk, 'a');
const home = join(folder, 'home');
const filler = join(disk, 'filler');
mkdirSync(folder);

const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'], HOME: folder, WARDMUX_HOME: home, SHELL: '/bin/bash', LANG: 'C.UTF-8' };
function wardmux(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', '"$0" "$@" 3<<<"$PASS"', join(root, 'bin', 'wardmux'), ...args], {
    env: { ...env, PASS: passphrase },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 256 * 1024 * 1024,
  });
  return { status, out: stdout.toString('latin1'), err: stderr.toString() };
}
/** Numbers that the program printed in this form, in order and without a gap: how many. */
function counted(text: string): number {
  const numbers = [...text.matchAll(/line (\d+)\r\n/g)].map(([, n]) => Number(n));
  numbers.forEach((n, i) => {
    if (n !== i + 1) throw new Error(`line ${n} at place ${i + 1}`);
  });
  return numbers.length;
}
const recordings = (): string[] => readdirSync(join(home, 'recordings')).sort();

// ---- the command
const auditKey = join(folder, 'audit-key.json');
said['init'] = wardmux('init', '--name', 'Ada', '--passphrase-fd', '3', '--audit-key-out', auditKey).status;
// The policy's reserve is larger than this whole disk: said before anything begins.
said['reserve'] = wardmux('record', '--', 'echo', 'never shown');
const policyPath = join(home, 'policy.json');
const policy = JSON.parse(readFileSync(policyPath, 'utf8')) as { recording: { reserveMebibytes: number } };
policy.recording.reserveMebibytes = 0;
writeFileSync(policyPath, JSON.stringify(policy));
said['accepted'] = wardmux('policy', 'accept', '--passphrase-fd', '3').status;
rmSync(join(home, 'recordings'), { recursive: true });
mkdirSync(join(home, 'recordings'), { mode: 0o700 });

const full = wardmux('record', '--', 'sh', '-c', 'i=0; while :; do i=$((i+1)); echo line $i; done');
const free = statfsSync(disk);
said['recordFull'] = { status: full.status, err: full.err, free: free.bfree * free.bsize };
const shown = counted(full.out);
fillDisk(disk);
said['recordStartFull'] = wardmux('record', '--', 'echo', 'never shown');
said['exportFull'] = wardmux('export', recordings()[0]!, '-o', join(folder, 'bundle'), '--passphrase-fd', '3');
said['exportFullLeft'] = existsSync(join(folder, 'bundle'));
rmSync(filler, { force: true });
const sealed = counted(wardmux('play', recordings()[0]!, '--raw', '--key', auditKey).out);
said['shownNotSealed'] = Math.max(0, shown - sealed);
said['shown'] = shown;

// ---- read-only
execFileSync('mount', ['-o', 'remount,ro', disk]);
said['recordReadOnly'] = wardmux('record', '--', 'echo', 'never shown');
said['exportReadOnly'] = wardmux('export', recordings()[0]!, '-o', join(folder, 'bundle'), '--passphrase-fd', '3');
said['startReadOnly'] = await start({ folder }).then(
  async (running) => {
    await running.stop();
    return 'started';
  },
  (error: Error) => error.message,
);
execFileSync('mount', ['-o', 'remount,rw', disk]);

// ---- the app
rmSync(home, { recursive: true });
const lines: string[] = [];
let running = await start({ folder, env: { TMPDIR: '/tmp' }, say: (line) => void lines.push(line) });
await firstRun(running, { passkey: false }).catch((error: Error) => (said['appReserve'] = error.message.slice(0, 40)));
said['appReserveText'] = await running.page.locator('body').innerText();
await running.stop();
const own = JSON.parse(readFileSync(policyPath, 'utf8')) as { recording: { reserveMebibytes: number } };
own.recording.reserveMebibytes = 0;
writeFileSync(policyPath, JSON.stringify(own));
await acceptAsItStands(home);
running = await start({ folder, say: (line) => void lines.push(line) });
await unlockWithPassphrase(running);
await running.page.keyboard.type('i=0; while :; do i=$((i+1)); echo line $i; done\n');
await until(async () => /line \d{3}/.test(await paneText(running)), 'output');
fillDisk(disk);
await until(async () => (await running.page.locator('body').innerText()).includes('not sealed'), 'the sentence in the pane', 30_000);
said['appText'] = await running.page.locator('body').innerText();
const last = Number([...(await paneText(running)).matchAll(/line (\d+)/g)].at(-1)?.[1] ?? 0);
said['appShells'] = (await running.app.remote('status'))['shells'];
const count = recordings().length;
await running.app.lock('hotkey');
said['appLocked'] = (await running.app.remote('status'))['state'];
said['appRetried'] = recordings().length - count;
await running.stop();
said['appFinished'] = await running.app.finished;
said['appSaid'] = lines;
// Before there is room again: what was entered while the disk was full.
said['appEntered'] = readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as { action: string; entered?: string })
  .map(({ action, entered }) => (entered === undefined ? action : `${action} late`));
rmSync(filler, { force: true });
const key = join(
  folder,
  readdirSync(folder).find((name) => name.startsWith('wardmux-audit-key-'))!,
);
const played = recordings().map((id) => wardmux('play', id, '--raw', '--key', key).out);
said['appShownNotSealed'] = Math.max(0, last - Math.max(...played.map(counted)));
said['ledger'] = wardmux('ledger', 'verify');
running = await start({ folder });
await unlockWithPassphrase(running);
said['appAfterwards'] = 'opens';
await running.stop();
console.log(`\n${JSON.stringify(said)}`);
process.exit(0);
