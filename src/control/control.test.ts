import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { createConnection, Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { askApp } from './ask.ts';
import { testSigner } from '../ledger/fixture.ts';
import { newNonce, openAnswer } from './proof.ts';
import { deafSocket } from '../../test/support/deaf-socket.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { openDoor, type Standing } from '../access/index.ts';
import { listen, type SocketRefusal } from './listen.ts';
import { withoutWindows, type AppFacts, type FactsVerb, type VerbHandlers } from './verbs.ts';

const signer = testSigner();
let folder: string;
let path: string;
let handled: FactsVerb[];
let refused: SocketRefusal[];
const facts: AppFacts = {
  window: true,
  state: 'locked',
  locked: true,
  since: null,
  visible: 'gone',
  shells: 0,
  host: 'chromium',
  version: '0.0.0',
  pid: 1,
  lowered: [],
};
const locked: Standing = { phase: 'locked' };
const door = openDoor({ standing: () => locked, denied: () => {} });
let server: { close(): Promise<void> };
const handlersOf = (handle: (command: FactsVerb) => Promise<AppFacts>): VerbHandlers => ({
  ...withoutWindows,
  lock: () => handle('lock'),
  status: () => handle('status'),
  show: () => handle('show'),
});
const others: ChildProcess[] = [];

/** Another process of this account listens at `at`, and answers as an app would that says nothing true. */
async function impostor(at: string): Promise<number> {
  const code = `require('node:net').createServer((s) => s.on('error', () => {}).resume().end('{"ok":true,"state":"locked"}\\n')).listen(process.argv[1], () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', code, at], { stdio: ['ignore', 'pipe', 'inherit'] });
  others.push(child);
  await once(child.stdout, 'data');
  return child.pid!;
}

async function deaf(at: string): Promise<number> {
  const child = await deafSocket(at);
  others.push(child);
  return child.pid!;
}

/** The server again, in time that the test turns: `look` has it look once whether it is still reached. */
async function listenAnew(): Promise<{ readonly look: () => void; readonly looked: () => Promise<void> }> {
  await server.close();
  let beat: () => void = () => {};
  const clock = { after: (_ms: number, run: () => void) => ((beat = run), () => {}) };
  server = await listen({
    path,
    clock,
    handlers: handlersOf(async () => facts),
    door,
    refused: (code) => refused.push(code),
    sign: (bytes) => signer.sign(bytes),
  });
  const look = (): void => beat();
  const looked = async (): Promise<void> => {
    const emitted = vi.spyOn(Server.prototype, 'emit');
    try {
      look();
      // It is over when it has hung up.
      await waitFor(() => {
        const [, socket] = emitted.mock.calls.find(([event]) => String(event) === 'connection') ?? [];
        expect((socket as Socket | undefined)?.destroyed).toBe(true);
      });
    } finally {
      emitted.mockRestore();
    }
  };
  return { look, looked };
}

/** Waits until what answers at `path` is the server. */
const answers = (): Promise<void> =>
  waitFor(async () => {
    const nonce = newNonce();
    const received: unknown = JSON.parse(await ask(`${JSON.stringify({ command: 'status', nonce })}\n`));
    expect(openAnswer({ name: 'wardmux.sock', command: 'status', nonce }, received, signer.publicKey)).toEqual({ ok: true, ...facts });
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wardmux-socket-'));
  path = join(folder, 'run', 'wardmux.sock');
  handled = [];
  refused = [];
  server = await listen({
    path,
    handlers: handlersOf(async (command) => {
      handled.push(command);
      return facts;
    }),
    door,
    refused: (code) => refused.push(code),
    sign: (bytes) => signer.sign(bytes),
  });
});
afterEach(async () => {
  for (const child of others.splice(0)) child.kill('SIGKILL');
  await server.close();
  rmSync(folder, { recursive: true });
});

function ask(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

test('nobody but this account can reach it', () => {
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
});

test('lock, status and show are answered with one line', async () => {
  for (const command of ['lock', 'status', 'show'] as const) {
    const nonce = newNonce();
    const received: unknown = JSON.parse(await ask(`${JSON.stringify({ command, nonce })}\n`));
    const question = { name: 'wardmux.sock', command, nonce };
    expect(openAnswer(question, received, signer.publicKey)).toEqual({ ok: true, ...facts });
    // For this question only, and by this key only.
    expect(openAnswer({ ...question, nonce: newNonce() }, received, signer.publicKey)).toBeUndefined();
    expect(openAnswer({ ...question, name: 't-1.sock' }, received, signer.publicKey)).toBeUndefined();
    expect(openAnswer({ ...question, command: 'unlock' }, received, signer.publicKey)).toBeUndefined();
    expect(openAnswer(question, received, testSigner().publicKey)).toBeUndefined();
    expect(openAnswer(question, { ok: true, ...facts }, signer.publicKey)).toBeUndefined();
  }
  expect(handled).toEqual(['lock', 'status', 'show']);
  expect(refused).toEqual([]);
});

test.each([
  '{}\n',
  'lock\n',
  '{"command":"lock"}\n',
  '{"command":"lock","nonce":"a text of somebody else, to be signed"}\n',
  `{"command":"lock","nonce":"${'0'.repeat(65)}"}\n`,
  `{"command":"send-keys","nonce":"${'0'.repeat(64)}"}\n`,
  `{"command":"lock","nonce":"${'0'.repeat(64)}","x":1}\n`,
  '[]\n',
])('%s is refused and reaches nobody', async (line) => {
  expect(JSON.parse(await ask(line)).ok).toBe(false);
  expect(handled).toEqual([]);
  expect(refused).toEqual(['bad-message']);
});

test('a line without end is cut off', async () => {
  expect(await ask('x'.repeat(5000))).toBe('');
  expect(refused).toEqual(['bad-message']);
});

test('another account gets no answer, even where the modes let it in', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only on Linux the kernel says who connected');
  await server.close();
  server = await listen({
    path,
    // The account that may come in is another one, so that we are the stranger. A real one comes in test/e2e/processes.test.ts.
    uid: process.getuid!() + 1,
    handlers: handlersOf(async (command) => {
      handled.push(command);
      return facts;
    }),
    door,
    refused: (code) => refused.push(code),
    sign: (bytes) => signer.sign(bytes),
  });
  // The line may find the connection closed already.
  expect(await ask(`{"command":"status","nonce":"${newNonce()}"}\n`).catch(() => '')).toBe('');
  expect(handled).toEqual([]);
  expect(refused).toEqual(['wrong-peer']);
});

test.each([
  ['renamed, and another socket put in its place', true],
  ['deleted', false],
])('a socket that is %s is taken back, and that is told', async (_, replaced) => {
  if (replaced) renameSync(path, `${path}.away`);
  else rmSync(path);
  if (replaced) await impostor(path);
  await answers();
  expect(refused).toEqual(['moved']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test.skipIf(process.platform !== 'linux').each([
  ['before we have looked at ours', false],
  ['after it', true],
])('a socket in the place of ours that takes no connection, because its backlog is full, is not taken for ours: %s', async (_, after) => {
  const { look, looked } = await listenAnew();
  if (after) await looked();
  renameSync(path, `${path}.away`);
  await deaf(path);
  look();
  await answers();
  expect(refused).toEqual(['moved']);
});

test.skipIf(process.platform !== 'linux')('our own socket, its backlog full, keeps its place', async () => {
  const { look, looked } = await listenAnew();
  await looked();
  // Nothing is accepted while this runs, and who has ended waits in the backlog as well.
  const code = `const fill = () => require('node:net').createConnection(process.argv[1]).on('connect', fill).on('error', ({ code }) => {
    console.log(code);
    process.exit();
  });
  fill();`;
  const said = execFileSync(process.execPath, ['-e', code, path]);
  expect(String(said)).toBe('EAGAIN\n');
  // Before anybody is accepted.
  look();
  // Waits for the look.
  await server.close();
  expect(refused).not.toContain('moved');
});

test.skipIf(process.platform !== 'linux')(
  'whoever asks names the process that listens at the path and takes no connection, where it is not the one that may; else it claims nothing',
  async () => {
    const at = `${path}.deaf`;
    const pid = await deaf(at);
    const waited = performance.now();
    await expect(askApp(at, 'lock', signer.publicKey, (who) => who === process.pid)).rejects.toThrow(`is not this Wardmux: the process that listens there`);
    // Not all tries in the same moment.
    expect(performance.now() - waited).toBeGreaterThan(50);
    await expect(askApp(at, 'lock', signer.publicKey, (who) => who === process.pid)).rejects.toThrow(`It is process ${pid} (`);
    await expect(askApp(at, 'lock', signer.publicKey, (who) => who === pid)).rejects.toMatchObject({ code: 'EAGAIN' });
  },
);

test('a word of the private socket without a handler does not compile', () => {
  const { lock, status } = handlersOf(async () => facts);
  // @ts-expect-error: `show` is missing.
  const short: VerbHandlers = { lock, status, ...withoutWindows };
  expect(Object.keys(short)).toEqual(['lock', 'status', 'challenge', 'command']);
});

test.each([
  ['the rights of its file', 0o000, () => path],
  ['the rights of its folder', 0o000, () => dirname(path)],
  ['the right to look into its folder', 0o300, () => dirname(path)],
])('where somebody takes away %s they are given back, and that is told', async (_, mode, what) => {
  chmodSync(what(), mode);
  await waitFor(() => expect(statSync(dirname(path)).mode & 0o777).toBe(0o700));
  await waitFor(() => expect(statSync(path).mode & 0o777).toBe(0o600));
  await answers();
  expect(refused).toEqual(['moved']);
});

test('a socket that another process puts there in the moment after ours was bound is not taken for ours', async () => {
  const real = Server.prototype.listen;
  const spy = vi.spyOn(Server.prototype, 'listen').mockImplementationOnce(function (this: Server, ...[at, bound]: unknown[]) {
    return Reflect.apply(real, this, [
      at,
      () => {
        rmSync(path);
        void impostor(path).then(bound as () => void);
      },
    ]) as Server;
  });
  try {
    rmSync(path);
    await waitFor(() => expect(spy).toHaveBeenCalled());
    await answers();
  } finally {
    spy.mockRestore();
  }
});

test('a socket that is deleted in the moment in which its place is taken back is taken back the next second', async () => {
  const real = Server.prototype.listen;
  const spy = vi.spyOn(Server.prototype, 'listen').mockImplementationOnce(function (this: Server, ...[at, bound]: unknown[]) {
    return Reflect.apply(real, this, [
      at,
      () => {
        rmSync(path);
        (bound as () => void)();
      },
    ]) as Server;
  });
  try {
    rmSync(path);
    await waitFor(() => expect(spy.mock.calls.length).toBeGreaterThan(1));
    await waitFor(() => expect(existsSync(path)).toBe(true));
  } finally {
    spy.mockRestore();
  }
});

test('many who drip a byte now and then, and come back when they are let go, keep no command out', async () => {
  const drip: Socket[] = [];
  let letGo = 0;
  let over = false;
  const connect = (): void => {
    if (over) return;
    const socket = createConnection(path);
    drip.push(socket);
    socket.on('connect', () => socket.write(' '));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      letGo++;
      connect();
    });
  };
  const dripping = setInterval(() => drip.forEach((socket) => socket.destroyed || socket.write(' ')), 50);
  for (let n = 0; n < 200; n++) connect();
  try {
    // More than may wait: some were let go for others, and that is told.
    await waitFor(() => expect(refused).toContain('too-many'));
    for (let n = 0; n < 20; n++) expect(await askApp(path, 'lock', signer.publicKey)).toMatchObject({ state: 'locked' });
    expect(handled).toHaveLength(20);
    expect(letGo).toBeGreaterThan(0);
  } finally {
    over = true;
    clearInterval(dripping);
    for (const socket of drip) socket.destroy();
  }
});

test('whoever does not hang up after an answer holds no place', async () => {
  const sockets = await Promise.all(
    Array.from({ length: 300 }, async () => {
      const socket = createConnection({ path, allowHalfOpen: true });
      await new Promise((resolve) => socket.once('connect', resolve).once('error', resolve));
      socket.write(`${JSON.stringify({ command: 'status', nonce: newNonce() })}\n`);
      return socket.resume();
    }),
  );
  expect(await askApp(path, 'lock', signer.publicKey)).toMatchObject({ state: 'locked' });
  for (const socket of sockets) socket.destroy();
});

test('a byte now and then buys no time', async () => {
  const socket = createConnection(path);
  const ended = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => undefined);
  const dripping = setInterval(() => socket.write(' '), 50);
  await ended;
  clearInterval(dripping);
  expect(refused).toEqual(['bad-message']);
});

test.each([
  ['throws', () => Promise.reject(new Error('no')), 'it is not known whether this was done'],
  ['hangs', () => new Promise<never>(() => undefined), 'not known whether it will still be done'],
])(
  'a verb whose handler %s is answered in words that claim nothing, and is recorded',
  async (_, handle, words) => {
    await server.close();
    server = await listen({ path, handlers: handlersOf(handle), door, refused: (code) => refused.push(code), sign: (bytes) => signer.sign(bytes) });
    await expect(askApp(path, 'lock', signer.publicKey)).rejects.toThrow(words);
    expect(refused).toEqual(['failed']);
  },
  15_000,
);
