/**
 * JSON of which there is exactly one text. Everything that two readers must see alike is written so: no space, no second way
 * to write a number or a string, no member twice. Pure. docs/format.md, "JSON", is normative; verify.py has the same rules.
 */

/** Deeper values than any of ours, so that no reader's stack decides what a text means. */
const MAX_DEPTH = 8;
/** A member's name. One that looks like a number would change its place in ECMAScript. */
const NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
/** The text of a value that is written out: two spaces a level, and a line end. */
export function writtenOut(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The value of a text that is the one text of its value, as `write` makes it; undefined for any other. */
export function parseOneText(text: string, write: (value: unknown) => string = JSON.stringify): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (!isPlain(value, MAX_DEPTH) || write(value) !== text) return undefined;
  } catch {
    return undefined;
  }
  return value;
}

/** As parseOneText, for an object. */
export function parseOneObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  const value = text === undefined ? undefined : parseOneText(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

/** Names of ours, no half of a character, and no deeper than any reader goes. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth - 1));
  return Object.entries(value).every(([name, item]) => NAME.test(name) && isPlain(item, depth - 1));
}

/** An integer from 0 that a double holds exactly. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** True where the object has these members in this order, and no other. */
export function hasExactly(value: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  const own = Object.keys(value);
  return own.length === names.length && names.every((name, i) => own[i] === name);
}
