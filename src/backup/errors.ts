import { CodedError } from '../types/coded-error.ts';

export type BackupCode =
  /** The folder is none of ours, is of another installation, or is in the data folder. */
  | 'not-a-backup'
  /** What lies there is not what was signed for. */
  | 'damaged'
  /** The key opens none of it. */
  | 'not-a-recipient'
  /** Something went away while it was read. */
  | 'changed'
  /** Somebody outside knows more of the ledger than it has. */
  | 'older'
  | 'newer-version';

/** `message` says what is wrong, where, and what to do. */
export class BackupError extends CodedError<BackupCode> {
  override name = 'BackupError';
}
