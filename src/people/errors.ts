/** Why the vault refuses. The message is a sentence for people and never says whether a person exists. */
import { SentenceError } from '../types/sentence.ts';
import type { UnlockFailure } from './types.ts';

export class UnlockError extends SentenceError {
  override name = 'UnlockError';
  readonly code: UnlockFailure;

  constructor(code: UnlockFailure, message: string) {
    super(message);
    this.code = code;
  }
}

/** The same words for an unknown person and for a wrong passphrase. */
export const wrongPassphrase = (): UnlockError => new UnlockError('wrong-passphrase', 'That did not open it. Check the passphrase and try again.');
