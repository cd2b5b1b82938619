/** What the recognisers found of a labelled corpus (docs/redaction.md). */
import { RECOGNISERS_VERSION, type Kind } from '../redaction/index.ts';
import { measured } from './measured.ts';

/** The part of what was marked that was withheld whole; null where it was not measured with this version of the table. */
export function recallOf(kind: Kind): number | null {
  const { version, recall }: { readonly version: string; readonly recall: Readonly<Partial<Record<Kind, number>>> } = measured;
  return version === RECOGNISERS_VERSION ? (recall[kind] ?? null) : null;
}
