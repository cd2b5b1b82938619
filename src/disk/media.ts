/** On what a file lies: a removable medium, another file system than the data folder, or the same one. Linux; elsewhere no medium is known as removable. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve, sep } from 'node:path';

const media = ['removable', 'other-disk', 'same-disk'] as const;
export type Medium = (typeof media)[number];

/**
 * Folders of the removable media that desktops mount for this user: what is mounted under /media/USER and /run/media/USER.
 * @param mountinfo the text of /proc/self/mountinfo (proc_pid_mountinfo(5)): the fifth field of a line is the mount point, the sixth its options; spaces are written in octal.
 * @returns those that may be written to, sorted.
 */
export function removableFolders(mountinfo: string, user: string): string[] {
  const roots = [`/media/${user}/`, `/run/media/${user}/`];
  return mountinfo
    .split('\n')
    .flatMap((line) => {
      const [, , , , at = '', options = ''] = line.split(' ');
      const path = at.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
      return roots.some((root) => path.startsWith(root)) && !options.split(',').includes('ro') ? [path] : [];
    })
    .sort();
}

/** What is mounted now. Nothing where that cannot be known. */
export function mountedMedia(): string[] {
  try {
    return removableFolders(readFileSync('/proc/self/mountinfo', 'utf8'), userInfo().username);
  } catch {
    return [];
  }
}

/** @throws as the file system does, where one of them is not there. */
export function mediumOf(path: string, dataFolder: string, removable: readonly string[] = mountedMedia()): Medium {
  const real = realpathSync(resolve(path));
  if (removable.some((folder) => real.startsWith(folder + sep))) return 'removable';
  return statSync(real).dev === statSync(dataFolder).dev ? 'same-disk' : 'other-disk';
}
