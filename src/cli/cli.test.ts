/** The `wardmux` command as scripts use it: a process, its streams, its exit status. */
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Terminal } from '@xterm/headless';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { killedExport } from '../../test/support/killed-export.ts';
import { withoutRuntimeVariables } from '../native/environment.ts';
import { nodeFlags } from '../native/protect.ts';
import { openHome, openSigner } from '../storage/index.ts';
import { commandsFor } from './commands/index.ts';
import { eventLine } from './commands/ledger.ts';
import { exitTable } from './exit.ts';
import { columns } from './io.ts';
import { runCli } from './program.ts';
import { signAnswer } from '../control/proof.ts';
import { askApp, socketPath } from '../control/ask.ts';
import { holdFolder } from '../control/hold.ts';
import type { AppFacts } from '../control/verbs.ts';
import { commandScript } from '../../test/support/command.ts';
import { forAudit } from '../../test/support/disclosure.ts';

// Each test starts the command several times, and scrypt alone takes half a second of a free core.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const words = 'kettle orbit willow prairie stamp';
let place: string;
let home: string;
let auditKey: string;
let recording: string;
let trust: string;

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly bytes: Buffer;
  readonly err: string;
}

/** `passphrase` goes to descriptor 3. */
function wardmux(args: readonly string[], options: { passphrase?: string; home?: string; cwd?: string } = {}): Ran {
  const file = join(place, 'passphrase');
  writeFileSync(file, `${options.passphrase ?? words}\n`);
  const run = spawnSync('sh', ['-c', `exec "$@" 3< '${file}'`, '-', process.execPath, ...nodeFlags, commandScript, ...args], {
    env: { PATH: process.env['PATH'], HOME: place, WARDMUX_HOME: options.home ?? home },
    cwd: options.cwd ?? place,
  });
  return { status: run.status, out: run.stdout.toString(), bytes: run.stdout, err: run.stderr.toString() };
}

const printed = Buffer.from([0x68, 0x69, 0x0d, 0x0a, 0xff, 0x00, 0x0d, 0x0a]);

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'wardmux-cli-'));
  home = join(place, 'home');
  auditKey = join(place, 'audit-key.json');
  trust = join(place, 'trust.json');
  expect(wardmux(['init', '--name', 'Ada Example', '--passphrase-fd', '3', '--audit-key-out', auditKey])).toMatchObject({ status: 0 });
  const ran = wardmux(['record', '--json', '--', 'sh', '-c', "printf 'hi\\n\\377\\000\\n'; exit 7"]);
  expect(ran).toMatchObject({ status: 7, bytes: printed });
  recording = (JSON.parse(ran.err.trim().split('\n').at(-1)!) as { recording: string }).recording;
  const trusted = wardmux(['trust']);
  expect(trusted).toMatchObject({ status: 0, err: expect.stringMatching(/^note: The identity of this installation could not be checked: [^\n]*\n$/) });
  writeFileSync(trust, trusted.out);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('list gives a table for people and JSON for scripts', () => {
  expect(wardmux(['list']).out).toMatch(
    new RegExp(`^ID +PERSON +START +LENGTH +SIZE +STATE +REASON +REVIEW\\n${recording}  p-[0-9a-f]{12}  .*  complete +- +-\\n$`),
  );
  expect(JSON.parse(wardmux(['list', '--json']).out)).toMatchObject([
    {
      id: recording,
      state: 'complete',
      outputBytes: printed.length,
      recovered: false,
      fault: null,
      ledger: { signed: expect.any(Number), found: expect.any(Number), contradiction: null },
    },
  ]);
});

test('play --raw writes exactly the bytes that were read from the pty, with either key', () => {
  expect(wardmux(['play', recording, '--raw', '--key', auditKey])).toMatchObject({
    status: 0,
    bytes: printed,
    err: expect.stringMatching(/^Recording \S+: proven: (\d+) of \1 records\.\n$/),
  });
  expect(wardmux(['play', recording, '--raw', '--passphrase-fd', '3'])).toMatchObject({ status: 0, bytes: printed });
});

