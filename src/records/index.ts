/** The door of the room that compares recordings with the ledger. */
export { glanceAt } from './glance.ts';
export { goesOn } from './goes-on.ts';
export { enterLiveDamage, isDamage } from './live-damage.ts';
export { checkRecording, proofText, recordsText, type Asked } from './prove.ts';
export { recoverRecordings, settledInShort, type Settlement } from './recover.ts';
