/**
 * The recorders of the benchmark, one row each. Every one runs `cat CORPUS` under the same display (drain.c), writes its
 * recording into a folder of its own, and is asked afterwards how many bytes of the terminal's output it holds.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, createReadStream, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { versionOf } from './machine.ts';

const root = resolve(import.meta.dirname, '../..');

/** One run's surroundings. */
export interface Run {
  /** The text to print. */
  readonly corpus: string;
  /** An empty folder for the recording; removed after the run. */
  readonly folder: string;
  /** Stays for all runs of a recorder. */
  readonly home: string;
}

export interface Recorded {
  /** Bytes of terminal output that the recording gives back. */
  readonly bytes: number;
  /** Bytes on disk. */
  readonly disk: number;
  /** SHA-256 (hex) of what it gives back, where it gives back bytes. */
  readonly sha256?: string;
}

export interface Recorder {
  readonly name: string;
  /** What the reader of the table should know about the row. */
  readonly note: string;
  /** The program looked for in PATH, and the Debian package that has it. */
  readonly program: string;
  readonly apt: string;
  /** Why it cannot run here although the program is there, or undefined. */
  readonly obstacle?: () => string | undefined;
  readonly version: () => string;
  /** Once, before the rounds. */
  readonly prepare?: (home: string) => void;
  readonly cleanUp?: () => void;
  /** The command that drain runs. */
  readonly command: (run: Run) => readonly string[];
  readonly environment?: (run: Run) => Readonly<Record<string, string>>;
  /** undefined: it keeps nothing. */
  readonly recorded: (run: Run) => Promise<Recorded> | Recorded | undefined;
}

const shellQuote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const cat = (run: Run): string => `cat ${shellQuote(run.corpus)}`;
const only = (run: Run): string => join(run.folder, 'recording');

async function hashOf(stream: NodeJS.ReadableStream): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    hash.update(part);
    bytes += part.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

function diskOf(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + diskOf(join(path, name)), 0);
}

/** The command of a built clone. */
function wardmuxOf(clone: string, name: string, note: string): Recorder {
  const command = join(clone, 'bin/wardmux');
  return {
    name,
    note,
    program: command,
    apt: '',
    obstacle: () => (existsSync(join(clone, 'dist/cli.mjs')) ? undefined : 'not built'),
    version: () => versionOf(command, ['--version']),
    prepare(home) {
      const passphrase = join(home, 'passphrase');
      writeFileSync(passphrase, 'bench passphrase, of no value\n', { mode: 0o600 });
      const line = `exec ${shellQuote(command)} init --name Bench --passphrase-fd 3 --audit-key-out ${shellQuote(join(home, 'audit-key.json'))} 3< ${shellQuote(passphrase)}`;
      execFileSync('sh', ['-c', line], { env: { ...process.env, WARDMUX_HOME: join(home, 'data') }, stdio: 'ignore' });
    },
    command: (run) => [command, 'record', '--', 'cat', run.corpus],
    environment: (run) => ({ WARDMUX_HOME: join(run.home, 'data') }),
    async recorded(run) {
      const env = { ...process.env, WARDMUX_HOME: join(run.home, 'data') };
      // Not for its status: that says that the recordings of the rounds before, which are removed below, are gone.
      const listed: unknown = JSON.parse(spawnSync(command, ['list', '--json'], { env, encoding: 'utf8' }).stdout);
      const rows = (Array.isArray(listed) ? listed : (listed as { recordings: unknown[] }).recordings) as Array<{ id: string }>;
      const id = rows
        .map((row) => row.id)
        .sort((a, b) => (a < b ? -1 : 1))
        .at(-1);
      if (id === undefined) throw new Error('wardmux list shows no recording');
      const raw = join(run.folder, 'raw');
      // Through a file: a pipe that nobody reads in time would make the player wait.
      execFileSync(
        'sh',
        ['-c', `exec ${shellQuote(command)} play ${shellQuote(id)} --raw --key ${shellQuote(join(run.home, 'audit-key.json'))} > ${shellQuote(raw)}`],
        { env },
      );
      const disk = diskOf(join(run.home, 'data/recordings', id));
      const found = await hashOf(createReadStream(raw));
      // The ledger names the recording for ever; its megabytes are not needed for the next round.
      rmSync(join(run.home, 'data/recordings', id), { recursive: true, force: true });
      return { ...found, disk };
    },
  };
}

/** script's file holds the bytes as they are, between a first line and a last one of its own. */
async function scriptRecorded(run: Run): Promise<Recorded> {
  const bytes = readFileSync(only(run));
  const from = bytes.subarray(0, 16).toString() === 'Script started o' ? bytes.indexOf(10) + 1 : 0;
  const end = bytes.lastIndexOf('\nScript done on ');
  const body = bytes.subarray(from, end < 0 ? bytes.length : end);
  return { bytes: body.length, disk: bytes.length, sha256: createHash('sha256').update(body).digest('hex') };
}

const script: Recorder = {
  name: 'script -q -f',
  note: 'plaintext; the peer that the ratios are to',
  program: 'script',
  apt: 'bsdutils',
  version: () => versionOf('script', ['--version']),
  command: (run) => ['script', '-q', '-f', '-c', cat(run), only(run)],
  recorded: scriptRecorded,
};

const ttyrec: Recorder = {
  name: 'ttyrec',
  note: 'plaintext, with times',
  program: 'ttyrec',
  apt: 'ttyrec',
  version: () => 'ttyrec',
  command: (run) => ['ttyrec', '-e', cat(run), only(run)],
  recorded(run) {
    // Records of three little-endian words (seconds, microseconds, length) and so many bytes.
    const file = readFileSync(only(run));
    const hash = createHash('sha256');
    let bytes = 0;
    for (let at = 0; at + 12 <= file.length;) {
      const length = file.readUInt32LE(at + 8);
      hash.update(file.subarray(at + 12, at + 12 + length));
      bytes += Math.min(length, file.length - at - 12);
      at += 12 + length;
    }
    return { bytes, disk: file.length, sha256: hash.digest('hex') };
  },
};

