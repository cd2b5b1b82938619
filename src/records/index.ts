/** The door of the room that compares recordings with the ledger. */
export { glanceAt, type Glance } from './glance.ts';
export { judge, knownOf, sizesOf, type ContradictionCode, type Judgement, type Known } from './judge.ts';
export { proofText, proveRecording, type Asked, type Proof } from './prove.ts';
export { recoverRecordings, type Settlement } from './recover.ts';
