/**
 * Looks for a secret in the memory of processes, as someone with the right to read /proc/PID/mem would. Used by the canary
 * tests. Linux only; reading another process's memory needs the same user and a dumpable process, which ours are not, or root.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { processTree } from '../../src/browser/processes.ts';

/** Memory is read in pieces of this size, with an overlap so that a hit on a border is not missed. */
const PIECE_BYTES = 16 * 1024 * 1024;
/** Reserved address space of V8's cage: mapped without pages behind it. No process of ours holds this much. */
const MAX_REGION_BYTES = 64 * 1024 ** 3;

export interface Hit {
  readonly pid: number;
  /** Program and, for a browser's process, its type. */
  readonly name: string;
  readonly form: string;
  readonly count: number;
  /** Names of the mapped regions, from /proc/PID/maps; empty for anonymous memory. */
  readonly regions: readonly string[];
}

export interface Scan {
  readonly hits: readonly Hit[];
  /** Processes that were read whole. A test should check that the one it cares about is here. */
  readonly scanned: readonly number[];
  /** Processes that could not be read: they have ended, or we may not. */
  readonly unreadable: readonly number[];
}

/**
 * The forms in which text survives: UTF-8, UTF-16LE, and base64 at its three alignments. `secret` should be 12 characters
 * or more, of ASCII, and made anew for each run. The forms are made here and nowhere else, so that the scanner finds them in its own
 * process only if that is scanned, which `scanTree` leaves out.
 */
export function secretForms(secret: string): { form: string; bytes: Buffer }[] {
  const utf8 = Buffer.from(secret);
  const base64 = [0, 1, 2].map((shift) => {
    // Cut to the characters that depend on the secret alone, whatever stands before and after it.
    const text = Buffer.concat([Buffer.alloc(shift), utf8]).toString('base64');
    const from = shift === 0 ? 0 : shift === 1 ? 2 : 3;
    const whole = Math.floor(((shift + utf8.length) * 8) / 6);
    return { form: `base64+${shift}`, bytes: Buffer.from(text.slice(from, whole)) };
  });
  return [{ form: 'utf8', bytes: utf8 }, { form: 'utf16le', bytes: Buffer.from(secret, 'utf16le') }, ...base64];
}

/** Not ours: a shell keeps what it has read, and runs on through the lock by design (docs/threat-model.md). */
const shells = /^(bash|sh|cat)$/;

/** `root` and everything below it, without the shells. */
export function ownProcesses(root: number): number[] {
  return processTree(root).filter((pid) => {
    try {
      return !shells.test(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
    } catch {
      return false;
    }
  });
}

/** Scans `root` and everything below it, without the process that scans. */
export function scanTree(root: number, secret: string): Scan {
  return scanProcesses(
    processTree(root).filter((pid) => pid !== process.pid),
    secret,
  );
}

export function scanProcesses(pids: readonly number[], secret: string): Scan {
  const steps = scanning(pids, secretForms(secret), () => true);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * Looks for several at once, with a turn of the event loop after each piece: an app whose main is this process goes on meanwhile, and its lease with it.
 * Files that are mapped to be read alone are passed over: nobody writes a secret there, and they are most of a browser.
 * @returns of each, the processes that have it; `scanned` as above
 */
export async function scanInTurns<Name extends string>(
  pids: readonly number[],
  secrets: Readonly<Record<Name, string>>,
): Promise<{ readonly found: Readonly<Record<Name, string[]>>; readonly scanned: readonly number[] }> {
  const names = Object.keys(secrets) as Name[];
  const forms = names.flatMap((name) => secretForms(secrets[name]).map(({ bytes }) => ({ form: name, bytes })));
  const steps = scanning(pids, forms, (rights, name) => rights.includes('w') || !name.startsWith('/'));
  for (;;) {
    const { done, value } = steps.next();
    if (done) {
      const of = (name: Name): string[] => value.hits.filter(({ form }) => form === name).map((hit) => hit.name);
      return { found: Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, string[]>, scanned: value.scanned };
    }
    await new Promise((turn) => setImmediate(turn));
  }
}

type Form = ReturnType<typeof secretForms>[number];
/** Which regions are read. @param rights as /proc/PID/maps has them. @param name of the region, empty for anonymous memory */
type Wanted = (rights: string, name: string) => boolean;

/** A step is a piece of somebody's memory. */
function* scanning(pids: readonly number[], forms: readonly Form[], wanted: Wanted): Generator<undefined, Scan> {
  const longest = Math.max(...forms.map(({ bytes }) => bytes.length));
  const hits: Hit[] = [];
  const scanned: number[] = [];
  const unreadable: number[] = [];
  const buffer = Buffer.alloc(PIECE_BYTES + longest);
  for (const pid of pids) {
    const found = yield* scanOne(pid, forms, buffer, wanted);
    if (!found) {
      unreadable.push(pid);
      continue;
    }
    scanned.push(pid);
    for (const [form, { count, regions }] of found) hits.push({ pid, name: processName(pid), form, count, regions: [...regions] });
  }
  buffer.fill(0);
  return { hits, scanned, unreadable };
}

function* scanOne(
  pid: number,
  forms: readonly Form[],
  buffer: Buffer,
  wanted: Wanted,
): Generator<undefined, Map<string, { count: number; regions: Set<string> }> | undefined> {
  let maps: string;
  let memory: number;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
    memory = openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return undefined;
  }
  const found = new Map<string, { count: number; regions: Set<string> }>();
  try {
    for (const line of maps.split('\n')) {
      // address range, permissions, offset, device, inode, name (proc(5))
      const match = /^([0-9a-f]+)-([0-9a-f]+) (r\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
      if (!match) continue;
      const [, from, to, rights, name = ''] = match;
      if (name.startsWith('[v') || !wanted(rights!, name)) continue;
      const start = Number.parseInt(from!, 16);
      const end = Number.parseInt(to!, 16);
      if (end - start > MAX_REGION_BYTES) continue;
      for (let at = start; at < end; at += PIECE_BYTES) {
        let length: number;
        try {
          length = readSync(memory, buffer, 0, Math.min(buffer.length, end - at), at);
        } catch {
          continue;
        }
        yield;
        const piece = buffer.subarray(0, length);
        for (const { form, bytes } of forms) {
          for (let i = piece.indexOf(bytes); i >= 0 && i < PIECE_BYTES; i = piece.indexOf(bytes, i + 1)) {
            const entry = found.get(form) ?? { count: 0, regions: new Set<string>() };
            entry.count++;
            entry.regions.add(name);
            found.set(form, entry);
          }
        }
      }
    }
  } finally {
    closeSync(memory);
  }
  return found;
}

function processName(pid: number): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/);
    const type = words.find((word) => word.startsWith('--type='))?.slice(7);
    const script = words.find((word) => word.endsWith('.mjs') || word.endsWith('.ts'));
    return [words[0]?.split('/').pop(), type ?? script?.split('/').pop()].filter(Boolean).join(' ');
  } catch {
    return 'ended';
  }
}
