/**
 * Runs on a small disk of its own (argv: its folder): the command and the app, on a disk that becomes full in the middle of
 * output, and on a read-only one. Prints what happened as JSON.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillDisk, remount } from '../support/small-disk.ts';
import { firstRun, paneText, passphrase, passphraseField, root, run, start, until, unlockWithPassphrase } from './support.ts';
import { acceptAsItStands } from '../../src/policy/force.fixture.ts';
import { forAudit } from '../support/disclosure.ts';

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
/** A file of so many mebibytes that can be taken away: room that comes back. */
const ballast = join(disk, 'ballast');
const putBallast = (mebibytes: number): void => writeFileSync(ballast, Buffer.alloc(mebibytes * 1024 * 1024, 1));
const freeMebibytes = (): number => {
  const { bavail, bsize } = statfsSync(disk);
  return (bavail * bsize) / 1024 / 1024;
};
/** `wardmux record`, running. */
function record(script: string): { child: ChildProcess; out: () => string; err: () => string; end: Promise<number | null> } {
  const child = spawn(join(root, 'bin', 'wardmux'), ['record', '--', 'sh', '-c', script], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const heard = { out: '', err: '' };
  child.stdout.setEncoding('latin1').on('data', (text: string) => (heard.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (heard.err += text));
  return { child, out: () => heard.out, err: () => heard.err, end: new Promise((resolve) => child.on('close', resolve)) };
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

// A flood: it waits before the disk is full, goes on when there is room, waits again, and can be ended.
putBallast(4);
const flood = record('i=0; while :; do i=$((i+1)); echo line $i; done');
const waits = (): number => flood.err().split('The command waits').length - 1;
await until(() => waits() === 1, 'the flood that waits', 60_000);
const shownFirst = counted(flood.out());
said['floodLeft'] = freeMebibytes();
rmSync(ballast);
await until(() => flood.err().includes('there is room again') && waits() === 2, 'the flood that goes on', 60_000);
flood.child.kill('SIGTERM');
said['floodStatus'] = await flood.end;
said['floodErr'] = flood.err();
const shown = counted(flood.out());
said['floodWentOn'] = shown > shownFirst;
fillDisk(disk);
said['recordStartFull'] = wardmux('record', '--', 'echo', 'never shown');
said['exportFull'] = wardmux('export', recordings()[0]!, '-o', join(folder, 'bundle'), ...forAudit, '--passphrase-fd', '3');
said['exportFullLeft'] = existsSync(join(folder, 'bundle'));
rmSync(filler, { force: true });
const sealed = counted(wardmux('play', recordings()[0]!, '--raw', '--key', auditKey).out);
said['shownNotSealed'] = Math.max(0, shown - sealed);
said['shown'] = shown;

// An idle program on a full disk lives on. What it says waits for room, and is shown then.
// It says more than the last block of its segment may still take.
const idle = record('stty -echo; echo ready; while read word; do printf "%08000d said $word\\n" 0; done');
await until(() => idle.out().includes('ready'), 'the idle program');
fillDisk(disk);
idle.child.stdin!.write('one\n');
await until(() => idle.err().includes('is full. The command waits'), 'the sentence about the full disk');
said['fullShown'] = idle.out().includes('said one');
rmSync(filler);
await until(() => idle.out().includes('said one'), 'what waited');
// And where the disk is full at its end, it ends in good order.
fillDisk(disk);
idle.child.stdin!.write('two\n');
await until(() => idle.err().split('is full. The command waits').length === 3, 'the second sentence');
idle.child.stdin!.end();
said['fullStatus'] = await idle.end;
said['fullOut'] = idle.out().replaceAll('\r\n', '\n').replaceAll(/0+ /g, '');
said['fullFiles'] = readdirSync(join(home, 'recordings', recordings().at(-1)!)).sort();
rmSync(filler);
const ended = wardmux('play', recordings().at(-1)!, '--raw', '--key', auditKey);
said['fullPlayed'] = ended.status === 0 && ended.out === idle.out();
said['recordLedger'] = wardmux('ledger', 'verify').status;

// ---- read-only
remount(disk, 'ro');
said['recordReadOnly'] = wardmux('record', '--', 'echo', 'never shown');
said['exportReadOnly'] = wardmux('export', recordings()[0]!, '-o', join(folder, 'bundle'), ...forAudit, '--passphrase-fd', '3');
said['startReadOnly'] = await start({ folder }).then(
  async (running) => {
    await running.stop();
    return 'started';
  },
  (error: Error) => error.message,
);
remount(disk, 'rw');

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
const shells = async (): Promise<unknown> => (await running.app.socket.handlers.status())['shells'];
const body = (): Promise<string> => running.page.locator('body').innerText();
// An idle shell, locked and unlocked on a full disk: each lock is a rotation, for which there is no room.
await run(running, 'echo "be""fore"', 'before');
fillDisk(disk);
for (let n = 0; n < 3; n++) {
  await running.app.lock('hotkey');
  said['appLocked'] = (await running.app.socket.handlers.status())['state'];
  await unlockWithPassphrase(running);
}
said['idleShells'] = await shells();
rmSync(filler);
await run(running, 'echo "aft""er"', 'after');
// A flood.
putBallast(4);
await running.page.keyboard.type('i=0; while :; do i=$((i+1)); echo line $i; done\n');
const waitsAndSays = async (): Promise<boolean> => {
  const text = await body();
  return text.includes('Waiting: the disk') && text.includes('waits for disk space');
};
await until(waitsAndSays, 'the face of a pane that waits', 60_000);
said['appText'] = await body();
said['appLeft'] = freeMebibytes();
if (process.env['ROOM_SHOT']) await running.page.screenshot({ path: process.env['ROOM_SHOT'] });
const lastLine = async (): Promise<number> => Number([...(await paneText(running)).matchAll(/line (\d+)/g)].at(-1)?.[1] ?? 0);
const lastFirst = await lastLine();
await running.app.lock('hotkey');
await running.surface('lock');
await until(async () => (await body()).includes('The disk is short of room: a program waits.'), 'the flag of the lock page');
await (await passphraseField(running)).fill(passphrase);
await running.page.keyboard.press('Enter');
await running.surface('workspace');
await until(waitsAndSays, 'the face after the unlock');
said['appTextAgain'] = await body();
rmSync(ballast);
await until(async () => (await lastLine()) > lastFirst + 1000, 'the flood that goes on', 60_000);
await until(waitsAndSays, 'the face again', 60_000);
said['appShells'] = await shells();
const last = await lastLine();
// The end, on a disk without any room.
fillDisk(disk);
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
said['appEnds'] = recordings().map((id) => existsSync(join(home, 'recordings', id, 'end.json')));
const key = join(
  folder,
  readdirSync(folder).find((name) => name.startsWith('wardmux-audit-key-'))!,
);
const played = recordings().map((id) => wardmux('play', id, '--raw', '--key', key).out);
said['appShownNotSealed'] = Math.max(0, last - Math.max(...played.map(counted)));
said['appMarks'] = played.some((text) => text.includes('before') && text.includes('after'));
said['ledger'] = wardmux('ledger', 'verify');
running = await start({ folder });
await unlockWithPassphrase(running);
said['appAfterwards'] = 'opens';
await running.stop();
console.log(`\n${JSON.stringify(said)}`);
process.exit(0);
