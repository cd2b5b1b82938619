/** A passphrase for a command, or another secret in a line: from an open file descriptor, or typed on the terminal without echo. Never from argv or the environment. */
import { CodedError } from '../types/coded-error.ts';
import { MOST_HIDDEN_BYTES } from '../types/most-typed.ts';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { ReadStream } from 'node:tty';
import { wasHandedOver } from './descriptors.ts';
import { HiddenLine } from './hidden-line.ts';

/** With its line end. */
const MOST_READ = MOST_HIDDEN_BYTES + 2;
/** npm and npx open stdin, stdout and stderr for what they start, and nothing else. */
const LAST_OF_NPM = 2;
const startedByNpm = 'npx and npm hand on no descriptor above 2: start the command itself, bin/wardmux in the clone (or once: export PATH="$PWD/bin:$PATH").';
const newline = 10;
const carriageReturn = 13;

/** So long (ms) what was typed and not sent is kept without a further key: whoever is called away leaves nothing to the next who comes. As at the lock. */
const LEFT_MS = 30_000;
/**
 * So long (ms) a command waits for a key. Behind a question there may be an open identity, a code that was given, or a door that is held: none of
 * that is for whoever comes to the terminal later. As long as a proof of who is there is good for in the window (src/vault/host.ts).
 */
const ASKED_MS = 5 * 60_000;

/** `empty` where nothing was given, `cancelled` where the person pressed Ctrl-C or Ctrl-D, `late` where nobody pressed anything. */
export class PassphraseInputError extends CodedError<'no-terminal' | 'bad-descriptor' | 'too-long' | 'empty' | 'cancelled' | 'late'> {}

/**
 * The first line that the descriptor gives, without its line end, or everything up to its end; never nothing. The caller wipes it.
 * @throws PassphraseInputError
 */
export async function readPassphraseFd(fd: number, env: NodeJS.ProcessEnv = process.env): Promise<Buffer> {
  if (!wasHandedOver(fd)) throw unreadable(fd, 'EBADF', env);
  const all = Buffer.alloc(MOST_READ);
  let length = 0;
  for (;;) {
    let got = 0;
    try {
      got = readSync(fd, all, length, MOST_READ - length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') {
        // The other end has put the pipe into non-blocking mode and has not written yet.
        await wait(10);
        continue;
      }
      if (code === 'EOF') got = 0;
      else {
        all.fill(0);
        throw unreadable(fd, code, env);
      }
    }
    length += got;
    const end = all.subarray(0, length).indexOf(newline);
    if (end >= 0 || got === 0 || length === MOST_READ) {
      let until = end >= 0 ? end : length;
      if (until > 0 && all[until - 1] === carriageReturn) until--;
      if (until === 0) throw new PassphraseInputError('empty', `File descriptor ${fd} gives no passphrase: its first line is empty. Nothing was tried.`);
      const passphrase = Buffer.from(all.subarray(0, until));
      all.fill(0);
      // Another file, or the rest of it would be missing.
      if (until > MOST_HIDDEN_BYTES) {
        passphrase.fill(0);
        throw new PassphraseInputError(
          'too-long',
          `The first line of file descriptor ${fd} has over ${MOST_HIDDEN_BYTES} bytes, and no more are read. Nothing was tried.`,
        );
      }
      return passphrase;
    }
  }
}

function unreadable(fd: number, code: string | undefined, env: NodeJS.ProcessEnv): PassphraseInputError {
  const advice = fd > LAST_OF_NPM && env['npm_command'] ? startedByNpm : 'Open it, for example: --passphrase-fd 3 3< FILE';
  return new PassphraseInputError('bad-descriptor', `The passphrase cannot be read from file descriptor ${fd} (${code}). ${advice}`);
}

/** Ctrl-C and Ctrl-\, which a terminal that is read key by key makes no signals of. */
const signalKeys: ReadonlyMap<number, NodeJS.Signals> = new Map([
  [3, 'SIGINT'],
  [28, 'SIGQUIT'],
]);

/** How many works are under way that swallow what is typed behind their questions, and what gives the terminal back that one of them has asked on. */
let swallowing = 0;
let giveBack: (() => void) | undefined;

