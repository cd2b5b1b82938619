/** The door of the room that compares recordings with the ledger. */
export { glanceAt, type Glance } from './glance.ts';
export { enterLiveDamage, isDamage } from './live-damage.ts';
export type { ContradictionCode, Judgement } from './judge.ts';
export { checkRecording, proofText, recordsText, type Asked, type Proof } from './prove.ts';
export { recoverRecordings, settledInShort, type Recoverer, type Settlement } from './recover.ts';
