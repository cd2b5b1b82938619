/** A passphrase for a command: from an open file descriptor, or typed on the terminal without echo. Never from argv or the environment. */
import { CodedError } from '../types/coded-error.ts';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { ReadStream } from 'node:tty';
import { wasHandedOver } from './descriptors.ts';
import { MOST_TYPED_BYTES, HiddenLine } from './hidden-line.ts';

/** A descriptor that gives more is another file. */
const maxBytes = MOST_TYPED_BYTES;
/** npm and npx open stdin, stdout and stderr for what they start, and nothing else. */
const LAST_OF_NPM = 2;
const startedByNpm = 'npx and npm hand on no descriptor above 2: start the command itself, bin/wardmux in the clone (or once: export PATH="$PWD/bin:$PATH").';
const newline = 10;
const carriageReturn = 13;

/** `empty` where nothing was given, `cancelled` where the person pressed Ctrl-C or Ctrl-D. */
export class PassphraseInputError extends CodedError<'no-terminal' | 'bad-descriptor' | 'too-long' | 'empty' | 'cancelled'> {}

/**
 * The first line that the descriptor gives, without its line end, or everything up to its end; never nothing. The caller wipes it.
 * @throws PassphraseInputError
 */
export async function readPassphraseFd(fd: number, env: NodeJS.ProcessEnv = process.env): Promise<Buffer> {
  if (!wasHandedOver(fd)) throw unreadable(fd, 'EBADF', env);
  const all = Buffer.alloc(maxBytes);
  let length = 0;
  for (;;) {
    let got = 0;
    try {
      got = readSync(fd, all, length, maxBytes - length, null);
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
    if (end >= 0 || got === 0) {
      let until = end >= 0 ? end : length;
      if (until > 0 && all[until - 1] === carriageReturn) until--;
      if (until === 0) throw new PassphraseInputError('empty', `File descriptor ${fd} gives no passphrase: its first line is empty. Nothing was tried.`);
      const passphrase = Buffer.from(all.subarray(0, until));
      all.fill(0);
      return passphrase;
    }
    if (length === maxBytes) {
      all.fill(0);
      throw new PassphraseInputError('too-long', `File descriptor ${fd} gives more than a passphrase: its first line has over ${maxBytes} bytes.`);
    }
  }
}

function unreadable(fd: number, code: string | undefined, env: NodeJS.ProcessEnv): PassphraseInputError {
  const advice = fd > LAST_OF_NPM && env['npm_command'] ? startedByNpm : 'Open it, for example: --passphrase-fd 3 3< FILE';
  return new PassphraseInputError('bad-descriptor', `The passphrase cannot be read from file descriptor ${fd} (${code}). ${advice}`);
}

/**
 * Asks on the controlling terminal, also where stdin and stdout are files, and shows nothing of what is typed. The
 * caller wipes the result.
 * @throws PassphraseInputError
 */
export async function promptPassphrase(question: string): Promise<Buffer> {
  let fd: number;
  try {
    fd = openSync('/dev/tty', 'r+');
  } catch {
    throw new PassphraseInputError('no-terminal', 'There is no terminal to ask for the passphrase. Give it with --passphrase-fd N.');
  }
  const out = openSync('/dev/tty', 'w');
  const terminal = new ReadStream(fd);
  const line = new HiddenLine();
  try {
    terminal.setRawMode(true);
    writeSync(out, question);
    const end = await new Promise<'done' | 'cancelled'>((resolve) => {
      terminal.on('data', (bytes: Buffer) => {
        const state = line.type(bytes);
        bytes.fill(0);
        if (state) resolve(state);
      });
      terminal.on('error', () => resolve('cancelled'));
      terminal.on('close', () => resolve('cancelled'));
    });
    if (end === 'cancelled') throw new PassphraseInputError('cancelled', 'Cancelled. Nothing was changed.');
    return line.take();
  } finally {
    line.take();
    terminal.removeAllListeners();
    if (!terminal.destroyed) terminal.setRawMode(false);
    writeSync(out, '\n');
    terminal.destroy();
    closeSync(out);
  }
}
