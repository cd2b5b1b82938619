/** `wardmux record` as a process: without a terminal, and in a pty that plays the person's terminal. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dropPath, markDrop } from '../../anchors/file-drop.ts';
import { nodeFlags } from '../../native/protect.ts';
import { acceptAsItStands } from '../../policy/force.fixture.ts';
import { spawnUnixPty } from '../../pty/unix.ts';
import { openRecording } from '../../recording/reader.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { commandScript } from '../../../test/support/command.ts';
import { firstHome, ownFolder } from '../../../test/support/first-home.ts';

let folder = '';
let home = '';
let opener: AuditKeyOpener;
let env: Record<string, string>;

beforeAll(async () => {
  folder = ownFolder();
  home = join(folder, 'home');
  const auditKeyPath = join(folder, 'audit-key.json');
  const passphrase = Buffer.from('gravel lantern mosquito 71 verandah');
  const { identity } = await firstHome(folder, { passphrase, auditKeyPath });
  identity.destroy();
  opener = await AuditKeyOpener.fromFile(auditKeyPath);
  env = { PATH: process.env['PATH'] ?? '', HOME: folder, WARDMUX_HOME: home, TERM: 'xterm' };
});

interface Result {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function run(
  args: readonly string[],
  options: { readonly input?: string; readonly home?: string; readonly onStdout?: (child: ReturnType<typeof spawn>) => void } = {},
): Promise<Result> {
  const child = spawn(process.execPath, [...nodeFlags, commandScript, 'record', ...args], { env: { ...env, WARDMUX_HOME: options.home ?? home }, cwd: '/' });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    out.push(chunk);
    options.onStdout?.(child);
  });
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.end(options.input ?? '');
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() })));
}

interface Summary {
  readonly recording: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly exit: number;
  readonly head: { readonly size: number; readonly root: string };
}
const summaryOf = (stderr: string): Summary => JSON.parse(stderr.trim().split('\n').at(-1)!) as Summary;

async function readBack(recording: string): Promise<{ output: Buffer; events: string[]; head: unknown }> {
  const reader = await openRecording(join(home, 'recordings', recording));
  const parts: Buffer[] = [];
  const events: string[] = [];
  for await (const record of reader.records(opener)) {
    for (const { event } of record.events) {
      if (event.code === 'o') parts.push(Buffer.from(event.data));
      else events.push(event.code + Buffer.from(event.data).toString());
    }
  }
  expect(reader.fault).toBeUndefined();
  return { output: Buffer.concat(parts), events, head: reader.head() };
}

const ledger = (): { action: string; detail?: Record<string, unknown> }[] =>
  readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { action: string });

describe('without a terminal', () => {
  test('records what it shows, exits as the command, and tells the ledger', async () => {
    const { status, stdout, stderr } = await run(['--json', '--', 'bash', '-c', 'printf "h\\xff\\x00i\\n"; head -c 1000000 /dev/zero; exit 7']);
    expect(status).toBe(7);
    const summary = summaryOf(stderr);
    const { output, events, head } = await readBack(summary.recording);
    expect(output.equals(stdout)).toBe(true);
    expect(output.length).toBe(1_000_006);
    expect(summary).toMatchObject({ bytes: output.length, exit: 7, head, sha256: createHash('sha256').update(output).digest('hex') });
    expect(events.map((event) => event[0])).toEqual(['s', 'x', 'e']);
    expect(events[1]).toBe('x{"code":7,"signal":0}');
    const told = ledger().filter(({ detail }) => detail?.['recording'] === summary.recording);
    expect(told.map(({ action }) => action)).toEqual(['recording.start', 'recording.end']);
    expect(told[1]!.detail).toMatchObject({ size: summary.head.size, root: summary.head.root, outputBytes: output.length });
  });

  test('gives its input to the command, and its end', async () => {
    const { status, stdout } = await run(['--', 'bash', '-c', 'stty -echo; while read -r line; do echo "got $line"; done; echo end'], { input: 'one\ntwo\n' });
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/got one\r\ngot two\r\nend\r\n$/);
  });

  test('exits with 128 and the signal that ended the command', async () => {
    expect((await run(['--', 'bash', '-c', 'kill -9 $$'])).status).toBe(137);
  });

  test('passes a signal on to the command', async () => {
    const { status, stdout } = await run(['--', 'bash', '-c', 'trap "echo caught; exit 5" TERM; echo ready; while :; do sleep 0.05; done'], {
      onStdout: (child) => child.kill('SIGTERM'),
    });
    expect(status).toBe(5);
    expect(stdout.toString()).toContain('caught');
  });

  test('ends the command when nobody reads any more', async () => {
    const { status } = await run(['--', 'yes'], { onStdout: (child) => child.stdout?.destroy() });
    // The program says at its end what a shell says of a closed pipe.
    expect(status).toBe(141);
    expect(ledger().findLast(({ action }) => action === 'recording.end')?.detail).toMatchObject({ reason: 'closed' });
  });

  test.each([
    [['--', '/no/such/program'], 127, '/no/such/program does not exist'],
    [['--', 'no-such-program'], 127, 'no-such-program was not found'],
    [['--', '/etc/passwd'], 126, '/etc/passwd may not be run'],
    [['--person', 'p-ffffffffffff', '--', 'true'], 125, 'no person "p-ffffffffffff"'],
  ])('%j exits %i with a sentence', async (args, status, sentence) => {
    const before = ledger().length;
    const result = await run(args);
    expect(result.status).toBe(status);
    expect(result.stderr).toContain(sentence);
    expect(result.stdout.length).toBe(0);
    expect(ledger().length).toBe(before);
  });

  test.each(['/etc/passwd', '/no/such/interpreter', '/tmp'])('a script whose interpreter is %s cannot be run: 126 and a sentence', async (interpreter) => {
    const script = join(folder, 'script');
    writeFileSync(script, `#! ${interpreter} -x\n`, { mode: 0o755 });
    const before = ledger().length;
    const { status, stderr } = await run(['--', script]);
    expect(status).toBe(126);
    expect(stderr).toContain(`${script} cannot be run: its interpreter "${interpreter}" is missing or not executable`);
    expect(ledger().length).toBe(before);
    // One that can be run is.
    writeFileSync(script, '#! /usr/bin/env sh\nexit 7\n', { mode: 0o755 });
    expect((await run(['--', script])).status).toBe(7);
  });

  test('before the first run it says what to do', async () => {
    const result = await run(['--', 'true'], { home: join(folder, 'nothing') });
    expect(result.status).toBe(125);
    expect(result.stderr).toContain('wardmux init');
  });
});

describe('a job without a terminal', () => {
  test('ends although each of its programs reads to the end of the input', async () => {
    const { status, stdout } = await run(['--', 'sh', '-c', 'cat; cat; cat; echo over']);
    expect([status, stdout.toString()]).toEqual([0, 'over\r\n']);
  });

  test('has the variables that the person had set', async () => {
    const child = spawn(join(import.meta.dirname, '../../../bin/wardmux'), ['record', '--', 'env'], {
      env: { ...env, NODE_ENV: 'production', npm_config_x: 'y', CHROME_BIN: '/b', LD_BIND_NOW: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    const names = text.split('\r\n');
    for (const line of ['NODE_ENV=production', 'npm_config_x=y', 'CHROME_BIN=/b', 'LD_BIND_NOW=1', `WARDMUX_HOME=${home}`]) expect(names).toContain(line);
    expect(text).not.toContain('WARDMUX_ASIDE');
  });

  /** As a shell would run it: bytes stay bytes. */
  const shell = (script: string): { status: number | null; stderr: string; stdout: string } =>
    spawnSync('bash', ['-c', script, process.execPath, commandScript], { env, encoding: 'latin1', cwd: folder });

  test.each([
    ['an argument', `"$0" --disable-sigusr1 "$1" record -- echo $'a\\xffb'`, 125, 'Argument 4 is not UTF-8'],
    ['a path of another command', `"$0" --disable-sigusr1 "$1" verify $'/tmp/\\xff'`, 2, 'Argument 2 is not UTF-8'],
    ['a variable', `X=$'\\xff' "$0" --disable-sigusr1 "$1" record -- true`, 125, 'variable X is not UTF-8'],
    ['a data folder', `WARDMUX_HOME=$'/tmp/\\xff' "$0" --disable-sigusr1 "$1" list`, 2, 'variable WARDMUX_HOME is not UTF-8'],
    [
      'a data folder that is named from where no name is',
      `mkdir -p $'f\\xff' && cd $'f\\xff' && WARDMUX_HOME=home "$0" --disable-sigusr1 "$1" list`,
      2,
      'WARDMUX_HOME has to be a whole path',
    ],
    ['a folder that is gone', `mkdir -p gone && cd gone && rmdir ../gone && "$0" --disable-sigusr1 "$1" record -- true`, 125, 'does not exist any more'],
    ['a full device', `"$0" --disable-sigusr1 "$1" --help >/dev/full`, 61, 'could not be written (ENOSPC)'],
    ['a full device, recorded', `"$0" --disable-sigusr1 "$1" record -- echo x >/dev/full`, 125, 'cannot be written where it should go (ENOSPC)'],
  ])('%s is told in a sentence', (_, script, status, sentence) => {
    const done = shell(script);
    expect([done.status, done.stderr]).toEqual([status, expect.stringContaining(sentence)]);
    expect(done.stderr).not.toMatch(/ {4}at |please report/);
  });

  test('a working folder that is no UTF-8 is the one that a command runs in, and that relative paths lead into', () => {
    const done = shell(
      `mkdir -p $'g\\xff' && cd $'g\\xff' && printf 'echo here; pwd' > say && chmod +x say && "$0" --disable-sigusr1 "$1" record -- sh ./say && "$0" --disable-sigusr1 "$1" trust --verifier out >&2; ls`,
    );
    expect(done.stdout).toBe(`here\r\n${folder}/g\xff\r\nout\nsay\n`);
  });

  test('a closed pipe is quiet', () => {
    const done = shell(`("$0" --disable-sigusr1 "$1" --help; echo "status $?" >&2) | true`);
    expect(done.stderr).toMatch(/^status (0|141)\n$/);
  });
});

