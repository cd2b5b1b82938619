/** One kind of error for everything on disk. */
import { CodedError } from '../types/coded-error.ts';

export type StorageCode =
  | 'not-initialised'
  | 'already-initialised'
  | 'incomplete'
  | 'exists'
  | 'busy'
  | 'missing'
  | 'corrupt'
  /** Two things that were signed for say different things. */
  | 'contradiction'
  | 'unsafe-permissions'
  | 'not-a-folder'
  | 'read-only'
  | 'disk-full'
  | 'denied'
  | 'secret-store'
  | 'identity'
  /** The account knows another installation in this folder. */
  | 'pinned'
  | 'io';

/** `message` says what is wrong, where, and what to do. It never holds a secret or pane text. */
export class StorageFault extends CodedError<StorageCode> {
  readonly path: string;

  constructor(code: StorageCode, path: string, message: string) {
    super(code, message);
    this.path = path;
  }
}
