/** What of an error may be said to a person: our own errors are sentences. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.';
}
