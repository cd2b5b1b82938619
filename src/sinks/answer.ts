/** Answers of collectors: they come from somebody else. Pure. */
import type { z } from 'zod';

/** What a server that refuses whoever asks is said to do. */
export const NOT_LET_IN = 'does not let this workstation in: look at its token or certificate';

/** As it is, as a header shows it, and of `user:password` what is secret of it. */
const formsOf = (token: string): readonly string[] => [
  token,
  Buffer.from(token, 'utf8').toString('base64').replace(/=+$/, ''),
  ...(/:(.+)$/.exec(token)?.slice(1) ?? []),
];

/**
 * A word of an answer, for a sentence of ours: short, and nothing of it acts in a terminal.
 * @param tokens that the server was given: what repeats one is left out
 */
export function wordOf(text: string, ...tokens: readonly (string | undefined)[]): string {
  const lower = text.toLowerCase();
  const forms = tokens.flatMap((token) => (token === undefined ? [] : formsOf(token)));
  if (forms.some((form) => lower.includes(form.toLowerCase()))) return 'what it says repeats the token and is left out';
  return text
    .replace(/[^\w .,:-]/g, '?')
    .slice(0, 80)
    .trim();
}

/** Undefined where it is no JSON, or not of that form. */
export function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
