/**
 * What runs in front in each pane, as Linux tells it: the program that has the terminal (tmux's pane_current_command), its
 * folder, and the host of a remote shell. Looked at after output, at most twice a second: a quiet workspace is left alone.
 * The names go to the page alone, never to the ledger.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { Pane } from '../../src/mux/state/model.ts';

/** tmux looks as often (NAME_INTERVAL). */
export const LOOK_MS = 500;
/** Longer than a word that anybody reads on a rule. */
const LONGEST = 60;

export type Foreground = Pick<Pane, 'program' | 'folder' | 'host'>;

/** Options of ssh(1) that take a value, as its usage lists them. */
const sshValues = new Set('BbcDEeFIiJLlmOoPpQRSWw');

/** The destination of an ssh command line, without a command behind it; undefined where there is none. */
export function sshHost(argv: readonly string[]): string | undefined {
  for (let at = 1; at < argv.length; at += 1) {
    const word = argv[at]!;
    if (word === '--') return argv[at + 1];
    if (!word.startsWith('-') || word === '-') return word;
    // -p 22 has its value in the next word, -p22 and -tp 22 do as getopt reads them.
    const valued = [...word.slice(1)].findIndex((letter) => sshValues.has(letter));
    if (valued >= 0 && valued === word.length - 2) at += 1;
  }
  return undefined;
}

/** What has the terminal of the shell `pid`; undefined where nobody tells: the process is gone, or this is not Linux. */
export function foregroundOf(pid: number, home: string): Foreground | undefined {
  try {
    // proc_pid_stat(5): the name in brackets may hold anything; tpgid is the sixth field behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[5]);
    const front = group > 0 ? group : pid;
    const argv = readFileSync(`/proc/${front}/cmdline`, 'utf8').split('\0');
    // A login shell is called -bash; a program may have written anything over its words.
    const program = visible(basename(argv[0] ?? '').replace(/^-/, '')) || visible(readFileSync(`/proc/${front}/comm`, 'utf8'));
    if (!program) return undefined;
    const host = program === 'ssh' ? visible(sshHost(argv) ?? '') : '';
    return { program, folder: visible(folderOf(front, home)), ...(host ? { host } : {}) };
  } catch {
    return undefined;
  }
}

function folderOf(pid: number, home: string): string {
  try {
    const folder = readlinkSync(`/proc/${pid}/cwd`);
    return folder === home ? '~' : folder.startsWith(`${home}/`) ? `~${folder.slice(home.length)}` : folder;
  } catch {
    // Another account's process (sudo) does not say where it is.
    return '';
  }
}

function visible(text: string): string {
  const plain = text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '').trim();
  return plain.length > LONGEST ? `…${plain.slice(1 - LONGEST)}` : plain;
}

/** Calls `look` once in the LOOK_MS after output, however much there is. */
export class ForegroundWatch {
  readonly #look: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(look: () => void) {
    this.#look = look;
  }

  output(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, LOOK_MS).unref();
  }
}
