/** JSON files of ours: parsed strictly, with a sentence that names the file and the field. */
import type { z } from 'zod';
import { readSmall } from './atomic.ts';
import { StorageFault } from './fault.ts';
import { utf8Text } from './utf8.ts';
import { issueInWords } from './issue.ts';

/** One thing that is wrong with a file. */
export interface JsonFinding {
  /** Names with dots between them; empty for the whole. */
  readonly field: string;
  readonly path: readonly (string | number)[];
  /** From 1. */
  readonly line: number;
  /** Follows the name of the field. */
  readonly sentence: string;
}

/** What a file says, or everything that is wrong with it. `text`: why it is no JSON at all. */
export type JsonReading<T> =
  { readonly value: T } | { readonly text: string; readonly findings?: undefined } | { readonly text?: undefined; readonly findings: readonly JsonFinding[] };

/** No file of ours goes half as deep. What goes deeper costs seconds only to say where its fault is, and whoever can write a file holds an unlock up by it. */
const MOST_DEPTH = 64;

/** Whether lists and objects stand in each other that deep, in text that need not be JSON. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const { 0: token } of text.matchAll(/"(?:\\.|[^"\\])*"?|[[\]{}]/g)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    if (depth > MOST_DEPTH) return true;
  }
  return false;
}

/** Reads bytes as a schema has them, with every finding. */
export function readAsJson<T>(schema: z.ZodType<T>, bytes: Uint8Array): JsonReading<T> {
  // Some editors put a byte order mark in front of what people change with them.
  const text = utf8Text(bytes)?.replace(/^\uFEFF/, '');
  if (text === undefined) return { text: 'is not JSON in UTF-8' };
  if (isDeep(text)) return { text: `is nested more than ${MOST_DEPTH} deep` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { text: `is not JSON: ${placeOf(text, faultIn(text))}` };
  }
  const result = schema.safeParse(value, { error: issueInWords });
  if (result.success) return { value: result.data };
  return {
    findings: result.error.issues.map(({ path, message }) => ({
      field: path.map(String).join('.'),
      path: path.map((step) => (typeof step === 'number' ? step : String(step))),
      line: lineOf(text, path.map(String)),
      sentence: message,
    })),
  };
}

/**
 * Parses the bytes of a file.
 * @param advice what to do, a sentence, for example where a backup of the file may be.
 * @throws StorageFault with code `corrupt`, naming the path and the first wrong field.
 */
export function parseJson<T>(schema: z.ZodType<T>, bytes: Uint8Array, path: string, advice: string): T {
  const read = readAsJson(schema, bytes);
  if ('value' in read) return read.value;
  const [first] = read.findings ?? [];
  const what = first ? `is not valid at ${first.field || 'the top level'} (line ${first.line}): ${first.sentence}` : read.text;
  throw new StorageFault('corrupt', path, `${path} ${what}. It is left as it is. ${advice}`);
}

/** True where more text could still make JSON of it. V8 names the end of the text then, and never quotes it. */
function mayGoOn(prefix: string): boolean {
  try {
    JSON.parse(prefix);
    return true;
  } catch (error) {
    const { message } = error as SyntaxError;
    return message === 'Unexpected end of JSON input' || Number(/ at position (\d+)/.exec(message)?.[1]) === prefix.length;
  }
}

/** Index of the first character that JSON cannot have there; the length where only the end is missing. */
function faultIn(text: string): number {
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (mayGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

/** Line of what stands at a path of JSON, from 1; of the innermost part of it that is there, where a name is missing. */
function lineOf(text: string, path: readonly string[]): number {
  const containers: { readonly list: boolean; key: string }[] = [];
  let [best, line, index] = [0, 1, 0];
  let afterName = true;
  let found = 1;
  for (const { 0: token, index: at } of text.matchAll(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    line += text.slice(index, at).split('\n').length - 1;
    index = at;
    const inside = containers.at(-1);
    if (token === '}' || token === ']') containers.pop();
    else if (token === ',' && inside) {
      if (inside.list) inside.key = String(Number(inside.key) + 1);
      afterName = inside.list;
    } else if (token === ':') afterName = true;
    else if (!afterName && inside) inside.key = JSON.parse(token) as string;
    else {
      const here = containers.map(({ key }) => key);
      if (here.length >= best && here.every((key, depth) => key === path[depth])) {
        if (here.length === path.length) return line;
        best = here.length + 1;
        found = line;
      }
      if (token === '[') containers.push({ list: true, key: '0' });
      if (token === '{') containers.push({ list: false, key: '' });
      afterName = token !== '{';
    }
  }
  return found;
}

/** Where that is, for an editor; without the text itself, which may be anything. */
function placeOf(text: string, at: number): string {
  if (at >= text.length) return 'its end is missing';
  const before = text.slice(0, at).split('\n');
  return `line ${before.length}, column ${before.at(-1)!.length + 1} is wrong`;
}

/** Reads and parses; undefined where there is no file. @throws StorageFault */
export function readJson<T>(schema: z.ZodType<T>, path: string, advice: string): T | undefined {
  const bytes = readSmall(path);
  return bytes ? parseJson(schema, bytes, path, advice) : undefined;
}

/** Two spaces and a final newline: people read these files. */
export const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