/**
 * While `work` runs, what is typed behind a question that it asks, as while a key is derived of the answer, is neither shown nor kept: somebody may be
 * typing the passphrase again. The terminal is as it was when this ends, however that is.
 */
export async function swallowTyped<T>(work: () => Promise<T>): Promise<T> {
  swallowing += 1;
  try {
    return await work();
  } finally {
    swallowing -= 1;
    if (swallowing === 0) giveBack?.();
  }
}

/** What was typed and not read yet goes too, or the shell behind this command would have it. */
function dropWaiting(): void {
  const bytes = Buffer.alloc(MOST_READ);
  try {
    const fd = openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      while (readSync(fd, bytes) > 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Nothing waits, or there is no terminal any more.
  }
  bytes.fill(0);
}

/** Reads the terminal on, and forgets it. Whoever wants to stop the command still can. */
function swallow(terminal: ReadStream, end: () => void): void {
  giveBack = () => {
    giveBack = undefined;
    terminal.removeAllListeners();
    terminal.pause();
    dropWaiting();
    end();
  };
  terminal.on('error', () => giveBack?.());
  terminal.on('data', (bytes: Buffer) => {
    const signal = signalKeys.get(bytes.find((byte) => signalKeys.has(byte)) ?? 0);
    bytes.fill(0);
    if (!signal) return;
    giveBack?.();
    process.kill(process.pid, signal);
  });
}

/**
 * Asks on the controlling terminal, also where stdin and stdout are files, and shows nothing of what is typed. What was typed and not sent is dropped
 * after half a minute without a key. The caller wipes the result.
 * @param waitMs without a key, after which it is asked no longer; Infinity where nothing stands open behind the question.
 * @throws PassphraseInputError
 */
export async function promptPassphrase(question: string, waitMs = ASKED_MS, leftMs = LEFT_MS): Promise<Buffer> {
  giveBack?.();
  let fd: number;
  try {
    fd = openSync('/dev/tty', 'r+');
  } catch {
    throw new PassphraseInputError('no-terminal', 'There is no terminal to ask for the passphrase. Give it with --passphrase-fd N.');
  }
  const out = openSync('/dev/tty', 'w');
  const terminal = new ReadStream(fd);
  const line = new HiddenLine();
  let drop: NodeJS.Timeout | undefined;
  let late: NodeJS.Timeout | undefined;
  let typed = false;
  try {
    terminal.setRawMode(true);
    writeSync(out, question);
    const end = await new Promise<'done' | 'cancelled' | 'too-long' | 'late'>((resolve) => {
      // Said, because nothing of it was to be seen: else the rest of it would be taken for the whole.
      const dropped = (): void => {
        const typed = line.take();
        if (typed.length > 0) writeSync(out, `\nWhat was typed was not sent, and is dropped.\n${question}`);
        typed.fill(0);
      };
      const began = (): void => {
        clearTimeout(drop);
        clearTimeout(late);
        drop = setTimeout(dropped, leftMs);
        if (Number.isFinite(waitMs)) late = setTimeout(() => resolve('late'), waitMs);
      };
      began();
      terminal.on('data', (bytes: Buffer) => {
        began();
        const state = line.type(bytes);
        bytes.fill(0);
        if (state) resolve(state);
      });
      terminal.on('error', () => resolve('cancelled'));
      terminal.on('close', () => resolve('cancelled'));
    });
    if (end === 'cancelled') throw new PassphraseInputError('cancelled', 'Cancelled. Nothing was changed.');
    if (end === 'too-long') throw new PassphraseInputError('too-long', `That has over ${MOST_HIDDEN_BYTES} bytes, and no more are taken. Nothing was changed.`);
    if (end === 'late') throw new PassphraseInputError('late', `Nobody typed anything for ${Math.round(waitMs / 1000)} seconds. Nothing was changed.`);
    typed = true;
    return line.take();
  } finally {
    clearTimeout(drop);
    clearTimeout(late);
    line.take().fill(0);
    terminal.removeAllListeners();
    writeSync(out, '\n');
    const end = (): void => {
      if (!terminal.destroyed) terminal.setRawMode(false);
      terminal.destroy();
      closeSync(out);
    };
    if (typed && swallowing > 0 && !terminal.destroyed) swallow(terminal, end);
    else end();
  }
}
