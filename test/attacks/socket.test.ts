/**
 * Another process of this account puts a socket of its own where the app's is, and answers as the app would: `wardmux lock`
 * and `wardmux status` say that it is not this Wardmux, and never "Locked.".
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { signAnswer } from '../../src/control/proof.ts';
import { socketPath, terminalSocketPath } from '../../src/control/ask.ts';
import { testSigner } from '../../src/ledger/fixture.ts';
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

const locked = { ok: true, window: true, state: 'locked', locked: true, since: null, visible: 'gone', shells: 1, host: 'chromium', version: '0.1.0', pid: 1 };
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
