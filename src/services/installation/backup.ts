/**
 * Backups of a whole installation: made without anybody's key, sealed to the audit keys of the policy in force, put back with one of them. The ledger that a
 * run has is that of one moment, held still by its lock, and comes first: so no recording is in the ledger and younger than it is in the backup.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, lstatSync, mkdirSync, readdirSync, readSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BackupError, BackupRun, isKept, keptNames, lookAtRuns, readSet, runsIn, SET_KEY_BYTES, writeSet, type RunResult } from '../../backup/index.ts';
import { isMissing, storageFault } from '../../disk/errno.ts';
import { isInside } from '../../disk/inside.ts';
import { withFileLock } from '../../disk/lock.ts';
import { openPlain, requirePlain } from '../../disk/plain.ts';
import type { InstallationSigner } from '../../crypto/signer.ts';
import { ledgerPaths } from '../../ledger/files.ts';
import { LedgerLock } from '../../ledger/lockfile.ts';
import { headOf } from '../../ledger/state.ts';
import { policyInForce } from '../../policy/index.ts';
import { openSecretStore, type Home } from '../../storage/index.ts';
import type { TreeHead } from '../../types/head.ts';
import { withLedger, type OpenInstallation } from './installation.ts';

/** Names of the secrets that a backup has. Heads that are kept outside are not among them: they are what nobody may set back. */
export const keptSecrets = ['signing-key', 'signing-key-next', 'backoff-key'] as const;
/** Name of the secret that belongs to a set: it names chunks, and opens none. */
export const setKeySecret = (set: string): string => `backup-${set}`;

/** One at a time: a run that is going on reads a recording that is being erased, and would write it after that. @throws StorageFault `busy` */
export const withBackupLock = <T>({ run }: Pick<Home, 'run'>, task: () => Promise<T>): Promise<T> =>
  withFileLock(join(run, 'backup.lock'), 'A backup, or an erasure in one,', task);

export interface BackupMade extends RunResult {
  readonly set: string;
  readonly head: TreeHead;
  /** Runs before it whose statement is damaged, which it passes over: a sentence each. */
  readonly damaged: readonly string[];
}

/** What a run began with. */
interface Still {
  readonly signer: InstallationSigner;
  readonly head: TreeHead;
  readonly headBytes: Buffer;
  readonly sizes: Readonly<Record<string, number>>;
  readonly deleted: number;
}

const countDeleted = async (ledger: { recordings(): Promise<Iterable<readonly [string, { readonly deleted: boolean }]>> }): Promise<number> => {
  let deleted = 0;
  for (const [, state] of await ledger.recordings()) if (state.deleted) deleted++;
  return deleted;
};

/** The folder, made where it is not there, and not of the data folder. @throws BackupError, StorageFault */
function backupFolder(home: Home, folder: string): string {
  const path = resolve(folder);
  try {
    if (!lstatSync(path, { throwIfNoEntry: false })) mkdirSync(path, { mode: 0o700 });
    if (isInside(path, home.folder) || isInside(home.folder, path))
      throw new BackupError(
        'not-a-backup',
        `${path} and the data folder ${home.folder} lie in each other: a backup there is lost with it. Choose another disk.`,
      );
    return realpathSync(path);
  } catch (error) {
    throw error instanceof BackupError ? error : storageFault(error, 'use the folder', path);
  }
}

/**
 * One run of a backup: all that the installation has, of which only what is new is written.
 * @throws BackupError, StorageFault, LedgerError: the runs before are as they were, and what this one has written the next one uses
 */
