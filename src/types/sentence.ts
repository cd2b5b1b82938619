/**
 * Errors that may be shown to people. Whatever else is thrown (by the system, by a library) has words that were not written
 * for them, and that may quote what it choked on: of such only the kind is told.
 */

/** The message is a sentence or two: what is wrong, where, what to do. It never holds a secret or pane text. */
export class SentenceError extends Error {}

/** What of an error may be said to a person. */
export function sentenceOf(error: unknown): string {
  if (error instanceof SentenceError) return error.message;
  return `Something went wrong that should not have (${kindOf(error)}). Please report it.`;
}

/** One word for what was thrown: a code, which is the system's own (ENOSPC), else the name of its class. */
export function kindOf(error: unknown): string {
  const { code, name } = (error ?? {}) as NodeJS.ErrnoException;
  return [code, name].find((word) => typeof word === 'string' && /^\w{1,40}$/.test(word)) ?? 'unknown';
}