test('a wrong passphrase, a wrong key and an unknown recording have their own statuses', () => {
  expect(wardmux(['play', recording, '--passphrase-fd', '3'], { passphrase: 'not this one at all' })).toMatchObject({ status: 4, out: '' });
  const wrong = join(place, 'wrong-home');
  expect(wardmux(['init', '--name', 'Eve', '--passphrase-fd', '3', '--audit-key-out', join(place, 'wrong.json')], { home: wrong }).status).toBe(0);
  expect(wardmux(['play', recording, '--key', join(place, 'wrong.json')])).toMatchObject({
    status: 4,
    out: '',
    err: expect.stringContaining('not sealed to this key'),
  });
  expect(wardmux(['play', '20260101-000000-00000000', '--key', auditKey])).toMatchObject({ status: 5, out: '' });
  expect(wardmux(['play', '../../etc', '--key', auditKey])).toMatchObject({ status: 5, out: '' });
  expect(wardmux(['play', recording, '--key', join(place, 'none.json')])).toMatchObject({ status: 2, out: '' });
  const typo = wardmux(['ledger', 'show', '--action', 'unlok']);
  expect(typo).toMatchObject({ status: 2, out: '', err: expect.stringMatching(/No event is called that\. There is .*\bunlock\b/) });
  expect(wardmux(['ledger', 'show', '--action', 'anchor.sent'])).toMatchObject({ status: 0, out: '', err: expect.stringContaining('no such event') });
  expect(wardmux(['ledger', 'show', '--action', 'unlock']).out).toMatch(/failure method=passphrase reason=wrong-passphrase/);
});

test('export, then verify here, on a machine without an installation, and in Python', () => {
  const bundle = join(place, 'bundle');
  expect(wardmux(['export', recording, '-o', bundle, ...forAudit, '--passphrase-fd', '3'])).toMatchObject({ status: 0, out: `${bundle}\n` });
  expect(wardmux(['export', recording, '-o', bundle, ...forAudit, '--passphrase-fd', '3'])).toMatchObject({
    status: 1,
    out: '',
    err: expect.stringContaining('never overwrites'),
  });
  const foreign = join(place, 'nothing-here');
  const verdict = wardmux(['verify', bundle, '--trust', trust, '--json'], { home: foreign });
  expect(verdict.status).toBe(0);
  expect(existsSync(foreign)).toBe(false);
  const python = spawnSync('python3', ['-B', join(bundle, 'verify.py'), bundle, '--trust', trust, '--json'], { encoding: 'utf8' });
  expect(python.status).toBe(0);
  expect(JSON.parse(python.stdout)).toEqual(JSON.parse(verdict.out));
  writeFileSync(join(bundle, 'VERIFY.md'), 'all is well');
  expect(wardmux(['verify', bundle, '--trust', trust])).toMatchObject({ status: 37, out: expect.stringMatching(/^bad-file: .*VERIFY\.md\.\n$/) });
  expect(wardmux(['ledger', 'show', '--action', 'verify']).out).toMatch(/failure target=bundle code=bad-file\n$/);
  expect(wardmux(['verify', bundle, '--trust', join(place, 'none')], { home: foreign }).status).toBe(10);
});

