/** Marks inside of text that something else puts together (JSON, a table): two characters for private use around what is somebody's. */
import type { Writing } from '../document.ts';

const BEGIN = '\ue000';
const END = '\ue001';

export const of = (value: string): string => (value === '' ? '' : `${BEGIN}${value}${END}`);
export const widthOf = (text: string): number => text.length - (text.match(/[\ue000\ue001]/g)?.length ?? 0);
export const pad = (text: string, width: number, right = false): string => {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? blanks + text : text + blanks;
};

/** Writes text with marks. What is marked over several lines is marked in each. */
export function put(to: Writing, kind: string, text: string): Writing {
  for (const part of text.split(BEGIN)) {
    const end = part.indexOf(END);
    if (end === -1) to.put(part);
    else to.mark(kind, part.slice(0, end)).put(part.slice(end + 1));
  }
  return to;
}
