/** A folder that stays the one that it was, whatever is put in its place. */
import { constants, openSync, readlinkSync } from 'node:fs';

const descriptors = '/proc/self/fd/';

/**
 * A path to the folder that `path` leads to now, also after another one has come in its place and this one has another name: a build anew
 * must not hand an app that runs the half of it that it has not read yet. It is a path of this process alone, until its end; where the system
 * has no such paths, and in an archive, it is `path` itself.
 * @throws Error of the system, where there is no folder
 */
export function heldFolder(path: string): string {
  if (process.platform !== 'linux') return path;
  return `${descriptors}${openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)}`;
}

/** The path as a person knows it, and as another process can follow it. */
export function plainPath(path: string): string {
  if (!path.startsWith(descriptors)) return path;
  const [descriptor, ...rest] = path.slice(descriptors.length).split('/');
  return [readlinkSync(`${descriptors}${descriptor}`), ...rest].join('/');
}