test('an interrupted recording is marked, recovered on demand, and its bytes are kept', async () => {
  const child = spawn(process.execPath, [...nodeFlags, commandScript, 'record', '--', 'sh', '-c', 'echo before; exec sleep 600'], {
    env: { ...withoutRuntimeVariables(process.env), WARDMUX_HOME: home },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // What reaches stdout has been sealed before.
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  // Nothing is signed for a second after its beginning: it gets no further, however slow the machine is.
  child.kill('SIGSTOP');
  const all = () => JSON.parse(wardmux(['list', '--json']).out) as { id: string; state: string; recovered: boolean }[];
  expect(all().at(-1)).toMatchObject({ state: 'live' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  const cut = all().at(-1)!;
  expect(cut).toMatchObject({ state: 'interrupted', recovered: false });
  const folder = join(home, 'recordings', cut.id);
  appendFileSync(
    join(
      folder,
      readdirSync(folder)
        .filter((name) => name.endsWith('.wmx'))
        .sort()
        .at(-1)!,
    ),
    'torn bytes',
  );
  expect(wardmux(['list']).err).toContain('wardmux list --recover');
  expect(wardmux(['play', cut.id, '--raw', '--key', auditKey])).toMatchObject({
    status: 0,
    out: 'before\r\n',
    err: expect.stringContaining('was interrupted'),
  });
  expect(wardmux(['list', '--recover'])).toMatchObject({
    status: 0,
    out: expect.stringContaining('interrupted, recovered'),
    err: expect.stringContaining('10 torn bytes'),
  });
  expect(all().at(-1)).toMatchObject({ state: 'interrupted', recovered: true });
  // It was killed in its first seconds, so nothing had been signed for yet: a key changes nothing of that.
  const recover = wardmux(['list', '--recover', '--passphrase-fd', '3']);
  expect(recover).toMatchObject({ status: 0, err: expect.stringMatching(/Not proven, and kept: \d+ records? behind the last signed head of 1 recording\./) });
  expect(wardmux(['play', cut.id, '--raw', '--key', auditKey])).toMatchObject({
    status: 0,
    out: 'before\r\n',
    err: expect.stringMatching(/proven: 0 of \d+ records; not proven: \d+ record/),
  });
  expect(wardmux(['export', cut.id, '-o', join(place, 'recovered'), ...forAudit, '--passphrase-fd', '3']).err).toContain('nothing of it is proven');
});

test('an export that was killed: the next one removes what it had written in the clear, and says so', async () => {
  const cut = await killedExport(join(home, 'run'), place);
  expect(readFileSync(join(cut.partial, 'session.cast'), 'utf8')).toContain('Jane Doe');
  const next = wardmux(['export', recording, '-o', join(place, 'next'), ...forAudit, '--passphrase-fd', '3']);
  expect(next).toMatchObject({ status: 0, err: expect.stringContaining(`The export of recording ${cut.recording} to ${cut.target} was cut off.`) });
  expect(existsSync(cut.partial)).toBe(false);
  expect(wardmux(['ledger', 'show', '--action', 'export']).out).toContain(`failure recording=${cut.recording} code=cut-off\n`);
  expect(readdirSync(join(home, 'run')).filter((name) => name.startsWith('export-'))).toEqual([]);
});

test('ledger verify: good, then refused with a sentence, and nothing is written over', () => {
  expect(wardmux(['ledger', 'verify', '--json'])).toMatchObject({ status: 0 });
  const lines = wardmux(['ledger', 'show', '--json']).out.trimEnd().split('\n');
  const events = join(home, 'ledger', 'events.jsonl');
  const before = readFileSync(events, 'utf8');
  expect(lines.join('\n')).toBe(before.trimEnd());
  try {
    const spoiled = before.replace('first-run', 'first-sun');
    writeFileSync(events, spoiled);
    expect(wardmux(['ledger', 'verify'])).toMatchObject({ status: 7, out: expect.stringMatching(/^root-mismatch: .*events\.jsonl/) });
    expect(wardmux(['export', recording, '-o', join(place, 'never'), ...forAudit, '--passphrase-fd', '3'])).toMatchObject({
      status: 7,
      err: expect.stringContaining('left as it is'),
    });
    expect(readFileSync(events, 'utf8')).toBe(spoiled);
    expect(existsSync(join(place, 'never'))).toBe(false);
  } finally {
    writeFileSync(events, before);
  }
});

test('ledger verify says that a signing key in a file is weaker', () => {
  const { notes } = JSON.parse(wardmux(['ledger', 'verify', '--json']).out) as { notes: string[] };
  expect(notes.filter((note) => note.includes(`kept in a file in ${join(home, 'secrets')}`))).toHaveLength(1);
  expect(wardmux(['ledger', 'verify']).out).toMatch(/^note: The signing key of this workstation is kept in a file/m);
});

test('a ledger that was set back is found by the heads outside of it, and nothing is signed over it', () => {
  const folder = join(home, 'ledger');
  const older = join(place, 'ledger-older');
  const newer = join(place, 'ledger-newer');
  const drop = join(place, 'drop');
  cpSync(folder, older, { recursive: true });
  expect(wardmux(['record', '--', 'true'])).toMatchObject({ status: 0 });
  mkdirSync(drop);
  cpSync(join(folder, 'checkpoints.jsonl'), join(drop, 'checkpoints.jsonl'));
  const said = wardmux(['ledger', 'verify', '--anchor', drop, '--anchor', join(drop, 'checkpoints.jsonl')]);
  expect(said).toMatchObject({ status: 0, out: expect.stringMatching(/^note: It extends the \d+ heads that are kept outside; the newest covers/m) });
  renameSync(folder, newer);
  cpSync(older, folder, { recursive: true });
  try {
    for (const paths of [[], ['--anchor', drop]])
      expect(wardmux(['ledger', 'verify', ...paths])).toMatchObject({
        status: 51,
        out: expect.stringMatching(/^diverged: The ledger does not extend its head of/),
      });
    const { outside } = JSON.parse(wardmux(['ledger', 'verify', '--json']).out) as { outside: { source: string; extended: boolean }[] };
    expect(outside).toEqual([expect.objectContaining({ source: 'the secret store (file)', extended: false })]);
    for (const args of [
      ['record', '--', 'true'],
      ['export', recording, '-o', join(place, 'never'), ...forAudit, '--passphrase-fd', '3'],
    ])
      expect(wardmux(args).err).toContain('does not extend its head of');
    expect(readFileSync(join(folder, 'events.jsonl'))).toEqual(readFileSync(join(older, 'events.jsonl')));
    rmSync(folder, { recursive: true });
    expect(wardmux(['record', '--', 'true']).err).toContain('does not extend its head of');
  } finally {
    rmSync(folder, { recursive: true, force: true });
    renameSync(newer, folder);
  }
  const nothing = join(place, 'nothing');
  writeFileSync(nothing, 'no head\n');
  expect(wardmux(['ledger', 'verify', '--anchor', nothing])).toMatchObject({ status: 50, out: expect.stringMatching(/^not-anchored: /) });
  expect(wardmux(['ledger', 'verify', '--anchor', join(place, 'missing')]).status).toBe(1);
  expect(wardmux(['ledger', 'verify', '--anchor', drop])).toMatchObject({ status: 0 });
});

test('ledger verify names a recording that is gone, one that lost its segments, and one that the ledger does not know', () => {
  const folder = join(home, 'recordings');
  const ids = readdirSync(folder);
  const aside = join(place, 'aside');
  const report = () => JSON.parse(wardmux(['ledger', 'verify', '--json']).out) as { recordings: Record<string, unknown> };
  expect(report()).toMatchObject({ good: true, code: 'good', recordings: { known: ids.length, present: ids.length, missing: [], unknown: [] } });
  renameSync(join(folder, recording), aside);
  try {
    const said = wardmux(['ledger', 'verify']);
    expect(said).toMatchObject({ status: 8, err: '', out: expect.stringMatching(/^missing-recording: .* knows 1 recording that is not in /) });
    expect(said.out).toMatch(new RegExp(`^missing: ${recording}, began 20[^ ]+Z, [1-9][0-9]* records$`, 'm'));
    expect(report()).toMatchObject({ good: false, code: 'missing-recording', faults: [], recordings: { missing: [{ id: recording, folder: false }] } });
    mkdirSync(join(folder, recording));
    expect(report()).toMatchObject({ code: 'missing-recording', recordings: { missing: [{ id: recording, folder: true }] } });
    rmSync(join(folder, recording), { recursive: true });
  } finally {
    renameSync(aside, join(folder, recording));
  }
  const strange = '20260101-000000-0badcafe';
  cpSync(join(folder, recording), join(folder, strange), { recursive: true });
  try {
    const said = wardmux(['ledger', 'verify']);
    expect(said).toMatchObject({ status: 9, out: expect.stringMatching(/^unknown-recording: .* does not know 1 recording in /) });
    expect(said.out).toContain(`\nunknown: ${strange}\n`);
    expect(report()).toMatchObject({ good: false, code: 'unknown-recording', recordings: { unknown: [strange], missing: [] } });
  } finally {
    rmSync(join(folder, strange), { recursive: true });
  }
  expect(wardmux(['ledger', 'verify'])).toMatchObject({ status: 0 });
});

test('no installation, no app, no sense: each has its sentence and its status', () => {
  const none = join(place, 'none');
  expect(wardmux(['list'], { home: none })).toMatchObject({ status: 1, out: '', err: expect.stringContaining('wardmux init') });
  expect(existsSync(none)).toBe(false);
  expect(wardmux(['lock'])).toMatchObject({ status: 3, out: '' });
  expect(wardmux(['status'])).toMatchObject({ status: 3, out: '' });
  for (const args of [['bogus'], ['export', recording], ['play'], ['play', recording, '--passphrase-fd', 'x'], ['verify', '.']])
    expect(wardmux(args), args.join(' ')).toMatchObject({ status: 2, out: '' });
});

/** A line of an app that is as it is said here, and locked where nothing is. */
const facts = (more: Partial<AppFacts>): string =>
  `${JSON.stringify({ ok: true, window: true, state: 'locked', locked: true, since: null, visible: 'gone', shells: 0, host: 'chromium', version: '0', pid: 1, lowered: [], ...more })}\n`;

test('wardmux lock says whether it is locked: 0 when it is and nothing is to be seen, 60 when that is not known, 3 when no app runs, 1 when one does and does not lock', async () => {
  const path = socketPath(home, { WARDMUX_HOME: home, HOME: place });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = async () => {
    let err = '';
    const io = {
      env: { WARDMUX_HOME: home, HOME: place },
      out: async () => undefined,
      talk: (text: string) => void (err += text),
      stdoutIsTerminal: false,
      now: () => 0,
      wait: async () => undefined,
    };
    return { status: await runCli(['lock'], io), err };
  };
  expect(await lock()).toMatchObject({ status: 3, err: expect.stringContaining(home) });
  // As the app that is asked does.
  const hold = await holdFolder(home);
  const signer = await openSigner(openHome(home));
  let answer: string | undefined;
  const server = createServer((socket) =>
    socket.once('data', (line) => {
      if (answer === undefined) return void socket.destroy();
      const { command, nonce } = JSON.parse(line.toString()) as { command: string; nonce: string };
      if (!answer.startsWith('{')) return void socket.end(answer);
      void signAnswer({ name: basename(path), command, nonce }, JSON.parse(answer) as Record<string, unknown>, (bytes) => signer.sign(bytes)).then((signed) =>
        socket.end(`${JSON.stringify(signed)}\n`),
      );
    }),
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));
  for (const [given, status] of [
    [facts({ visible: 'gone' }), 0],
    [facts({ visible: 'killed' }), 0],
    [facts({ state: 'first-run', visible: 'gone' }), 0],
    [facts({ visible: 'unknown' }), 60],
    [facts({ visible: null }), 60],
    [facts({ state: 'unlocked', locked: false, visible: null }), 1],
    ['{"ok":true,"state":"locked","visible":"gone"}\n', 1],
    ['{"ok":false,"error":"no"}\n', 1],
    ['nonsense\n', 1],
    [undefined, 1],
  ] as const) {
    answer = given;
    expect(await lock(), String(given)).toMatchObject({ status });
  }
  await new Promise((resolve) => server.close(resolve));
  hold!.release();
  // A killed app leaves its socket's file: nobody answers there.
  expect(await lock()).toMatchObject({ status: 3 });
});

test('a replay keeps the timing on a terminal, and nowhere else', async () => {
  const { status, err } = wardmux(['record', '--json', '--', 'sh', '-c', 'echo a; sleep 0.3; printf "\\033]0;title\\007b"']);
  expect(status).toBe(0);
  const { recording: id } = JSON.parse(err.trim().split('\n').at(-1)!) as { recording: string };
  const replay = async (args: string[], stdoutIsTerminal: boolean) => {
    const waits: number[] = [];
    let out = '';
    const io = {
      env: { WARDMUX_HOME: home, HOME: place },
      out: async (data: string | Uint8Array) => void (out += Buffer.from(data as Uint8Array).toString('latin1')),
      talk: () => undefined,
      stdoutIsTerminal,
      now: () => Date.now(),
      wait: async (ms: number) => void waits.push(ms),
    };
    expect(await runCli(['play', id, '--key', auditKey, ...args], io)).toBe(0);
    return { out, total: waits.reduce((sum, ms) => sum + ms, 0) };
  };
  const shown = await replay([], true);
  expect(shown.total).toBeGreaterThanOrEqual(290);
  // Nothing was changed, so nothing is set back.
  expect(shown.out).toBe('a\r\nb');
  expect((await replay(['--speed', '10'], true)).total).toBeCloseTo(shown.total / 10, 0);
  expect(await replay(['--no-wait'], true)).toMatchObject({ total: 0 });
  expect(await replay([], false)).toEqual({ out: 'a\r\nb', total: 0 });
});

test('a replay in a terminal of another size is drawn in its own size, which is said', async () => {
  // How vim wraps in 80 columns: the character behind the last column is printed, taken back and printed again.
  const { err } = wardmux(['record', '--json', '--', 'sh', '-c', String.raw`printf '%079d-b\rb / end\033[999Cz\r'`]);
  const { recording: id } = JSON.parse(err.trim().split('\n').at(-1)!) as { recording: string };
  for (const cols of [132, 80]) {
    const terminal = new Terminal({ allowProposedApi: true, cols, rows: 24, logLevel: 'off' });
    const talk: string[] = [];
    const io = {
      env: { WARDMUX_HOME: home, HOME: place },
      out: (data: string | Uint8Array) => new Promise<void>((done) => terminal.write(data, done)),
      talk: (line: string) => void talk.push(line),
      stdoutIsTerminal: true,
      terminalSize: () => ({ cols, rows: 24 }),
      now: () => Date.now(),
      wait: async () => undefined,
    };
    expect(await runCli(['play', id, '--key', auditKey], io)).toBe(0);
    const row = (y: number): string => terminal.buffer.active.getLine(y)!.translateToString(true);
    expect([row(0), row(1)]).toEqual([`${'0'.repeat(79)}-`, `b / end${' '.repeat(72)}z`]);
    expect(talk.some((line) => line.includes('It was recorded in 80 x 24 cells, and this terminal has 132 x 24'))).toBe(cols === 132);
  }
  for (const obeys of [true, false]) {
    let size = { cols: 50, rows: 15 };
    const talk: string[] = [];
    const io = {
      env: { WARDMUX_HOME: home, HOME: place },
      out: async (data: string | Uint8Array) => void (obeys && Buffer.from(data as Uint8Array).includes('\x1b[8;24;80t') && (size = { cols: 80, rows: 24 })),
      talk: (line: string) => void talk.push(line),
      stdoutIsTerminal: true,
      terminalSize: () => size,
      now: () => Date.now(),
      wait: async () => undefined,
    };
    expect(await runCli(['play', id, '--key', auditKey, '--resize'], io)).toBe(0);
    expect(talk.some((line) => line.includes('it did not do so when it was asked'))).toBe(!obeys);
  }
});

test('text from a file cannot act on the terminal', () => {
  expect(columns([['a\x1b[2J', 'b\x9b2J']])).toBe('a?[2J  b?2J\n');
  expect(eventLine({ seq: 1, time: 't', installation: 'w', monoUs: null, aal: null, credential: null, action: 'x\x1b]0;y\x07', detail: { z: '\n' } })).toBe(
    '1 t x?]0;y? z=?\n',
  );
});

test('every command has help with examples, on stdout, without colour', async () => {
  for (const { name, examples } of await commandsFor([])) {
    let out = '';
    const io = {
      env: {},
      out: async (data: string | Uint8Array) => void (out += String(data)),
      talk: () => undefined,
      stdoutIsTerminal: false,
      now: () => 0,
      wait: async () => undefined,
    };
    expect(await runCli([name, '--help'], io)).toBe(0);
    expect(out).toContain('Examples:');
    for (const [line] of examples) expect(out).toContain(line);
    expect(out).not.toContain('\x1b');
  }
  expect(new Set(exitTable.map((row) => row.status)).size).toBe(exitTable.length);
});

test('the socket: its place for short and long homes, and one line each way', async () => {
  expect(socketPath('/home/a/.local/share/wardmux')).toBe('/home/a/.local/share/wardmux/run/wardmux.sock');
  const long = socketPath(`/home/${'x'.repeat(100)}`, { XDG_RUNTIME_DIR: '/run/user/7' });
  expect(long).toMatch(/^\/run\/user\/7\/wardmux-\w+\/[0-9a-f]{16}\.sock$/);
  expect(Buffer.byteLength(long)).toBeLessThan(100);
  const path = join(place, 's', 'a.sock');
  mkdirSync(dirname(path), { mode: 0o700 });
  const answers = [facts({}), 'nonsense\n', ''];
  const server = createServer((socket) =>
    socket.once('data', (line) => socket.end(/^\{"command":"status","nonce":"[0-9a-f]{64}"\}\n$/.test(line.toString()) ? answers.shift()! : 'no')),
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));
  expect(await askApp(path, 'status', undefined)).toMatchObject({ state: 'locked', visible: 'gone' });
  await expect(askApp(path, 'status', undefined)).rejects.toThrow(/cannot be understood/);
  await expect(askApp(path, 'status', undefined)).rejects.toThrow();
  await new Promise((resolve) => server.close(resolve));
  await expect(askApp(join(place, 'none', 'a.sock'), 'lock', undefined)).rejects.toMatchObject({ code: 'ENOENT' });
});
