/** Why an identity is not opened. The message never says whether a person exists. */
import { CodedError } from '../types/coded-error.ts';
import type { UnlockFailure } from './types.ts';

export class UnlockError extends CodedError<UnlockFailure> {}

/** The same words for an unknown person and for a wrong passphrase. */
export const wrongPassphrase = (): UnlockError => new UnlockError('wrong-passphrase', 'That did not open it. Check the passphrase and try again.');
