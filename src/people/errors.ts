/** Why an identity is not opened. The message never says whether a person exists. */
import { CodedError } from '../types/coded-error.ts';
import type { UnlockFailure } from './types.ts';

export class UnlockError extends CodedError<UnlockFailure> {}

/** For somebody who has shown that it is them: nobody else hears it. Who lifts it, whoever knows the ledger adds (attempt.ts). */
export const personStopped = (): UnlockError =>
  new UnlockError(
    'person-stopped',
    'What you gave is right, and nothing was opened: you were stopped here. Another security admin than who did it lifts that.',
  );

/** The same words for an unknown person and for a wrong passphrase. */
export const wrongPassphrase = (): UnlockError => new UnlockError('wrong-passphrase', 'That did not open it. Check the passphrase and try again.');