describe('in a terminal', () => {
  test('passes size, resize and keys on, and translates nothing twice', async () => {
    let shown = '';
    const script =
      'stty -echo; stty size; trap "stty size; echo resized" WINCH; read -rsn1 key; echo "key $key"; until read -rsn1 -t 0.05 key; do :; done; echo "then $key"';
    const exit = new Promise<{ code: number }>((resolve) => {
      const pty = spawnUnixPty(
        { command: [process.execPath, ...nodeFlags, commandScript, 'record', '--json', '--', 'bash', '-c', script], cwd: '/', env, cols: 101, rows: 31 },
        {
          data(bytes) {
            const before = shown;
            shown += Buffer.from(bytes).toString('latin1');
            const now = (text: string): boolean => shown.includes(text) && !before.includes(text);
            if (now('31 101')) pty.write(Buffer.from('k'));
            if (now('key k')) for (let i = 0; i < 60; i++) pty.resize(90, 20);
            if (now('resized')) pty.write(Buffer.from('z'));
          },
          exit: resolve,
        },
      );
    });
    expect((await exit).code).toBe(0);
    expect(shown).toContain('31 101\r\nkey k\r\n');
    expect(shown).toContain('20 90\r\nresized\r\n');
    expect(shown).toContain('then z\r\n');
    expect(shown).not.toContain('\r\r');
    const { output, events } = await readBack(summaryOf(shown).recording);
    expect(shown.startsWith(output.toString('latin1'))).toBe(true);
    // However often it was told.
    expect(events.filter((event) => event.startsWith('r'))).toEqual(['r90x20']);
  });
});

