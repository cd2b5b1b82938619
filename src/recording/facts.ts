/**
 * What the events of a recording hold that are not terminal text. Strict: each has exactly one text. Pure.
 * docs/format.md, "Events", is normative.
 */
import { PERSON_ID } from '../types/ids.ts';
import { endReasons, reasons, roles } from '../types/words.ts';
import { BREAK_GLASS } from './access.ts';
import { hasExactly, isCount, parseOneObject } from './json.ts';
import { utf8Text } from '../disk/utf8.ts';
import type { EventCode, StartInfo } from './types.ts';

/** Columns or rows of a terminal at most, as the pty host takes them. */
const MAX_CELLS = 2000;

const isWord = (value: unknown): boolean => typeof value === 'string' && /^[a-z][a-z0-9-]{0,31}$/.test(value);
const isCells = (value: unknown): boolean => isCount(value) && value >= 1 && value <= MAX_CELLS;
const isOneOf = (list: readonly string[]) => (value: unknown) => typeof value === 'string' && list.includes(value);
const isPattern = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);
const isString = (value: unknown): boolean => typeof value === 'string';

/** Members, in their order, of the events whose data are an object. */
const objects: Readonly<Partial<Record<EventCode, Readonly<Record<string, (value: unknown) => boolean>>>>> = {
  s: {
    command: (value) => Array.isArray(value) && value.length > 0 && value.every(isString),
    cwd: isString,
    cols: isCells,
    rows: isCells,
    term: isString,
    version: isPattern(/^[0-9A-Za-z.+-]{1,40}$/),
  },
  l: { cause: isWord },
  u: {
    person: isPattern(PERSON_ID),
    method: isWord,
    role: isOneOf(roles),
    reason: isOneOf(reasons),
    breakGlass: (value) => value === null || isPattern(BREAK_GLASS)(value),
  },
  g: { bytes: isCount, reason: isWord },
  x: { code: Number.isSafeInteger, signal: Number.isSafeInteger },
  e: { reason: isOneOf(endReasons) },
};

function readObject(code: EventCode, data: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const members = objects[code]!;
  const value = parseOneObject(utf8Text(data));
  return value && hasExactly(value, Object.keys(members)) && Object.entries(members).every(([name, good]) => good(value[name])) ? value : undefined;
}

/** The data of a start event, or undefined where they are not as the page says. */
export function readStart(data: Uint8Array): StartInfo | undefined {
  return readObject('s', data) as StartInfo | undefined;
}

/** The reason of an end event, likewise. */
export function readEndReason(data: Uint8Array): string | undefined {
  return readObject('e', data)?.['reason'] as string | undefined;
}

const SIZE = /^([1-9]\d{0,3})x([1-9]\d{0,3})$/;

/** Whether the data of an event that may be disclosed are as the page says. */
export function isEventData(code: EventCode, data: Uint8Array): boolean {
  if (code === 'o' || code === 'i') return data.length > 0;
  if (code === 'm') return data.length > 0 && utf8Text(data) !== undefined;
  if (code === 'r') {
    const size = SIZE.exec(Buffer.from(data).toString('latin1'));
    return size !== null && Number(size[1]) <= MAX_CELLS && Number(size[2]) <= MAX_CELLS;
  }
  return objects[code] !== undefined && readObject(code, data) !== undefined;
}
