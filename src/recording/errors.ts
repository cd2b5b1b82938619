/** Errors of this room. The message never holds pane text. */
import { CodedError } from '../types/coded-error.ts';
import type { FrameFault } from './types.ts';

export type RecordingErrorCode =
  | FrameFault['code']
  /** A write or a sync failed; the recording has stopped. */
  | 'write-failed'
  /** Less free space than the policy's reserve: no new recording begins. */
  | 'disk-reserve'
  /** Something was appended after the end. */
  | 'ended'
  /** The key is none of the recording's recipients. */
  | 'not-a-recipient'
  | 'bad-recipient'
  | 'bad-key-file'
  /** There is no recording here. */
  | 'not-a-recording'
  /** A file is there and the system refuses to read it. */
  | 'unreadable'
  /** The files are another recording than the one that was written, however well they are made. */
  | 'not-as-written'
  /** It is being written by a running process. */
  | 'live';

export class RecordingError extends CodedError<RecordingErrorCode> {}
