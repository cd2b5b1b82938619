/** The data folder: where everything of this installation stands. Nobody but its owner may write in it. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { StorageFault } from '../disk/fault.ts';
import { isMissing, storageFault } from '../disk/errno.ts';

/** Absolute paths in the data folder. */
export interface Home {
  readonly folder: string;
  readonly installation: string;
  readonly policy: string;
  /** Policies that are or were in force, each under its digest. */
  readonly policies: string;
  readonly people: string;
  readonly secrets: string;
  readonly ledger: string;
  readonly anchors: string;
  readonly recordings: string;
  /** How each person's windows were arranged and called, and how they look, sealed by them. */
  readonly workspaces: string;
  /** What those wrote who broke the glass, sealed to the audit keys; and the room that is held back for emergencies. */
  readonly emergencies: string;
  /** Why and for whom each recording was exported, sealed to the audit keys and to whoever exported it. */
  readonly disclosures: string;
  /** What was found of alerts, sealed. */
  readonly alertNotes: string;
  /** Lists of the program's files, each under its digest. */
  readonly baselines: string;
  /** How far each sink of the policy has what the ledger has, signed. */
  readonly sinks: string;
  /** The last revocation list that was taken, as somebody outside signed it. */
  readonly revocations: string;
  /** Profiles of hosts: names and addresses. */
  readonly hosts: string;
  readonly run: string;
}

/**
 * WARDMUX_HOME, else $XDG_DATA_HOME/wardmux, else ~/.local/share/wardmux. A relative XDG_DATA_HOME is ignored, as the
 * XDG Base Directory specification demands; a relative WARDMUX_HOME is taken from the present folder.
 */
export function homeFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (env['WARDMUX_HOME']) return resolve(env['WARDMUX_HOME']);
  const data = env['XDG_DATA_HOME'];
  if (data && isAbsolute(data)) return join(data, 'wardmux');
  return join(env['HOME'] || homedir(), '.local', 'share', 'wardmux');
}

/** How a person's windows were arranged and called. @param person an id */
export const workspacePath = ({ workspaces }: Pick<Home, 'workspaces'>, person: string): string => join(workspaces, `${person}.json`);

/** How a person's windows look. @param person an id */
export const lookPath = ({ workspaces }: Pick<Home, 'workspaces'>, person: string): string => join(workspaces, `${person}.look.json`);

/** The paths, without touching the disk. */
export function homePaths(folder: string): Home {
  return {
    folder,
    installation: join(folder, 'installation.json'),
    policy: join(folder, 'policy.json'),
    policies: join(folder, 'policies'),
    people: join(folder, 'people'),
    secrets: join(folder, 'secrets'),
    ledger: join(folder, 'ledger'),
    anchors: join(folder, 'anchors'),
    recordings: join(folder, 'recordings'),
    workspaces: join(folder, 'workspaces'),
    emergencies: join(folder, 'break-glass'),
    disclosures: join(folder, 'disclosures'),
    alertNotes: join(folder, 'alert-notes'),
    baselines: join(folder, 'baselines'),
    sinks: join(folder, 'sinks'),
    revocations: join(folder, 'revocations.list'),
    hosts: join(folder, 'hosts.json'),
    run: join(folder, 'run'),
  };
}

function check(path: string, stat: Stats): void {
  if (!stat.isDirectory()) {
    throw new StorageFault('not-a-folder', path, `${path} is not a folder. Move it away, or choose another data folder with WARDMUX_HOME.`);
  }
  const uid = process.getuid?.();
  if (uid !== undefined && stat.uid !== uid) {
    throw new StorageFault('unsafe-permissions', path, `${path} belongs to another user (uid ${stat.uid}). Use a data folder of your own, with WARDMUX_HOME.`);
  }
  if (stat.mode & 0o022) {
    throw new StorageFault('unsafe-permissions', path, `Others can write in ${path} (mode ${(stat.mode & 0o777).toString(8)}). Run: chmod 700 '${path}'`);
  }
}

/** One folder after the other: with `recursive`, node says ENOENT where the disk is read-only. */
function makeFolders(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolders(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

/**
 * Makes what is missing of the data folder (mode 0700) and checks what is there.
 * @throws StorageFault with a sentence: not a folder, another owner, writable by others, read-only, full, denied.
 */
export function openHome(folder: string): Home {
  const home = homePaths(resolve(folder));
  try {
    // The home itself may be a symbolic link that its owner chose; the folders in it may not.
    let stat: Stats | undefined;
    try {
      stat = statSync(home.folder);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    if (!stat) {
      makeFolders(home.folder);
      stat = statSync(home.folder);
    }
    check(home.folder, stat);
    // Somebody made an empty folder for us with the usual mode: nobody but us needs to look into it.
    if (stat.mode & 0o077) chmodSync(home.folder, 0o700);
  } catch (error) {
    throw storageFault(error, 'use the data folder', home.folder);
  }
  for (const path of [
    home.policies,
    home.people,
    home.secrets,
    home.ledger,
    home.anchors,
    home.recordings,
    home.workspaces,
    home.emergencies,
    home.disclosures,
    home.alertNotes,
    home.baselines,
    home.sinks,
    home.run,
  ]) {
    try {
      try {
        mkdirSync(path, { mode: 0o700 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const stat = lstatSync(path);
      check(path, stat);
      if (stat.mode & 0o077) chmodSync(path, 0o700);
    } catch (error) {
      throw storageFault(error, 'use the folder', path);
    }
  }
  return home;
}

/** Names in `folder` that end in `suffix`, sorted, without temporary files. @throws StorageFault */
export function listFolder(folder: string, suffix: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(suffix) && !name.startsWith('.'))
      .sort();
  } catch (error) {
    throw storageFault(error, 'read the folder', folder);
  }
}
