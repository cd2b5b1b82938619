/** Names that people give to windows and sessions: one short visible line. */
import type { Result } from './layout.ts';
import { filterPaste } from './paste.ts';

/** Longer names would push facts off the line. */
const maximumLength = 60;

/** Takes out control and invisible characters and trims. Empty and long names are refused. */
export function cleanName(text: string, what: string): Result<string> {
  const name = filterPaste(text).text.replace(/\s+/g, ' ').trim();
  if (name === '') return { ok: false, sentence: `A ${what}'s name cannot be empty.` };
  if ([...name].length > maximumLength) return { ok: false, sentence: `This name is too long: a ${what}'s name has ${maximumLength} characters at most.` };
  return { ok: true, value: name };
}

/** A colon or a dot would make targets ambiguous, so tmux and we write an underscore. */
export const cleanSessionName = (text: string): Result<string> => cleanName(text.replace(/[:.]/g, '_'), 'session');
