/**
 * What somebody writes who breaks the glass can name a patient: it is sealed to the audit keys of the policy in force, and the ledger has the digest of
 * the file alone. Nobody at the workstation reads it back, those who wrote it among them.
 */
import { sealedWords } from '../recording/sealed-words.ts';

/** Bound to the id of the emergency. */
const words = sealedWords('emergency-words');
export const sealWords = words.seal;
export const lookAtWords = words.look;
export const wordsDigest = words.digest;
