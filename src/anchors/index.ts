/** The door of the room. */
export { durationText, worstGrade } from './grade.ts';
export { unknownSentence } from './file-drop.ts';
export { HALF_HEAD } from './grade.ts';
export { headOfNote } from './head.ts';
export { inspectAnchor, viewOf, type KeptAnchor } from './inspect.ts';
export { AnchorKeeper } from './keeper.ts';
export { readHeads } from './known.ts';
export { openAnchors } from './open.ts';
export { historyAt, historyOf, type History } from './relation.ts';
export type { AnchorGrade, AnchorView } from './types.ts';
export { AnchorUsage } from './kind.ts';
export { kindOf, kinds, type AnchorRow } from './kinds.ts';
export { networkAllows } from './fields.ts';
