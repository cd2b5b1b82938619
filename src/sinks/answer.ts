/** Answers of collectors: they come from somebody else. Pure. */
import type { z } from 'zod';

/** A word of an answer, for a sentence of ours: short, and nothing of it acts in a terminal. */
export const wordOf = (text: string): string =>
  text
    .replace(/[^\w .,:-]/g, '?')
    .slice(0, 80)
    .trim();

/** Undefined where it is no JSON, or not of that form. */
export function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
