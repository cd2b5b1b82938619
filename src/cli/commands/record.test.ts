/** `wardmux record` as a process: without a terminal, and in a pty that plays the person's terminal. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeFlags } from '../../native/protect.ts';
import { spawnUnixPty } from '../../pty/unix.ts';
import { openRecording } from '../../recording/reader.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { FileSecretStore } from '../../storage/secret-store.ts';
import { firstRun } from '../../vault/first-run.ts';
import { newScryptParameters } from '../../vault/kdf.ts';

const main = join(import.meta.dirname, '..', 'main.ts');
let folder = '';
let home = '';
let opener: AuditKeyOpener;
let env: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wardmux-record-'));
  home = join(folder, 'home');
  const auditKeyPath = join(folder, 'audit-key.json');
  const passphrase = Buffer.from('gravel lantern mosquito 71 verandah');
  const { identity } = await firstRun({
    home,
    name: 'Ada Example',
    passphrase,
    auditKeyPath,
    chooseStore: async (where) => ({ store: new FileSecretStore(where.secrets) }),
    kdf: newScryptParameters(),
  });
  identity.destroy();
  opener = await AuditKeyOpener.fromFile(auditKeyPath);
  env = { PATH: process.env['PATH'] ?? '', HOME: folder, WARDMUX_HOME: home, TERM: 'xterm' };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function run(
  args: readonly string[],
  options: { readonly input?: string; readonly home?: string; readonly onStdout?: (child: ReturnType<typeof spawn>) => void } = {},
): Promise<Result> {
  const child = spawn(process.execPath, [...nodeFlags, main, 'record', ...args], { env: { ...env, WARDMUX_HOME: options.home ?? home }, cwd: '/' });
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
    [['--person', 'p-ffffffffffff', '--', 'true'], 125, 'no person p-ffffffffffff'],
  ])('%j exits %i with a sentence', async (args, status, sentence) => {
    const before = ledger().length;
    const result = await run(args);
    expect(result.status).toBe(status);
    expect(result.stderr).toContain(sentence);
    expect(result.stdout.length).toBe(0);
    expect(ledger().length).toBe(before);
  });

  test('before the first run it says what to do', async () => {
    const result = await run(['--', 'true'], { home: join(folder, 'nothing') });
    expect(result.status).toBe(125);
    expect(result.stderr).toContain('wardmux init');
  });
});

describe('in a terminal', () => {
  test('passes size, resize and keys on, and translates nothing twice', async () => {
    let shown = '';
    const script =
      'stty size; trap "stty size; echo resized" WINCH; read -rsn1 key; echo "key $key"; until read -rsn1 -t 0.05 key; do :; done; echo "then $key"';
    const exit = new Promise<{ code: number }>((resolve) => {
      const pty = spawnUnixPty(
        { command: [process.execPath, ...nodeFlags, main, 'record', '--json', '--', 'bash', '-c', script], cwd: '/', env, cols: 101, rows: 31 },
        {
          data(bytes) {
            const before = shown;
            shown += Buffer.from(bytes).toString('latin1');
            const now = (text: string): boolean => shown.includes(text) && !before.includes(text);
            if (now('31 101')) pty.write(Buffer.from('k'));
            if (now('key k')) pty.resize(90, 20);
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
    expect(events.map((event) => event.slice(0, 6))).toContain('r90x20');
  });
});
