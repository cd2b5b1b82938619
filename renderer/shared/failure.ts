/** What a person reads where something that was asked for did not come. */
import { NotTaken } from './enrol-passkey.ts';
import { PasskeyUnused } from './passkey.ts';
import { refusalWords } from './refusal-words.ts';

/** @param cancelled the sentence for a passkey that was not used */
export const failureWords = (reason: unknown, cancelled: string): string =>
  reason instanceof PasskeyUnused ? cancelled : reason instanceof NotTaken ? reason.message : refusalWords(reason);
