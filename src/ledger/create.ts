/** A ledger's first files, each next head of it, and the refusal of one that does not extend what is kept outside. */
import { emptyRoot } from '../merkle/tree.ts';
import { writeAtomic } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import { systemError } from './disk.ts';
import { LedgerError, restoreAdvice } from './errors.ts';
import type { LedgerPaths } from './files.ts';
import { EMPTY_CHAIN, HEAD_BYTES, signHead, slotOf, type SignedHead } from './head.ts';
import type { NoteKey } from './note.ts';
import type { KnownHeads, OutsideHead } from './types.ts';
import type { InstallationSigner } from '../crypto/signer.ts';

export function diverged(folder: string, { source, size, time }: OutsideHead): LedgerError {
  return new LedgerError(
    'diverged',
    `The ledger in ${folder} does not extend its head of ${size} events (${time}) that is kept in ${source}: it was cut, set back to an older copy, or rewritten. Nothing is signed. ${restoreAdvice(folder)}`,
  );
}

/** The head that follows `facts`: the next generation, signed now. */
export function nextHead(facts: SignedHead, key: NoteKey, signer: InstallationSigner, clock: () => number): Promise<SignedHead> {
  return signHead({ ...facts, generation: facts.generation + 1, time: new Date(clock()).toISOString() }, key, (bytes) => signer.sign(bytes));
}

export interface LedgerOptions {
  /** The ledger's folder, absolute. Made with mode 0700 when it is missing. */
  readonly folder: string;
  readonly installation: string;
  readonly signer: InstallationSigner;
  /** The signer's key, with those that it replaced. Default: the signer's alone. */
  readonly key?: NoteKey;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly clock?: () => number;
  /** Microseconds of a monotonic clock. Default: the system's. */
  readonly mono?: () => number;
  /** Heads that are kept outside. The ledger has to extend every one of them, and its checkpoints are kept there. */
  readonly outside?: KnownHeads;
}

/** The files of a new ledger: the head first, because a ledger without one is a ledger whose head was removed. Holds the lock. */
export async function makeLedger({ folder, signer, clock = Date.now }: LedgerOptions, key: NoteKey, paths: LedgerPaths): Promise<void> {
  try {
    const tree = { size: 0, root: emptyRoot().toString('hex') };
    const head = await signHead({ tree, generation: 0, checkpoints: EMPTY_CHAIN, time: new Date(clock()).toISOString() }, key, (bytes) => signer.sign(bytes));
    const { bytes } = slotOf(head);
    writeAtomic(paths.head, Buffer.concat([bytes, Buffer.alloc(HEAD_BYTES - bytes.length)]));
  } catch (error) {
    if (error instanceof StorageFault) throw new LedgerError('write-failed', error.message, { cause: error });
    throw systemError('write-failed', `The ledger in ${folder} cannot be written`, error);
  }
}
