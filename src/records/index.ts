/** The door of the room that compares recordings with the ledger. */
export { judge, knownOf, sizesOf, type ContradictionCode, type Judgement, type Known } from './judge.ts';
export { recoverRecordings, type Settlement } from './recover.ts';
