/** The door of the room. */
export { durationText, HALF_HEAD, worstGrade, type AnchorView } from './grade.ts';
export { unknownSentence } from './newest.ts';
export { headOfNote } from './head.ts';
export { inspectAnchor, viewOf, type KeptAnchor } from './inspect.ts';
export { AnchorKeeper } from './keeper.ts';
export { readHeads } from './known.ts';
export { openAnchors } from './open.ts';
export { historyAt, historyOf, type History } from './relation.ts';
export type { AnchorGrade } from './types.ts';
export { AnchorUsage } from './kind.ts';
export { kindOf, kinds, type AnchorRow } from './kinds.ts';
export { networkAllows } from './fields.ts';
