/** Backups of a whole installation, put back with an audit key, or looked at: held against what was signed for, and against what is known outside. */
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  BackupError,
  CHUNK_BYTES,
  digestOf,
  hasRun,
  lookAtRuns,
  OpenRun,
  packFaults,
  readRun,
  requireSet,
  restoreFiles,
  runsIn,
  scopeOf,
  type Restored,
  type WholeRun,
} from '../../backup/index.ts';
import { syncFolder } from '../../disk/atomic.ts';
import { releaseMemory } from '../../disk/bytes.ts';
import { storageFault } from '../../disk/errno.ts';
import { installationNoteKey } from '../../ledger/note.ts';
import { readLedgerGently } from '../../ledger/read.ts';
import { LedgerView } from '../../ledger/view.ts';
import type { SegmentOpener } from '../../recording/types.ts';
import {
  checkIdentity,
  FileSecretStore,
  homePaths,
  keyDigest,
  openHome,
  openSecretStore,
  requireInstallation,
  type Home,
  type Installation,
  type SecretStore,
} from '../../storage/index.ts';
import type { TreeHead } from '../../types/head.ts';
import { lookOutside, openLedger } from './open-ledger.ts';
import { keptSecrets, setKeySecret } from './backup.ts';

/** The run that is meant: that one, or the newest that did not end before it was whole. No other is looked at, so a damaged one stops only itself. @throws BackupError */
function chooseRun(folder: string, number: number | undefined): WholeRun {
  const set = requireSet(folder);
  const runs = runsIn(folder);
  for (const one of number === undefined ? runs.toReversed() : runs.filter((run) => run === number)) {
    const whole = readRun(folder, set, one);
    if (whole) return whole;
  }
  const has =
    lookAtRuns(folder, set)
      .whole.map(({ run }) => run)
      .join(', ') || 'none';
  throw new BackupError('not-a-backup', number === undefined ? `${folder} has no whole run.` : `${folder} has no whole run ${number}; it has ${has}.`);
}

export interface RestoreAsked {
  readonly folder: string;
  readonly to: string;
  readonly run: number | undefined;
  readonly opener: Pick<SegmentOpener, 'kid' | 'open'>;
  /** For looking back alone: without the key that signs, also where somebody outside knows more. */
  readonly readOnly: boolean;
}

export interface RestoreResult extends Restored {
  readonly run: number;
  readonly set: string;
  readonly installation: string;
  readonly to: string;
  /** Of the ledger as it came back, which is what was signed for. */
  readonly head: TreeHead;
  /** When the run was made. */
  readonly ended: string;
  /** Heads outside that it does not have: a sentence each. */
  readonly behind: readonly string[];
  /** Later runs in that folder, which were passed over because they are not whole. */
  readonly passedOver: readonly number[];
}

/**
 * Puts an installation back into a folder that is new. It is made beside it and moved there once all of it is whole and is what was signed for.
 * @throws BackupError, StorageFault, LedgerError: nothing is left then, but where the disk fails once its ledger has `backup.restored`
 */
export async function restoreBackup({ folder, to, run: number, opener, readOnly }: RestoreAsked): Promise<RestoreResult> {
  const whole = chooseRun(folder, number);
  const target = resolve(to);
  requireRoom(target, whole);
  const run = await OpenRun.open(folder, whole, opener);
  const staging = join(dirname(target), `.${basename(target)}.restoring-${randomBytes(6).toString('hex')}`);
  try {
    try {
      mkdirSync(staging, { mode: 0o700 });
    } catch (error) {
      throw storageFault(error, 'make the folder', staging);
    }
    const restored = await restoreFiles(run, staging);
    const home = homePaths(staging);
    const installation = requireInstallation(home);
    const { head } = whole;
    // By the path that it gets: another installation may be known there.
    await checkIdentity(homePaths(target), installation);
    const { behind, unasked } = await compare(home, installation, whole);
    // A place that cannot be asked may know more: nothing goes on from a backup that was held against the others alone.
    if (unasked.length > 0 && !readOnly) throw unasked[0];
    if (behind.length > 0 && !readOnly)
      throw new BackupError(
        'older',
        `This backup is older than what is known outside: ${behind.join(' ')} Going on from it would set the ledger back, so nothing was restored. Use a newer run; or look at it with --read-only, which restores everything but the key that signs.`,
      );
    if (readOnly) renameSync(staging, target);
    else await goOn(run, installation, { staging: home, target }, opener.kid);
    syncFolder(dirname(target));
    return {
      ...restored,
      run: whole.run,
      set: whole.set,
      installation: installation.id,
      to: target,
      head,
      ended: whole.ended,
      behind,
      passedOver: number === undefined ? runsIn(folder).filter((one) => one > whole.run) : [],
    };
  } finally {
    run.close();
    rmSync(staging, { recursive: true, force: true });
  }
}

