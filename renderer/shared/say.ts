/** What a screen reader is told; LiveRegions in parts.tsx puts it on the page. */
import { signal } from '@preact/signals';

export const polite = signal('');
export const assertive = signal('');

/** Says a sentence to a screen reader, once. */
export function say(sentence: string, urgent = false): void {
  (urgent ? assertive : polite).value = sentence;
}
