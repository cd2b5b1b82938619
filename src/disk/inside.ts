/** Where a folder really lies. */
import { realpathSync } from 'node:fs';
import { sep } from 'node:path';

/** Whether a folder is another one or lies in it, whatever links lead there. @throws Error of the system where one of them is not there */
export function isInside(folder: string, parent: string): boolean {
  const [real, above] = [realpathSync(folder), realpathSync(parent)];
  return real === above || real.startsWith(above + sep);
}
