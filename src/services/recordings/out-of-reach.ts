/**
 * What a new audit key does not open after a rotation, and where it is: backups are sealed where they lie, and the digest of sealed words stands in the ledger, so
 * none of both is wrapped anew. Whoever destroys the key of before has to know that.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readSmall } from '../../disk/atomic.ts';
import { readLedgerGently } from '../../ledger/read.ts';
import { installationNoteKey } from '../../ledger/note.ts';
import type { Home, Installation } from '../../storage/index.ts';

export interface OutOfReach {
  /** Runs of backups that the key of before opens and not every new one, by the set, as the ledger knows them: whether they are there still nobody asks. */
  readonly backups: readonly { readonly backup: string; readonly runs: readonly number[] }[];
  /** Files of sealed words: so many in a folder. */
  readonly words: readonly { readonly folder: string; readonly files: number }[];
}

/** @param key kid of the audit key of before @param to kids of those that open what was wrapped once more */
export async function outOfReach(home: Home, installation: Installation, key: string, to: readonly string[]): Promise<OutOfReach> {
  const lacks = (kids: readonly unknown[]): boolean => kids.includes(key) && !to.every((kid) => kids.includes(kid));
  const runs = new Map<string, number[]>();
  await readLedgerGently(home.ledger, installationNoteKey(installation), {
    onEvent: ({ action, detail: { backup, run, recipients } = {} }) => {
      if (action !== 'backup.begun' || typeof backup !== 'string' || typeof run !== 'number' || !Array.isArray(recipients)) return;
      if (lacks(recipients)) runs.set(backup, [...(runs.get(backup) ?? []), run]);
    },
  });
  const words = [home.disclosures, home.alertNotes, home.emergencies, home.baselines].map((folder) => ({
    folder,
    files: filesIn(folder).filter((path) => lacks(recipientsOf(path))).length,
  }));
  return { backups: [...runs].map(([backup, some]) => ({ backup, runs: some })), words: words.filter(({ files }) => files > 0) };
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(folder, entry.name)] : []));
  } catch {
    return [];
  }
}

/** None where it is no file of sealed words. */
function recipientsOf(path: string): readonly unknown[] {
  try {
    const { recipients } = JSON.parse(readSmall(path)?.toString('utf8') ?? '') as { readonly recipients?: readonly { readonly kid?: unknown }[] };
    return Array.isArray(recipients) ? recipients.map((one) => one?.kid) : [];
  } catch {
    return [];
  }
}
