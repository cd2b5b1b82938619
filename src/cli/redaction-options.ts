/** Options that say what is withheld. */
import { RECORDING_ID } from '../types/ids.ts';
import { lengthUs } from '../types/length.ts';
import { kinds as allKinds, type Kind } from '../redaction/index.ts';
import type { Released, Span } from '../export/disclosure.ts';
import { CliError } from './exit.ts';
import { moment } from './options.ts';

/** @returns none for `none`. @throws CliError */
export function chosenKinds(text: string, standard: readonly Kind[]): readonly Kind[] {
  if (text === 'default') return standard;
  if (text === 'none') return [];
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(allKinds as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new CliError(
      'usage',
      `--redact has what is no kind: ${JSON.stringify(unknown[0]!.slice(0, 40))}. It takes default, none, or some of ${allKinds.join(', ')}. Nothing was exported.`,
    );
  return allKinds.filter((kind) => names.includes(kind));
}

/** Microseconds since the recording's start. @param begun of the recording, as its id says: moments are counted from there. @throws CliError */
function place(option: string, text: string, id: string | undefined): number {
  const length = lengthUs(text);
  if (length !== undefined) return length;
  let at: number | undefined;
  try {
    if (text.includes('T')) at = moment(text);
  } catch {
    // The sentence below says more.
  }
  if (at === undefined || id === undefined || !RECORDING_ID.test(id))
    throw new CliError(
      'usage',
      `${option} ${JSON.stringify(text.slice(0, 40))} is no time in a recording. Give h:mm:ss since its start, seconds, or a moment as 2026-11-28T14:00:00Z.`,
    );
  const begun = Date.parse(id.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d).*$/, '$1-$2-$3T$4:$5:$6Z'));
  return Math.max(0, (at - begun) * 1000);
}

/** @throws CliError */
export function span({ from, to }: { readonly from?: string; readonly to?: string }, id?: string): Span {
  const fromUs = from === undefined ? undefined : place('--from', from, id);
  const toUs = to === undefined ? undefined : place('--to', to, id);
  if (fromUs !== undefined && toUs !== undefined && fromUs > toUs)
    throw new CliError('usage', '--from is after --to: nothing would be left. Nothing was exported.');
  return { fromUs, toUs };
}

/** @param given each as `PIECE=REASON`. @throws CliError */
export function releasedBy(given: readonly string[]): Released {
  const released = new Map<string, string>();
  for (const one of given) {
    const [, place, reason] = /^(\d{1,15}\.\d{1,9})=(.+)$/su.exec(one) ?? [];
    if (place === undefined || reason === undefined)
      throw new CliError(
        'usage',
        `--release ${JSON.stringify(one.slice(0, 40))} is no PIECE=REASON: a piece as wardmux redact preview names it (12.0), and why it goes out. Nothing was exported.`,
      );
    released.set(place, reason);
  }
  return released;
}
