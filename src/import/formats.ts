/** The table of formats: what `wardmux import --format` takes, and how one is found where nobody says. */
import { asciicast } from './asciicast.ts';
import { ImportError } from './errors.ts';
import { script } from './script.ts';
import { tlog } from './tlog.ts';
import { ttyrec } from './ttyrec.ts';
import type { ImportFormatRow } from './types.ts';

export const importFormats: readonly ImportFormatRow[] = [asciicast, script, ttyrec, tlog];

/** So much of a file is looked at to find its format. */
export const LOOK_BYTES = 64 * 1024;

/** The format of a file that begins so. @throws ImportError where it may be of none, or of several. */
export function formatOf(first: Uint8Array): ImportFormatRow {
  if (first.length === 0) throw new ImportError('not-the-format', 'The file is empty. Nothing was imported.');
  const found = importFormats.filter(({ looksLike }) => looksLike(first));
  const [one] = found;
  if (one && found.length === 1) return one;
  const names = (one ? found : importFormats).map(({ name }) => name).join(', ');
  throw new ImportError(
    'not-the-format',
    one
      ? `The file may be of several formats: say which with --format (${names}).`
      : `The file is of no format that is read here (${names}). Nothing was imported.`,
  );
}
