/** JSON files of ours: parsed strictly, with a sentence that names the file and the field. */
import type { z } from 'zod';
import { readSmall } from './atomic.ts';
import { StorageFault } from './fault.ts';

/**
 * Parses the bytes of a file.
 * @param advice what to do, a sentence, for example where a backup of the file may be.
 * @throws StorageFault with code `corrupt`, naming the path and the first wrong field.
 */
export function parseJson<T>(schema: z.ZodType<T>, bytes: Uint8Array, path: string, advice: string): T {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new StorageFault('corrupt', path, `${path} is not JSON in UTF-8. It is left as it is. ${advice}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StorageFault('corrupt', path, `${path} is not JSON: ${placeOf(text, faultIn(text))}. It is left as it is. ${advice}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') || 'the top level';
  throw new StorageFault('corrupt', path, `${path} is not valid at ${field}: ${issue?.message ?? 'unknown'}. It is left as it is. ${advice}`);
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
