/** The pty host as a real process with real shells, its recordings read back with an audit key. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openRecording } from '../recording/reader.ts';
import { AuditKeyOpener, generateAuditKey } from '../recording/wrap.ts';
import { FlatLine, type Flat } from '../process/flat.fixture.ts';
import { answerWords, type Post } from './host.fixture.ts';
import { ptyService } from './service.ts';

const audit = generateAuditKey();
const opener = AuditKeyOpener.fromJson(audit.file);
const env = { PATH: process.env['PATH'] ?? '', HOME: '/', TERM: 'xterm' };
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

class Host {
  readonly folder = mkdtempSync(join(tmpdir(), 'wardmux-pty-'));
  readonly child: ChildProcess;
  readonly posts: Post[] = [];
  readonly #line = new FlatLine(ptyService, answerWords);
  #changed: () => void = () => {};

  constructor(args: readonly string[] = []) {
    this.child = fork(join(import.meta.dirname, 'main.ts'), [...args], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    cleanups.push(() => {
      this.child.kill('SIGKILL');
      rmSync(this.folder, { recursive: true, force: true });
    });
    this.child.on('message', (message) => {
      this.posts.push(this.#line.incoming(message) as Post);
      this.#changed();
    });
    this.send({
      type: 'configure',
      recordingsFolder: this.folder,
      installation: 'w-0123456789ab',
      policySha256: '0'.repeat(64),
      workstationClass: 'it-office',
      rotateMinutes: 60,
      rotateMebibytes: 64,
      reserveMebibytes: 0,
      version: '0.0.0',
    });
  }

  send(message: Flat): void {
    this.child.send(this.#line.outgoing(message));
  }

  async until(type: string, fits: (message: Post) => boolean = () => true): Promise<Post> {
    for (;;) {
      const found = this.posts.find((message) => message.type === type && fits(message));
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async spawn(pane: number, command: string[]): Promise<{ recording: string; pid: number }> {
    this.send({
      type: 'spawn',
      pane,
      person: 'p-0123456789ab',
      roles: ['operator'],
      recipients: [{ ...audit.recipient, role: 'owner' }],
      command,
      cwd: '/',
      env,
      cols: 80,
      rows: 24,
    });
    return this.until('spawned', (message) => message.pane === pane);
  }

  gone(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({ code, signal })));
  }
}

async function readBack(folder: string): Promise<{ output: Buffer; codes: string; reader: Awaited<ReturnType<typeof openRecording>> }> {
  const reader = await openRecording(folder);
  const parts: Buffer[] = [];
  let codes = '';
  for await (const { events } of reader.records(opener)) {
    for (const { event } of events) {
      if (event.code === 'o') parts.push(Buffer.from(event.data));
      if (event.code !== codes.at(-1)) codes += event.code;
    }
  }
  return { output: Buffer.concat(parts), codes, reader };
}

const alive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
};

test('100 runs of a child that prints 1 MB and exits at once lose 0 bytes in the recording', async () => {
  const host = new Host();
  for (let pane = 0; pane < 100; pane++) {
    const { recording } = await host.spawn(pane, ['head', '-c', '1000000', '/dev/zero']);
    await host.until('exit', (message) => message.pane === pane);
    const { output, codes, reader } = await readBack(join(host.folder, recording));
    expect(output.length).toBe(1_000_000);
    expect(output.every((byte) => byte === 0)).toBe(true);
    expect(codes).toBe('soxe');
    expect(reader.fault).toBeUndefined();
    rmSync(join(host.folder, recording), { recursive: true });
  }
}, 300_000);

test('kill -9 in the middle of output leaves a recording that reads back to its last whole record, and no shell', async () => {
  const host = new Host();
  const { recording, pid } = await host.spawn(1, ['bash', '-c', 'i=0; while :; do echo "line $((i++))"; done']);
  // More than a thousand lines.
  await host.until('sealed', ({ bytes }) => Number(bytes) > 20_000);
  const gone = host.gone();
  host.child.kill('SIGKILL');
  await gone;
  const { output, reader } = await readBack(join(host.folder, recording));
  const lines = output.toString().split('\r\n');
  expect(lines.length).toBeGreaterThan(1000);
  lines.pop();
  for (const [index, line] of lines.entries()) if (line !== `line ${index}`) expect.fail(`line ${index} is ${line}`);
  expect([undefined, 'torn']).toContain(reader.fault?.code);
  // The kernel hangs up the terminal when nobody holds its master any more.
  await expect.poll(() => alive(pid)).toBe(false);
});

test('when main is gone, recordings end with that reason and shells are hung up', async () => {
  const host = new Host();
  const { recording, pid } = await host.spawn(1, ['bash', '--norc', '-i']);
  const gone = host.gone();
  host.child.disconnect();
  expect(await gone).toEqual({ code: 0, signal: null });
  expect(alive(pid)).toBe(false);
  expect(JSON.parse(readFileSync(join(host.folder, recording, 'end.json'), 'utf8'))).toMatchObject({ reason: 'main-gone' });
});

test('stop tells every end before the process goes', async () => {
  const host = new Host();
  await host.spawn(1, ['sleep', '100']);
  await host.spawn(2, ['bash', '-c', 'trap "" HUP; while :; do sleep 1; done']);
  const gone = host.gone();
  host.send({ type: 'stop' });
  expect(await gone).toEqual({ code: 0, signal: null });
  const ends = host.posts.flatMap((message) => (message.type === 'notice' && message.notice.kind === 'end' ? [message.notice.reason] : []));
  expect(ends).toEqual(['app-stop', 'app-stop']);
  expect(host.posts.filter(({ type }) => type === 'exit').length).toBe(2);
});

test('a locked pane is recorded on: lock event, new segment, what was printed meanwhile', async () => {
  const host = new Host();
  const go = join(host.folder, 'go');
  const { recording } = await host.spawn(1, ['bash', '-c', 'echo before; until [ -e "$0" ]; do sleep 0.02; done; echo while locked', go]);
  await host.until('sealed');
  host.send({ type: 'detach', cause: 'idle' });
  await host.until('detached');
  writeFileSync(go, '');
  await host.until('exit');
  const { output, codes, reader } = await readBack(join(host.folder, recording));
  expect(output.toString()).toBe('before\r\nwhile locked\r\n');
  expect(codes).toBe('solroxe');
  expect(reader.segments).toEqual([0, 1]);
});

/** Soft and hard limit of a core file, as the kernel says them. */
const coreLimits = (pid: number | string): string[] => /^Max core file size +(\S+) +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))!.slice(1);

test('the process has no core file, its shells have what the starter had', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only on Linux a process says its limits');
  const host = new Host(['4096']);
  await host.until('ready');
  const hard = coreLimits('self')[1]!;
  const atMost = (bytes: number): string => (hard === 'unlimited' || Number(hard) > bytes ? String(bytes) : hard);
  expect(coreLimits(host.child.pid!)).toEqual([atMost(1), hard]);
  const { pid } = await host.spawn(1, ['sleep', '100']);
  expect(coreLimits(pid)).toEqual([atMost(4096), hard]);
  // Until the next shell it is the host's own again.
  expect(coreLimits(host.child.pid!)).toEqual([atMost(1), hard]);
});