function requireRoom(target: string, { bytes }: WholeRun): void {
  const above = dirname(target);
  try {
    const stat = lstatSync(target, { throwIfNoEntry: false });
    if (stat && (!stat.isDirectory() || readdirSync(target).length > 0))
      throw new BackupError('not-a-backup', `${target} is there already, and a restore overwrites nothing. Give a folder that is new or empty (--to).`);
    const { bavail, bsize } = statfsSync(above);
    if (bavail * bsize < bytes)
      throw new BackupError(
        'damaged',
        `The run has ${bytes} bytes, and the disk of ${above} has room for ${bavail * bsize}. Nothing was written. Give a folder on a larger disk (--to).`,
      );
  } catch (error) {
    throw error instanceof BackupError ? error : storageFault(error, 'use the folder', above);
  }
}

/**
 * Holds the ledger that came back against what was signed for, and against what is known outside.
 * @returns `behind`: what it does not have, a sentence each. `unasked`: why a place outside could not be asked
 */
async function compare(
  home: Home,
  installation: Installation,
  whole: WholeRun,
): Promise<{ readonly behind: readonly string[]; readonly unasked: readonly unknown[] }> {
  const keys = [installation, ...(installation.formerKeys ?? [])];
  if (installation.id !== whole.installation || !keys.some(({ publicKey, secondKey }) => publicKey === whole.publicKey && secondKey === whole.secondKey))
    throw new BackupError('damaged', `Run ${whole.run} is signed by another key than that of the installation in it. Nothing was restored.`);
  const { reading, view } = await LedgerView.read(home.ledger, installationNoteKey(installation));
  try {
    const { tree } = view?.head ?? {};
    if (!view || tree?.size !== whole.head.size || tree.root !== whole.head.root)
      throw new BackupError('damaged', `The ledger in run ${whole.run} is not what was signed for (${reading.faults.length} faults). Nothing was restored.`);
    const known = (sha256: string): boolean => view.facts.policies.includes(sha256);
    const { heads, failures } = await lookOutside(home, installation, openSecretStore(installation.secretStore, home, installation.id), known);
    const behind: string[] = [];
    for (const { size, root, source } of heads) {
      const own = size === whole.head.size ? whole.head.root : await view.rootAt(size);
      if (own === undefined) behind.push(`${source} knows ${size} events, and the backup has ${whole.head.size}.`);
      else if (own !== root) behind.push(`${source} knows other events than the backup has.`);
    }
    return { behind, unasked: failures };
  } finally {
    view?.close();
  }
}

/**
 * What makes a folder one that goes on: its secrets, its place, and the event that says so. Where the ledger takes none, all of it is taken away again.
 * @throws BackupError, StorageFault, LedgerError
 */
async function goOn(
  run: OpenRun,
  installation: Installation,
  { staging, target }: { readonly staging: Home; readonly target: string },
  key: string,
): Promise<void> {
  const inFiles = installation.secretStore === 'file';
  if (inFiles) mkdirSync(staging.secrets, { mode: 0o700 });
  const store = inFiles ? new FileSecretStore(staging.secrets) : openSecretStore(installation.secretStore, staging, installation.id);
  const put = await putSecrets(store, run.head, run.run);
  let entered = false;
  try {
    renameSync(staging.folder, target);
    await enterRestored(target, installation, run.run, key, () => (entered = true));
  } catch (error) {
    if (!entered) {
      rmSync(target, { recursive: true, force: true });
      if (!inFiles) for (const name of put) await store.delete(name);
    }
    throw error;
  }
}

/**
 * Puts what a backup keeps into a secret store, and replaces nothing there: the store is that of the OS account, where the same installation may go on with a newer key.
 * @returns names of what was not there before. @throws BackupError: nothing was put there then
 */
export async function putSecrets(
  store: SecretStore,
  { secrets, setKey }: OpenRun['head'],
  { set, installation }: Pick<WholeRun, 'set' | 'installation'>,
): Promise<readonly string[]> {
  const kept: readonly string[] = keptSecrets;
  const strange = Object.keys(secrets).find((name) => !kept.includes(name));
  if (strange !== undefined) throw new BackupError('damaged', `The backup has a secret ${strange}, which none of ours has. Nothing was restored.`);
  const wanted = Object.entries({ ...secrets, [setKeySecret(set)]: setKey }).map(([name, text]) => ({ name, bytes: Buffer.from(text, 'base64url') }));
  try {
    const fresh: typeof wanted = [];
    for (const one of wanted) {
      const there = await store.get(one.name);
      if (!there) fresh.push(one);
      else if (!there.equals(one.bytes))
        throw new BackupError(
          'not-a-backup',
          `The secret store here (${store.name}) has another ${one.name} of the installation ${installation}, which a restore would replace: its key was replaced since, or the backup was exchanged. Nothing was restored. Restore it on another OS account, or look at it with --read-only.`,
        );
      there?.fill(0);
    }
    for (const { name, bytes } of fresh) await store.set(name, bytes);
    return fresh.map(({ name }) => name);
  } finally {
    for (const { bytes } of wanted) bytes.fill(0);
  }
}

