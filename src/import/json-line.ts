/** One line of a file that should be JSON: bounded in length and depth before anything is made of it. Pure. */
import { utf8Text } from '../disk/utf8.ts';
import type { Line } from './pull.ts';

/** Of a line. Recorders write some KiB. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** Of arrays and objects in each other: a theme in a header of asciinema is three. */
const MAX_DEPTH = 8;

/** Why a line is not what it should be: goes behind "Line N". */
export type LineFault = 'is not UTF-8' | 'is not JSON' | `has JSON deeper than ${number}`;

/** @returns the value, or why there is none. */
export function jsonOf({ bytes }: Line): { readonly value: unknown } | { readonly fault: LineFault } {
  const text = utf8Text(bytes);
  if (text === undefined) return { fault: 'is not UTF-8' };
  if (isDeep(text)) return { fault: `has JSON deeper than ${MAX_DEPTH}` };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { fault: 'is not JSON' };
  }
}

/** The members of an object; undefined for anything else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const opens = new Set([0x5b, 0x7b]);
const closes = new Set([0x5d, 0x7d]);

/** Counts brackets outside of strings: a parser would make an object of each before it could be asked. */
function isDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === BACKSLASH) at++;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) inString = true;
    else if (opens.has(unit) && ++depth > MAX_DEPTH) return true;
    else if (closes.has(unit)) depth--;
  }
  return false;
}
