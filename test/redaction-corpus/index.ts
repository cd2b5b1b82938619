/**
 * A labelled corpus for the recognisers, made from a seed and apart from their rules: it knows nothing of `src/redaction`, and what is somebody's is marked
 * where it is written.
 */
import { Chance } from './random.ts';
import { forms } from './forms.ts';
import type { CorpusDocument } from './document.ts';

export { ordinary } from './ordinary.ts';
export type { CorpusDocument, Gold } from './document.ts';

export function corpusOf(seed: number, documents: number): CorpusDocument[] {
  const chance = new Chance(seed);
  return Array.from({ length: documents }, (_, n) => forms[n % forms.length]!(chance));
}
