/** A command for the windows of a running app: how long it may be, and what a proof that it is given by who is in (src/proof) is over. */
import { hash } from 'node:crypto';
import type { ProofContext } from '../proof/proof.ts';

/** Characters of its words as JSON: with the proof they have room in a line of the socket (listen.ts). */
export const MOST_WORDS = 3000;

/** The words as they were given, after the program's name. Whoever passes them on cannot change one. */
export function commandProof(person: string, words: readonly string[]): ProofContext {
  return { purpose: 'command', person, page: hash('sha256', JSON.stringify(words), 'buffer'), peer: new Uint8Array() };
}