async function jsonLines(file: string, of: (value: unknown) => string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line === '') continue;
    const text = Buffer.from(of(JSON.parse(line)));
    hash.update(text);
    bytes += text.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

const asciinema: Recorder = {
  name: 'asciinema rec',
  note: 'plaintext, JSON lines',
  program: 'asciinema',
  apt: 'asciinema',
  version: () => versionOf('asciinema', ['--version']),
  command: (run) => ['asciinema', 'rec', '-q', '--overwrite', '-c', cat(run), only(run)],
  environment: () => ({ LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' }),
  async recorded(run) {
    const found = await jsonLines(only(run), (value) => (Array.isArray(value) && value[1] === 'o' ? String(value[2]) : ''));
    return { ...found, disk: statSync(only(run)).size };
  },
};

const tlog: Recorder = {
  name: 'tlog-rec',
  note: 'plaintext, JSON for log servers',
  program: 'tlog-rec',
  apt: 'tlog',
  version: () => versionOf('tlog-rec', ['--version']),
  // It writes a login record and gives up without that file; a container has none.
  obstacle: () => (existsSync('/run/utmp') ? undefined : 'it needs /run/utmp: touch /run/utmp && chgrp utmp /run/utmp && chmod 664 /run/utmp'),
  command: (run) => ['tlog-rec', '-w', 'file', '-o', only(run), 'cat', run.corpus],
  environment: () => ({ LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' }),
  async recorded(run) {
    const found = await jsonLines(only(run), (value) => (value as { out_txt?: string }).out_txt ?? '');
    return { ...found, disk: statSync(only(run)).size };
  },
};

const sudoersFile = '/etc/sudoers.d/zz-wardmux-bench';
const sudoLog = '/var/log/sudo-io/wardmux-bench';

const sudo: Recorder = {
  name: 'sudo log_output',
  note: 'plaintext, compressed by zlib',
  program: 'sudo',
  apt: 'sudo',
  version: () => versionOf('sudo', ['--version']),
  obstacle: () => (process.getuid?.() === 0 ? undefined : 'only root can switch its recording on for the run'),
  prepare() {
    writeFileSync(sudoersFile, `Defaults:root log_output, use_pty, iolog_dir=${sudoLog}, iolog_file=run\nroot ALL=(ALL:ALL) ALL\n`);
    chmodSync(sudoersFile, 0o440);
  },
  cleanUp() {
    rmSync(sudoersFile, { force: true });
    rmSync(sudoLog, { recursive: true, force: true });
  },
  command: (run) => ['sudo', 'cat', run.corpus],
  recorded() {
    const file = join(sudoLog, 'run/ttyout');
    const packed = readFileSync(file);
    const body = packed[0] === 0x1f && packed[1] === 0x8b ? gunzipSync(packed) : packed;
    rmSync(join(sudoLog, 'run'), { recursive: true, force: true });
    return { bytes: body.length, disk: packed.length, sha256: createHash('sha256').update(body).digest('hex') };
  },
};

const tmux: Recorder = {
  name: 'tmux pipe-pane',
  note: "plaintext; an attached client, `pipe-pane -o 'exec cat > FILE'`",
  program: 'tmux',
  apt: 'tmux',
  version: () => versionOf('tmux', ['-V']),
  command(run) {
    const socket = shellQuote(join(run.folder, 'tmux'));
    const pid = shellQuote(join(run.folder, 'pid'));
    // The recording is complete when the pipe's cat has ended, so the run lasts until then.
    const inside =
      `tmux -S ${socket} pipe-pane -o ${shellQuote(`echo $$ > ${pid}; exec cat > ${shellQuote(only(run))}`)}; ` +
      `while ! [ -s ${pid} ]; do :; done; ${cat(run)}; tmux -S ${socket} pipe-pane; while kill -0 $(cat ${pid}) 2> /dev/null; do sleep 0.01; done`;
    return ['tmux', '-S', join(run.folder, 'tmux'), '-f', '/dev/null', 'new-session', inside];
  },
  environment: () => ({ TMUX: '', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' }),
  recorded: scriptRecorded,
};

const bare: Recorder = {
  name: 'bare C reader',
  note: 'records nothing: the limit of the terminal itself',
  program: 'cat',
  apt: 'coreutils',
  version: () => '',
  command: (run) => ['cat', run.corpus],
  recorded: () => undefined,
};

/** @param before a built clone of the version before: measured in the same rounds. */
export function recordersWith(before: string | undefined): readonly Recorder[] {
  const ours = wardmuxOf(root, 'wardmux record', 'sealed: AES-256-GCM to two recipients, Merkle tree, signed checkpoints');
  const older = before === undefined ? [] : [wardmuxOf(resolve(before), 'wardmux record, the version before', 'in the same rounds')];
  return [ours, ...older, script, ttyrec, asciinema, tlog, sudo, tmux, bare];
}

/** Why a recorder cannot be measured here, or undefined. */
export function missing(recorder: Recorder): string | undefined {
  const found = recorder.program.startsWith('/') ? existsSync(recorder.program) : spawnSync('sh', ['-c', `command -v ${recorder.program}`]).status === 0;
  if (!found) return recorder.apt === '' ? `${recorder.program} is missing` : `missing: apt-get install ${recorder.apt}`;
  return recorder.obstacle?.();
}

export function freshFolder(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
