/** Processes of this machine, read from /proc: the host must know that a renderer is gone, not hope so. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { processStat, isRunning } from '../disk/process-identity.ts';

/**
 * Whether the process, or one of its threads, has been stopped or is held by a tracer: it does not do what it said it would, and
 * may do it later. Not seen: a frozen cgroup.
 */
export function isStopped(pid: number): boolean {
  const held = (id: string): boolean => ['T', 't'].includes(processStat(id)?.state ?? '');
  try {
    return held(`${pid}`) || readdirSync(`/proc/${pid}/task`).some((thread) => held(`${pid}/task/${thread}`));
  } catch {
    return false;
  }
}

/** True while every process in the tree of `root` runs. Where there is no /proc nobody can tell. */
export function treeRuns(root: number): boolean {
  return process.platform !== 'linux' || !processTree(root).some(isStopped);
}

/** Processes of this account that were started with exactly this argument, and all below them. */
export function startedWith(argument: string): number[] {
  if (process.platform !== 'linux') return [];
  const uid = process.getuid?.();
  const ours = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || !commandLine(Number(name)).includes(argument)) return false;
    return statSync(`/proc/${name}`, { throwIfNoEntry: false })?.uid === uid;
  });
  return [...new Set(ours.flatMap((name) => processTree(Number(name))))];
}

/**
 * The process and everything below it, parents first; where it leads a process group also whoever else is in that. A child whose parent
 * was killed is below nobody of ours any more (a browser's zygotes are the parents of its renderers), and it stays in its group.
 * Without /proc only the process itself.
 */
export function processTree(root: number): number[] {
  if (process.platform !== 'linux') return [root];
  const children = new Map<number, number[]>();
  const members: number[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const facts = processStat(pid);
    if (!facts || facts.state === 'Z') continue;
    children.set(facts.parent, [...(children.get(facts.parent) ?? []), pid]);
    if (facts.group === root) members.push(pid);
  }
  const tree = new Set([root]);
  const grow = (): void => {
    // A set goes on over what is added meanwhile.
    for (const pid of tree) for (const child of children.get(pid) ?? []) tree.add(child);
  };
  grow();
  for (const member of members) tree.add(member);
  grow();
  return [...tree];
}

/** The browser's renderers in the tree of `root`. A zygote that waits to become one does not count. */
export function rendererPids(root: number): number[] {
  return processTree(root).filter((pid) => isRunning(pid) && commandLine(pid).includes('--type=renderer'));
}

export function commandLine(pid: number): string[] {
  try {
    // Chromium rewrites its title with spaces, so both separators count.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/);
  } catch {
    return [];
  }
}

/** SIGKILL, without an error for those that are gone already. */
export function killNow(pids: Iterable<number>): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself in the meantime, which is what we wanted.
    }
  }
}

/**
 * The same for renderers. A browser covers a page whose process was killed (SIGKILL, SIGTERM, a crash) with its own picture of a broken
 * page. SIGHUP ends a process just as soon where it has no handler, and is taken for an ordinary end, which has no such picture;
 * whatever it does not end (a process that is stopped, the first one of its own namespace) SIGKILL does.
 */
export function hangUpNow(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGHUP');
    } catch {
      // It has ended by itself in the meantime.
    }
  }
  killNow(pids);
}

/**
 * SIGKILL for every process of a group, by one call that needs neither a list of processes nor a descriptor: a program of this
 * account can take both away (prlimit(2), RLIMIT_NOFILE). @param leader its number, of a process that was started as its leader.
 */
export function killGroup(leader: number): void {
  killNow([-leader]);
}

/** Resolves with those still alive after `limitMs`, or with none as soon as all are gone. */
export async function whenGone(pids: readonly number[], limitMs: number): Promise<number[]> {
  const end = performance.now() + limitMs;
  for (;;) {
    const left = pids.filter(isRunning);
    if (left.length === 0 || performance.now() >= end) return left;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The same, for a start that has nothing else to do. */
export function waitUntilGone(pids: readonly number[], limitMs: number): number[] {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (const end = performance.now() + limitMs; ; Atomics.wait(cell, 0, 0, 5)) {
    const left = pids.filter(isRunning);
    if (left.length === 0 || performance.now() >= end) return left;
  }
}
