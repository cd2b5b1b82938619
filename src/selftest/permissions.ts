/** Whose the files of the data folder are, and who else may read or write them: every one of them is looked at. */
import { lstatSync, readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { fails, holds, type Finding } from './finding.ts';

/** Of more than these it is said how many there are. */
const NAMED = 5;

/** What was found in the data folder. */
export interface PermissionsSeen {
  readonly folders: number;
  readonly files: number;
  /** For people, a part of a sentence each, by path. */
  readonly faults: readonly string[];
}

/**
 * Looks at the folder and at everything in it. Called before anything of ours opens it, for that mends some of what is found here.
 * @param folder may be a symbolic link that its owner chose; nothing in it may.
 */
export function lookAtPermissions(folder: string, uid = process.getuid?.()): PermissionsSeen {
  let [folders, files] = [0, 0];
  const faults: string[] = [];
  const visit = (path: string, stat: Stats): void => {
    const what = faultOf(stat, uid);
    if (what !== undefined) faults.push(`${path} ${what}`);
    if (!stat.isDirectory()) {
      files++;
      return;
    }
    folders++;
    for (const name of readdirSync(path)) {
      const inside = join(path, name);
      // What another process of ours has just put aside or taken away is not there any more.
      const found = lstatSync(inside, { throwIfNoEntry: false });
      if (found) visit(inside, found);
    }
  };
  visit(folder, statSync(folder));
  return { folders, files, faults };
}

function faultOf(stat: Stats, uid: number | undefined): string | undefined {
  if (!stat.isDirectory() && !stat.isFile() && !stat.isSocket()) return 'is no folder, no plain file and no socket';
  if (uid !== undefined && stat.uid !== uid) return `belongs to another user (uid ${stat.uid})`;
  const mode = stat.mode & 0o777;
  return mode & 0o077 ? `can be reached by others (mode ${mode.toString(8)})` : undefined;
}

export function permissionsFinding({ folders, files, faults }: PermissionsSeen): Finding {
  if (faults.length === 0) return holds(`${folders} folders and ${files} files belong to this account, and nobody else can read or write them.`);
  const more = faults.length > NAMED ? `, and ${faults.length - NAMED} more` : '';
  return fails(`${faults.slice(0, NAMED).join('; ')}${more}. Look who did that, then run: chmod -R go-rwx on the data folder.`);
}