export function makeBackup(site: OpenInstallation, folder: string, now: () => number): Promise<BackupMade> {
  const { home, installation } = site;
  const path = backupFolder(home, folder);
  const store = openSecretStore(installation.secretStore, home, installation.id);
  return withBackupLock(home, async () => {
    const there = readSet(path);
    if (there && there.installation !== installation.id)
      throw new BackupError(
        'not-a-backup',
        `${path} is a backup of the installation ${there.installation}, and this one is ${installation.id}. Choose another folder.`,
      );
    const set = there ?? { format: 'wardmux-backup' as const, version: 1 as const, set: `k-${randomBytes(6).toString('hex')}`, installation: installation.id };
    let setKey = await store.get(setKeySecret(set.set));
    if (setKey?.length !== SET_KEY_BYTES) {
      // A new key for runs that are there already would find none of their recordings again: an erasure would miss them and say that it did not.
      if (there)
        throw new BackupError(
          'not-a-backup',
          `This workstation has not the key that names recordings in ${path}: it lost its secret store since. Nothing was written. Choose a new folder; what is there can be restored, and no recording can be erased in it, so destroy it once the new one is whole.`,
        );
      setKey = randomBytes(SET_KEY_BYTES);
      await store.set(setKeySecret(set.set), setKey);
    }
    const began = new Date(now());
    const secrets = Object.fromEntries(
      (await Promise.all(keptSecrets.map(async (name) => [name, await store.get(name)] as const))).flatMap(([name, bytes]) =>
        bytes ? [[name, bytes.toString('base64url')]] : [],
      ),
    );
    if (!there) writeSet(path, set);
    const before = runsIn(path);
    const { whole, damaged } = lookAtRuns(path, set);
    const previous = whole.at(-1)?.sha256 ?? null;
    const number = (before.at(-1) ?? 0) + 1;
    const kids: string[] = [];
    let run: BackupRun | undefined;
    try {
      const still = await withLedger(site, async ({ ledger, signer }): Promise<Still> => {
        const { policy } = policyInForce(home, ledger.facts);
        const recipients = policy.auditKeys.map(({ kid, jwk }) => ({ kid, role: 'audit' as const, jwk }));
        kids.push(...recipients.map(({ kid }) => kid));
        await ledger.append({ action: 'backup.begun', detail: { backup: set.set, run: number, recipients: kids } });
        await ledger.checkpoint();
        run = await BackupRun.begin({ folder: path, set: set.set, setKey, before, recipients, head: { setKey: setKey.toString('base64url'), secrets } });
        return { ...(await stillLedger(site)), signer, deleted: await countDeleted(ledger) };
      });
      addAll(run!, home, still);
      return await withLedger(site, async ({ ledger }) => {
        if ((await countDeleted(ledger)) !== still.deleted)
          throw new BackupError(
            'changed',
            'Recordings were deleted while the backup was made, and it has them as missing. Run it again: what it has written is used.',
          );
        const { publicKey, secondKey } = installation;
        const ended = new Date(now());
        const result = await run!.finish({ signer: still.signer, publicKey, secondKey, head: still.head, began, ended, previous }, installation.id);
        const { sha256, files, bytes } = result;
        await ledger.append({ action: 'backup.made', detail: { backup: set.set, run: number, sha256, ...still.head, files, bytes } });
        return { ...result, set: set.set, head: still.head, damaged };
      });
    } finally {
      run?.destroy();
      setKey.fill(0);
    }
  });
}

/** The ledger as it is at one moment: how long its files are, and its head. */
async function stillLedger({ home, noteKey }: OpenInstallation): Promise<Pick<Still, 'head' | 'headBytes' | 'sizes'>> {
  const paths = ledgerPaths(home.ledger);
  const lock = new LedgerLock(paths.lock);
  try {
    return await lock.hold(async () => {
      const { head } = await headOf(home.ledger, noteKey);
      const sizes = { events: lstatSync(paths.events).size, checkpoints: lstatSync(paths.checkpoints).size };
      const fd = requirePlain(paths.head);
      try {
        const headBytes = Buffer.alloc(fstatSync(fd).size);
        readSync(fd, headBytes, 0, headBytes.length, 0);
        return {
          head: { size: head.tree.size, root: head.tree.root },
          headBytes,
          sizes: { 'ledger/events.jsonl': sizes.events, 'ledger/checkpoints.jsonl': sizes.checkpoints },
        };
      } finally {
        closeSync(fd);
      }
    });
  } finally {
    lock.close();
  }
}

function addAll(run: BackupRun, home: Home, { headBytes, sizes }: Still): void {
  for (const path of filesBelow(home.folder, keptNames)) {
    if (path === 'ledger/head') {
      run.addFile(path, headBytes, headBytes.length);
      continue;
    }
    const whole = join(home.folder, path);
    let fd: number | undefined;
    try {
      fd = openPlain(whole);
      if (fd === undefined) throw new BackupError('changed', `${whole} went away while the backup was made. Run it again: what it has written is used.`);
      run.addFile(path, fd, sizes[path] ?? fstatSync(fd).size);
    } catch (error) {
      throw error instanceof BackupError ? error : storageFault(error, 'read', whole);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }
}

/** Plain files of a data folder that belong to a backup, sorted in each folder, one folder after the other. Links and devices are none. */
function* filesBelow(folder: string, names: readonly string[], above = ''): Generator<string> {
  for (const name of names.toSorted()) {
    const path = above === '' ? name : `${above}/${name}`;
    const stat = lstatSync(join(folder, path), { throwIfNoEntry: false });
    if (stat?.isFile() && isKept(path)) yield path;
    if (stat?.isDirectory()) yield* filesBelow(folder, namesIn(join(folder, path)), path);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch (error) {
    if (isMissing(error)) return [];
    throw storageFault(error, 'read the folder', folder);
  }
}
