/** JSON files of ours: parsed strictly, with a sentence that names the file and the field. */
import type { z } from 'zod';
import { readSmall } from './atomic.ts';
import { StorageFault } from './fault.ts';
import { utf8Text } from './utf8.ts';
import { issueInWords } from './issue.ts';

/**
 * Parses the bytes of a file.
 * @param advice what to do, a sentence, for example where a backup of the file may be.
 * @throws StorageFault with code `corrupt`, naming the path and the first wrong field.
 */
export function parseJson<T>(schema: z.ZodType<T>, bytes: Uint8Array, path: string, advice: string): T {
  // Some editors put a byte order mark in front of what people change with them.
  const text = utf8Text(bytes)?.replace(/^\uFEFF/, '');
  if (text === undefined) throw new StorageFault('corrupt', path, `${path} is not JSON in UTF-8. It is left as it is. ${advice}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StorageFault('corrupt', path, `${path} is not JSON: ${placeOf(text, faultIn(text))}. It is left as it is. ${advice}`);
  }
  const result = schema.safeParse(value, { error: issueInWords });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') || 'the top level';
  const line = lineOf(text, issue?.path.map(String) ?? []);
  throw new StorageFault(
    'corrupt',
    path,
    `${path} is not valid at ${field} (line ${line}): ${issue?.message ?? 'is not valid'}. It is left as it is. ${advice}`,
  );
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
