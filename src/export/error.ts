import { SentenceError } from '../types/sentence.ts';

/** Why an export failed. */
export type ExportErrorCode =
  'half-key' | 'target-exists' | 'target-unwritable' | 'damaged' | 'not-in-ledger' | 'contradicted' | 'no-verifier' | 'not-a-recipient' | 'bad-trust';

/** `message` is one sentence for people; it never holds session text. */
export class ExportError extends SentenceError {
  readonly code: ExportErrorCode;

  constructor(code: ExportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExportError';
    this.code = code;
  }
}
