/** The door of the redaction room. */
export { covered, coveredLine } from './blocks.ts';
export { Redactor, type Mask, type PieceFinding } from './redactor.ts';
export { kinds, type Kind } from './recogniser.ts';
export { recognisers, RECOGNISERS_VERSION, standardKinds } from './table.ts';
