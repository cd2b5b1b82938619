/**
 * Another process of this account puts a socket of its own where the app's is, and answers as the app would: `wardmux lock`
 * and `wardmux status` say that it is not this Wardmux, and never "Locked.".
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { signAnswer } from '../../src/control/proof.ts';
import { socketPath, terminalSocketPath } from '../../src/control/ask.ts';
import { holdFolder, type Hold } from '../../src/control/hold.ts';
import { testSigner } from '../../src/ledger/fixture.ts';
import { deafSocket } from '../support/deaf-socket.ts';
import { createInstallation, openHome } from '../../src/storage/index.ts';

const signer = testSigner();
const stranger = testSigner();
let home: string;
let path: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'wardmux-impostor-'));
  path = socketPath(home, {});
  createInstallation(openHome(home), {
    format: 'wardmux-installation',
    version: 1,
    id: signer.installation,
    created: '2026-01-01T00:00:00Z',
    publicKey: Buffer.from(signer.publicKey).toString('base64url'),
    secretStore: 'file',
  });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
});
afterAll(() => rmSync(home, { recursive: true }));
let hold: Hold | undefined;
const children: ChildProcess[] = [];
beforeEach(async () => void (hold = await holdFolder(home)));
afterEach(() => {
  hold?.release();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function run(command: 'lock' | 'status'): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const io = {
    env: { WARDMUX_HOME: home },
    out: async (data: string | Uint8Array) => void (out += String(data)),
    talk: (text: string) => void (err += text),
    stdoutIsTerminal: false,
    now: () => 0,
    wait: async () => undefined,
  };
  return { status: await runCli([command], io), out, err };
}

type Answering = (question: { name: string; command: string; nonce: string }) => unknown;

async function withSocket<T>(at: string, answer: Answering, task: () => Promise<T>): Promise<T> {
  const server: Server = createServer((socket) =>
    socket.once('data', async (line) => {
      const asked = JSON.parse(line.toString()) as { command: string; nonce: string };
      socket.end(`${JSON.stringify(await answer({ name: basename(at), ...asked }))}\n`);
    }),
  );
  await new Promise<void>((resolve) => server.listen(at, resolve));
  try {
    return await task();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const locked = {
  ok: true,
  window: true,
  state: 'locked',
  locked: true,
  since: null,
  visible: 'gone',
  shells: 1,
  host: 'chromium',
  version: '0.1.0',
  pid: 1,
  lowered: [],
};
const own = (bytes: Uint8Array): Promise<Uint8Array> => signer.sign(bytes);
let recorded: unknown;

const forgeries: readonly (readonly [string, Answering])[] = [
  ['says it without a signature', () => locked],
  ['signs with a key of its own', (question) => signAnswer(question, locked, (bytes) => stranger.sign(bytes))],
  ['repeats an answer from before', async (question) => (recorded ??= await signAnswer({ ...question, nonce: '0'.repeat(64) }, locked, own))],
  ['passes on the answer to another command', (question) => signAnswer({ ...question, command: 'show' }, locked, own)],
  ['passes on what a terminal answers', (question) => signAnswer({ ...question, name: 't-7.sock' }, locked, own)],
  [
    'changes a word of the answer',
    async (question) => {
      const signed = await signAnswer(question, { ...locked, state: 'unlocked' }, own);
      return { ...signed, answer: String(signed['answer']).replace('unlocked', 'locked') };
    },
  ],
  ['gives an empty signature', () => ({ answer: JSON.stringify(locked), signature: '' })],
];

for (const command of ['lock', 'status'] as const) {
  test(`what the installation has signed for this question is believed: ${command}`, async () => {
    expect(
      await withSocket(
        path,
        (question) => signAnswer(question, locked, own),
        () => run(command),
      ),
    ).toMatchObject({ status: 0 });
  });

  test.each(forgeries)(`a socket that is not the app's %s: ${command}`, async (_, answer) => {
    const { status, out, err } = await withSocket(path, answer, () => run(command));
    expect({ status, out }).toEqual({ status: 62, out: '' });
    expect(err).toContain('is not this Wardmux');
    expect(err).not.toContain('Locked.');
  });
}

test('a false terminal beside the true app is not believed either', async () => {
  const { status, err } = await withSocket(
    path,
    (question) => signAnswer(question, locked, own),
    () =>
      withSocket(
        terminalSocketPath(path, 7),
        () => locked,
        () => run('lock'),
      ),
  );
  expect(status).toBe(62);
  expect(err).toContain('t-7.sock');
});

/** Another process that runs `code` with `...args`, once it has said that it is ready. */
async function other(code: string, ...args: string[]): Promise<number> {
  const child = spawn(process.execPath, ['-e', code, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout!, 'data');
  return child.pid!;
}
const listens = `require('node:net').createServer((s) => s.on('error', () => {}).resume().end('{}\\n')).listen(process.argv[1], () => console.log('up'))`;

test.skipIf(process.platform !== 'linux').each(['lock', 'status'] as const)(
  'the right key in the wrong process: who listens does not hold the data folder, and is named: %s',
  async (command) => {
    const pid = await other(listens, path);
    const { status, out, err } = await run(command);
    expect({ status, out }).toEqual({ status: 62, out: '' });
    expect(err).toContain(`process ${pid} (${process.execPath})`);
    rmSync(path, { force: true });
    hold!.release();
    hold = undefined;
    const unheld = await withSocket(
      path,
      (question) => signAnswer(question, locked, own),
      () => run(command),
    );
    expect(unheld.status).toBe(62);
  },
);

test.skipIf(process.platform !== 'linux').each([
  ['bound at our path, which is named,', (at: string): string => at],
  ['bound by another name of our path, under which the kernel lists it,', (at: string): string => `${dirname(at)}/../${basename(dirname(at))}/${basename(at)}`],
])('a process %s that has filled its own backlog is not taken for an app that fails', async (name, bound) => {
  const child = await deafSocket(bound(path));
  children.push(child);
  const { status, out, err } = await run('lock');
  rmSync(path, { force: true });
  expect({ status, out }).toEqual({ status: 62, out: '' });
  expect(err).toContain(name.includes('named') ? `process ${child.pid} (` : 'cannot be asked');
});

test.each([
  ['run', 'a file', () => writeFileSync(join(home, 'run'), '')],
  ['run', 'a link to itself', () => symlinkSync('run', join(home, 'run'))],
])('a folder that cannot be looked into (%s is %s) is no reason to say that no Wardmux runs', async (_, __, put) => {
  renameSync(dirname(path), `${dirname(path)}.away`);
  try {
    put();
    const { status, err } = await run('lock');
    expect({ status, err }).toEqual({ status: 62, err: expect.stringContaining('cannot be asked') as string });
  } finally {
    rmSync(join(home, 'run'), { force: true });
    renameSync(`${dirname(path)}.away`, dirname(path));
  }
});

test('a terminal whose socket is taken away all the time is heard of by the kernel', async () => {
  const at = terminalSocketPath(path, 7);
  await other(listens, at);
  hold!.release();
  hold = undefined;
  rmSync(at);
  const { status, err } = await run('lock');
  expect(status).toBe(62);
  expect(err).toContain('t-7.sock');
});

test.each([
  ['away', undefined],
  ['with a key of the attacker', stranger],
])('installation.json is %s for a moment: an answer of another process is not believed, nor one without a key', async (_, key) => {
  const file = join(home, 'installation.json');
  const before = readFileSync(file, 'utf8');
  mkdirSync(join(home, 'ledger'), { recursive: true });
  writeFileSync(join(home, 'ledger', 'events.jsonl'), '');
  try {
    rmSync(file);
    if (key) writeFileSync(file, JSON.stringify({ ...JSON.parse(before), publicKey: Buffer.from(key.publicKey).toString('base64url') }));
    await other(listens, path);
    expect((await run('lock')).status).toBe(62);
    // As if it were the process that holds the folder.
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(path, { force: true });
    if (!key)
      expect(
        (
          await withSocket(
            path,
            () => locked,
            () => run('status'),
          )
        ).status,
      ).toBe(62);
  } finally {
    writeFileSync(file, before);
    rmSync(join(home, 'ledger'), { recursive: true });
  }
});
