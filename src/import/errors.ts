/** Errors of this room. The message never holds text of the file: it may be anything. */
import { CodedError } from '../types/coded-error.ts';

export type ImportErrorCode =
  /** It is not a file of the format, or of none that is known. */
  | 'not-the-format'
  /** It is of the format, and no reader of ours takes that much of it. */
  | 'too-much'
  /** A part that belongs to it was not given. */
  | 'incomplete';

export class ImportError extends CodedError<ImportErrorCode> {}

/** @param where as `Line 3`. @param why goes behind it, without a stop. */
export const notTheFormat = (format: string, where: string, why: string): ImportError =>
  new ImportError('not-the-format', `This is not ${format}: ${where} ${why}. Nothing was imported.`);

/** @param what is too much, a sentence without its stop. */
export const tooMuch = (what: string): ImportError => new ImportError('too-much', `${what}. Nothing was imported.`);
