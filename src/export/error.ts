import { CodedError } from '../types/coded-error.ts';

/** Why an export failed. The message never holds session text. */
export class ExportError extends CodedError<
  | 'half-key'
  | 'target-exists'
  | 'target-unwritable'
  | 'damaged'
  | 'not-in-ledger'
  | 'contradicted'
  | 'no-verifier'
  | 'not-a-recipient'
  | 'bad-trust'
  | 'bad-key'
  | 'bad-release'
  | 'too-large'
> {}
