/** The door of the room. */
export { AnchorError, type AnchorFailureCode } from './errors.ts';
export { markDrop } from './file-drop.ts';
export { durationText, worstGrade } from './grade.ts';
export { unknownSentence } from './file-drop.ts';
export { HALF_HEAD } from './grade.ts';
export { headOfNote } from './head.ts';
export { inspectAnchor, viewOf, type KeptAnchor } from './inspect.ts';
export { AnchorKeeper } from './keeper.ts';
export { knownHeads, readHeads, type KnownHead } from './known.ts';
export { openAnchors } from './open.ts';
export { headsOf, keptHead, lookOutside, openLedger, rotationEntry } from './outside.ts';
export { contradicts, historyAt, historyOf, type History } from './relation.ts';
export type { AnchorGrade, AnchorView, Channel } from './types.ts';