test('the anchors of the policy get a head at its start and one at its end; where they do not, a sentence says so and nothing else changes', async () => {
  const place = ownFolder();
  const other = join(place, 'home');
  cpSync(home, other, { recursive: true });
  const share = join(place, 'share');
  mkdirSync(share);
  const { id } = JSON.parse(readFileSync(join(other, 'installation.json'), 'utf8')) as { id: string };
  markDrop(share, id);
  const policy = JSON.parse(readFileSync(join(other, 'policy.json'), 'utf8')) as object;
  writeFileSync(join(other, 'policy.json'), JSON.stringify({ ...policy, anchors: [{ name: 'share', kind: 'file', folder: share }] }));
  await acceptAsItStands(other);
  const heads = (): number => readFileSync(dropPath(share, id), 'utf8').trimEnd().split('\n').length;
  const first = await run(['--', 'sh', '-c', 'echo one; exit 3'], { home: other });
  expect(first).toMatchObject({ status: 3, stderr: '' });
  // A third one has the word that the last was sent, where that was not entered before.
  expect([2, 3]).toContain(heads());
  renameSync(share, `${share}-away`);
  const second = await run(['--', 'sh', '-c', 'echo two; exit 4'], { home: other });
  expect(second.stdout.toString()).toBe('two\r\n');
  expect(second.status).toBe(4);
  expect(second.stderr).toMatch(/^wardmux: the newest head of the ledger has not gone to share within 2 s; .*wardmux anchor status\n$/);
  rmSync(place, { recursive: true });
});
