/**
 * The limits of our own processes (getrlimit(2)). Any program of this account can lower them at any time (prlimit(2)); that they are
 * not dumpable does not hold it off. A process that may open nothing more neither looks nor writes, so the limits are looked at again
 * and again, through descriptors of /proc that were opened before.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { LimitedProcess, LimitName } from '../types/words.ts';

/** Their rows in /proc/PID/limits (proc(5)). A lower limit of a core is what we want, and none keeps us from anything. */
const rows: Readonly<Record<string, LimitName>> = {
  'Max address space': 'as',
  'Max cpu time': 'cpu',
  'Max data size': 'data',
  'Max file size': 'fsize',
  'Max locked memory': 'memlock',
  'Max msgqueue size': 'msgqueue',
  'Max open files': 'nofile',
  'Max processes': 'nproc',
  'Max pending signals': 'sigpending',
  'Max stack size': 'stack',
};
/** The file has some 1300 bytes. */
const MOST_BYTES = 4096;
const bytes = Buffer.alloc(MOST_BYTES);

interface Limit {
  readonly soft: number;
  readonly hard: number;
}
type Limits = ReadonlyMap<LimitName, Limit>;

export interface Lowered {
  readonly process: LimitedProcess;
  readonly limit: LimitName;
  /** In the limit's own unit: bytes, seconds, or how many. */
  readonly to: number;
}

/** One watched process. */
interface Watched {
  readonly pid: number;
  readonly fd: number;
  /** As it was when it was first looked at. */
  readonly first: Limits;
  /** As it was at the last look, and as the system told it. */
  seen: Limits;
  told: string;
}

/** The text of a process' limits. */
export function limitsIn(text: string): Limits {
  const value = (word: string): number => (word === 'unlimited' ? Infinity : Number(word));
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, name = '', soft, hard] = /^(\S+(?: \S+)*) {2,}(\S+) +(\S+)/.exec(line) ?? [];
      const limit = Object.hasOwn(rows, name) ? rows[name] : undefined;
      return limit === undefined || soft === undefined || hard === undefined ? [] : [[limit, { soft: value(soft), hard: value(hard) }] as const];
    }),
  );
}

export class LimitWatch {
  readonly #watched = new Map<LimitedProcess, Watched>();

  /** Looks at this process for the first time: make it before anything else. */
  constructor() {
    this.look({});
  }

  /**
   * @param helpers process ids of those that run.
   * @returns what is lower than at the last look. Of a process that is looked at for the first time, what is lower than main's was at the
   * start, for it has inherited that: of the soft ones a process may choose lower ones itself. Nothing where the system does not tell.
   */
  look(helpers: Readonly<Partial<Record<LimitedProcess, number | undefined>>>): Lowered[] {
    return Object.entries({ main: process.pid, ...helpers }).flatMap(([name, pid]) => (pid === undefined ? [] : this.#lookAt(name as LimitedProcess, pid)));
  }

  /** What is lower now than it was at the start of its process. */
  get lowered(): Lowered[] {
    return [...this.#watched].flatMap(([process, { first, seen }]) => loweredBetween(process, first, seen));
  }

  #lookAt(process: LimitedProcess, pid: number): Lowered[] {
    let watched = this.#watched.get(process);
    if (watched?.pid !== pid) {
      // Another one in the place of one that has ended.
      if (watched) closeSync(watched.fd);
      this.#watched.delete(process);
      watched = this.#begin(process, pid);
    }
    const told = watched && read(watched.fd);
    // Once a second nearly always: what says the same is not read again.
    if (!watched || told === undefined || told === watched.told) return [];
    watched.told = told;
    const now = limitsIn(told);
    if (now.size === 0) return [];
    const lowered = loweredBetween(process, watched.seen, now);
    watched.seen = now;
    return lowered;
  }

  #begin(process: LimitedProcess, pid: number): Watched | undefined {
    const fd = open(pid);
    if (fd === undefined) return undefined;
    const told = read(fd) ?? '';
    const now = limitsIn(told);
    if (now.size === 0) {
      closeSync(fd);
      return undefined;
    }
    const inherited = this.#watched.get('main')?.first ?? now;
    const first = new Map([...now].map(([name, { soft, hard }]) => [name, { soft, hard: Math.max(hard, inherited.get(name)?.hard ?? hard) }] as const));
    const watched = { pid, fd, first, seen: first, told: '' };
    this.#watched.set(process, watched);
    return watched;
  }
}

function loweredBetween(process: LimitedProcess, before: Limits, now: Limits): Lowered[] {
  return [...now].flatMap(([limit, { soft, hard }]) => {
    const was = before.get(limit);
    return was && (soft < was.soft || hard < was.hard) ? [{ process, limit, to: Math.min(soft, hard, Number.MAX_SAFE_INTEGER) }] : [];
  });
}

function open(pid: number): number | undefined {
  try {
    return openSync(`/proc/${pid === process.pid ? 'self' : pid}/limits`, 'r');
  } catch {
    // The process is gone, or this system has no such file, or nothing can be opened any more, which was found before.
    return undefined;
  }
}

/** Undefined where the process is gone. */
function read(fd: number): string | undefined {
  try {
    return bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
  } catch {
    return undefined;
  }
}

const nouns: Readonly<Partial<Record<LimitName, string>>> = { nofile: 'open files', fsize: 'file size', nproc: 'processes', cpu: 'processor time' };

/** What a person is told. */
export function limitSentence(lowered: readonly Lowered[]): string {
  const what = [...new Set(lowered.map(({ limit }) => nouns[limit] ?? limit))].join(', ');
  return `Another program has lowered a limit of Wardmux (${what}): close and start it again.`;
}
