/** A recording, by the id that a person has typed: where it lies, and what the ledger says of it. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordingState } from '../ledger/rules.ts';
import { LedgerView } from '../ledger/view.ts';
import { goesOn } from '../records/index.ts';
import type { Searchable } from '../review/search-recordings.ts';
import type { OpenInstallation } from '../services/installation/installation.ts';
import { erasureFault } from '../services/recordings/erased.ts';
import { deletionSentence } from '../services/recordings/life-cycle.ts';
import { RECORDING_ID } from '../types/ids.ts';
import { CliError } from './exit.ts';

/** The folder of a recording. @throws CliError 'noRecording', which says so where it was deleted; 'contradiction' where it has what was erased */
export async function recordingFolder({ home, noteKey }: OpenInstallation, id: string): Promise<string> {
  const folder = join(home.recordings, id);
  const isId = RECORDING_ID.test(id);
  const there = isId && lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  const view = isId ? await LedgerView.open(home.ledger, noteKey) : undefined;
  try {
    if (there) {
      const fault = view && (await erasureFault(folder, view, id));
      if (fault !== undefined) throw new CliError('contradiction', fault);
      return folder;
    }
    const deleted = (await view?.recording(id))?.deleted ? deletionSentence(id, await view!.eventsOf(id)) : undefined;
    throw new CliError('noRecording', deleted ?? `There is no recording ${JSON.stringify(id.slice(0, 60))} in ${home.recordings}. See: wardmux list`);
  } finally {
    view?.close();
  }
}

/** What the ledger says of a recording. Undefined where it knows nothing. @throws LedgerError */
export async function ledgerStateOf({ home, noteKey }: Pick<OpenInstallation, 'home' | 'noteKey'>, id: string): Promise<RecordingState | undefined> {
  const view = await LedgerView.open(home.ledger, noteKey);
  return view?.recording(id).finally(() => view.close());
}

/** Of recordings that are looked into all at once: where they lie, but those that have something that was erased, of which a sentence each is told. */
export async function searchable(
  { home, noteKey }: OpenInstallation,
  recordings: readonly { readonly id: string }[],
  tell: (sentence: string) => void,
): Promise<Searchable[]> {
  const view = await LedgerView.open(home.ledger, noteKey);
  try {
    const found: Searchable[] = [];
    for (const { id } of recordings) {
      const folder = join(home.recordings, id);
      const fault = view && (await erasureFault(folder, view, id));
      if (fault === undefined) found.push({ id, folder, live: goesOn(folder, await view?.recording(id)) });
      else tell(fault);
    }
    return found;
  } finally {
    view?.close();
  }
}
