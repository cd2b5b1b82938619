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
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new StorageFault('corrupt', path, `${path} is not JSON in UTF-8. It is left as it is. ${advice}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') || 'the top level';
  throw new StorageFault('corrupt', path, `${path} is not valid at ${field}: ${issue?.message ?? 'unknown'}. It is left as it is. ${advice}`);
}

/** Reads and parses; undefined where there is no file. @throws StorageFault */
export function readJson<T>(schema: z.ZodType<T>, path: string, advice: string): T | undefined {
  const bytes = readSmall(path);
  return bytes ? parseJson(schema, bytes, path, advice) : undefined;
}

/** Two spaces and a final newline: people read these files. */
export const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
