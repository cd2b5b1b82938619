/** Where an export goes, and the sentences for where it cannot go. */
import { lstatSync } from 'node:fs';
import { isMissing, troubleOf } from '../disk/errno.ts';
import { ExportError } from './error.ts';

/** @throws ExportError */
export function refuseExisting(target: string): void {
  if (lstatSync(target, { throwIfNoEntry: false }))
    throw new ExportError('target-exists', `${target} exists already, and an export never overwrites anything: choose another name.`);
}

export function unwritable(target: string, error: unknown): ExportError {
  const trouble = troubleOf(error);
  const advice = isMissing(error)
    ? 'its parent folder is not there: make that first'
    : trouble
      ? `${trouble.is}: ${trouble.mend}`
      : 'choose a folder that you may write to';
  return new ExportError('target-unwritable', `The export cannot be written to ${target}: ${advice}. Nothing of it was left there.`, { cause: error });
}

/** What an export failed by, in words of its own where the system's would be told. */
export function exportFailure(recording: string, target: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'not-a-recipient')
    return new ExportError('not-a-recipient', `Recording ${recording} is not sealed to this key: only its owner or an audit key can open it.`, {
      cause: error,
    });
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? unwritable(target, error) : error;
}
