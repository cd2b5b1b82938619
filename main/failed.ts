/** What a start that failed says on the terminal, and by its exit status: the same under every host. */
import { StorageFault } from '../src/disk/fault.ts';
import { sentenceOf } from '../src/types/sentence.ts';
import { FAILED, OTHER_INSTALLATION } from './exit.ts';
import { say } from './say.ts';

/** @returns the exit status */
export function failed(error: unknown): number {
  say(sentenceOf(error));
  return error instanceof StorageFault && error.code === 'identity' ? OTHER_INSTALLATION : FAILED;
}
