/** A recording, by the id that a person has typed: where it lies, and what the ledger says of it. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordingState } from '../ledger/rules.ts';
import { LedgerView } from '../ledger/view.ts';
import type { OpenInstallation } from '../services/installation/installation.ts';
import { deletionSentence } from '../services/recordings/life-cycle.ts';
import { RECORDING_ID } from '../types/ids.ts';
import { CliError } from './exit.ts';

/** The folder of a recording. @throws CliError 'noRecording', which says so where it was deleted */
export async function recordingFolder({ home, noteKey }: OpenInstallation, id: string): Promise<string> {
  const folder = join(home.recordings, id);
  const isId = RECORDING_ID.test(id);
  if (isId && lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  const view = isId ? await LedgerView.open(home.ledger, noteKey) : undefined;
  try {
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
