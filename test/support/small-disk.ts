/** A small disk of its own, mounted in a mount namespace that ends with the program: a full disk that harms nobody. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const inside = ['--user', '--map-root-user', '--mount', 'sh', '-c'];
const mount = (folder: string, size: string): string => `mount -t tmpfs -o size=${size},mode=700 none '${folder}'`;

/** Why no small disk can be had here, or undefined where one can. `folder` must exist; nothing stays mounted on it. */
export function noSmallDisk(folder: string): string | undefined {
  const { status } = spawnSync('unshare', [...inside, mount(folder, '64k')]);
  return status === 0 ? undefined : 'this machine permits no mount namespace, and so no small disk to fill';
}

export interface OnSmallDisk {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of Node with a disk of that size (tmpfs: `2m`) on `folder`; only that program and its children see it. */
export function onSmallDisk(folder: string, size: string, program: string, args: readonly string[], env: NodeJS.ProcessEnv, ms: number): Promise<OnSmallDisk> {
  return new Promise((resolve) => {
    const child = spawn('unshare', [...inside, `${mount(folder, size)} && exec "$0" "$@"`, process.execPath, program, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: ms,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** Fills the disk below `folder` to its last byte. The file is called `filler`. */
export function fillDisk(folder: string): void {
  const fd = openSync(join(folder, 'filler'), 'a');
  for (const size of [64 * 1024, 4096, 1]) {
    try {
      for (;;) writeSync(fd, Buffer.alloc(size));
    } catch {
      // Full, to this size.
    }
  }
  closeSync(fd);
}

/**
 * Lets nothing more be written on the disk on `folder`, or lets it again. Its other options are left out of it: mount(8) would say those of the kernel's list
 * once more, and since util-linux 2.41 a tmpfs in a user's namespace refuses its own uid there.
 */
export function remount(folder: string, to: 'ro' | 'rw'): void {
  execFileSync('mount', ['--options-source', 'disable', '-o', `remount,${to}`, folder]);
}