async function enterRestored(target: string, installation: Installation, whole: WholeRun, key: string, entered: () => void): Promise<void> {
  const { ledger } = await openLedger(openHome(target), installation);
  try {
    const { set: backup, run, sha256, head } = whole;
    await ledger.append({ action: 'backup.restored', detail: { backup, run, sha256, ...head, key } });
    entered();
    await ledger.checkpoint();
  } finally {
    await ledger.close();
  }
}

export interface BackupCheck {
  readonly set: string;
  readonly installation: string;
  /** Whole ones, and such as ended before. */
  readonly runs: number;
  readonly interrupted: number;
  /** SHA-256 of the public keys that signed the runs. */
  readonly keys: readonly string[];
  /** The run that was looked at. */
  readonly newest: ({ readonly run: number; readonly ended: string; readonly ageMs: number } & TreeHead) | undefined;
  /** What a key opened. */
  readonly opened: { readonly files: number; readonly bytes: number; readonly erased: readonly string[] } | undefined;
  readonly faults: readonly string[];
}

/**
 * Looks whether a backup is what was signed for: every pack of every whole run, and with a key every chunk of one run. Memory is that of a chunk and of the names of files.
 * @param now milliseconds since 1970. @throws BackupError where it is none
 */
export async function checkBackup(folder: string, number: number | undefined, opener: RestoreAsked['opener'] | undefined, now: number): Promise<BackupCheck> {
  const set = requireSet(folder);
  const { whole: runs, damaged } = lookAtRuns(folder, set);
  const newest = number === undefined ? runs.at(-1) : chooseRun(folder, number);
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const faults = [...damaged, ...packFaults(folder, runs, (path, bytes) => digestOf(path, bytes, buffer))];
  runs.forEach(({ run, previous }, n) => {
    if (previous !== (runs[n - 1]?.sha256 ?? null)) faults.push(`Run ${run} does not follow the run before it: one between them is missing, or was exchanged.`);
  });
  if (!newest) faults.push('There is no whole run.');
  return {
    set: set.set,
    installation: set.installation,
    runs: runs.length,
    interrupted: runsIn(folder).length - runs.length - damaged.length,
    keys: [...new Set(runs.map((run) => keyDigest(run)))],
    newest: newest && { run: newest.run, ended: newest.ended, ageMs: Math.max(0, now - Date.parse(newest.ended)), ...newest.head },
    opened: newest && opener && (await openAll(folder, newest, opener, faults)),
    faults,
  };
}

/** Runs of the set in a folder that the ledger here has as made, and that are not there as they were made: what was newest may be gone. @throws BackupError, LedgerError */
export async function runsNotThere(home: Home, installation: Installation, folder: string): Promise<readonly number[]> {
  const set = requireSet(folder);
  const made: { readonly run: number; readonly sha256: string }[] = [];
  await readLedgerGently(home.ledger, installationNoteKey(installation), {
    onEvent: ({ action, detail: { backup, run, sha256 } = {} }) => {
      if (action === 'backup.made' && backup === set.set && typeof run === 'number' && typeof sha256 === 'string') made.push({ run, sha256 });
    },
  });
  // A link in the place of one is none: a backup goes where its folder goes.
  const there = new Set(runsIn(folder));
  return made.filter(({ run, sha256 }) => !there.has(run) || !hasRun(folder, set, run, sha256)).map(({ run }) => run);
}

async function openAll(folder: string, whole: WholeRun, opener: RestoreAsked['opener'], faults: string[]): Promise<BackupCheck['opened']> {
  const run = await OpenRun.open(folder, whole, opener);
  const erased = new Set<string>();
  let files = 0;
  let bytes = 0;
  try {
    for (const file of run.files()) {
      if (run.isErased(file)) {
        erased.add(scopeOf(file.path));
        continue;
      }
      for (const ref of file.chunks) {
        const plain = await run.chunk(ref, file.path);
        bytes += plain.length;
        releaseMemory(plain);
      }
      files++;
    }
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    faults.push(error.message);
  } finally {
    run.close();
  }
  return { files, bytes, erased: [...erased].sort() };
}
