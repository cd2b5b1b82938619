/** Reading and verifying a ledger without changing it. Needs the public key only. */
import { closeSync, lstatSync } from 'node:fs';
import { leafHash, MerkleTree } from '../merkle/tree.ts';
import type { TreeHead } from '../types/head.ts';
import { decodeLine } from './events.ts';
import { LedgerError } from './errors.ts';
import { openPlain } from '../disk/plain.ts';
import { atOnce, countLines, gently, ledgerPaths, MAX_BEYOND_BYTES, passInSteps, type InSteps, type LedgerPaths } from './files.ts';
import { EMPTY_CHAIN, HEAD_BYTES, isAhead, nextChain, readHead, type HeadReading, type SignedHead } from './head.ts';
import { isChainOf, NO_CHAIN, nextChainOfKeys } from './key-chain.ts';
import { bordersOf, openCheckpointLine, type NoteKey, type SecondSignature } from './note.ts';
import { RecordingStates } from './rules.ts';
import type { LedgerEvent, SignedCheckpoint } from './types.ts';

/** What can be wrong with a ledger. Stable: these codes go into --json. */
export const ledgerFaultCodes = [
  'no-head',
  'bad-head',
  'bad-line',
  'foreign-line',
  'bad-sequence',
  'contradiction',
  'root-mismatch',
  'other-keys',
  'bad-signature',
  'bad-order',
  'bad-checkpoints',
  'cut',
  'set-back',
  'unvouched',
] as const;
export type LedgerFaultCode = (typeof ledgerFaultCodes)[number];

export interface LedgerFault {
  readonly code: LedgerFaultCode;
  readonly file: string;
  /** From 1; 0 where it is about the whole file. */
  readonly line: number;
  /** One sentence for people. */
  readonly message: string;
}

/** What a file holds beyond what the head vouches for. */
export interface Beyond {
  readonly lines: number;
  readonly bytes: number;
}

export interface LedgerReading {
  /** Whole events that the head vouches for. */
  readonly events: number;
  readonly tree: MerkleTree;
  /** Undefined where there is none that is good. */
  readonly head: SignedHead | undefined;
  readonly checkpoints: number;
  /** The last checkpoint with a good signature. `second`: what became of its other half. */
  readonly last: (SignedCheckpoint & { readonly time: string | undefined; readonly second: SecondSignature }) | undefined;
  /** Events under the newest checkpoint that every half of its key signed; 0 where there is none. */
  readonly whole: number;
  /** What stands after what the head vouches for: an append that is under way, one that was interrupted, or what somebody else added. */
  readonly unvouched: { readonly events: Beyond; readonly checkpoints: Beyond };
  /** A slot of the head is neither empty nor the head before this one. */
  readonly damagedSlot: boolean;
  /** Checkpoints that lack the second signature although the key that signed them has two halves: by a runtime without ML-DSA-44, or by whoever has or forges Ed25519 alone. */
  readonly halfSigned: readonly { readonly size: number; readonly line: number }[];
  /** Offsets after the last vouched line of each file. */
  readonly end: { readonly events: number; readonly checkpoints: number };
  readonly states: RecordingStates;
  /** Empty: good. In the order in which they were found; reading stops at the first fault in the events. */
  readonly faults: readonly LedgerFault[];
}

export interface ReadOptions {
  /** Called for each good event, with its line as stored, where that begins, and its leaf hash. The line is only good during the call. */
  /** `states`: of recordings, by this event and those before it. */
  readonly onEvent?: (event: LedgerEvent, line: Buffer, offset: number, leaf: Buffer, states: RecordingStates) => void;
  /** `last` checks one checkpoint's signature only: what a start of the app can afford. All roots are compared either way. */
  readonly signatures?: 'all' | 'last';
}

type Checkpoint = SignedCheckpoint & { readonly time: string | undefined; readonly second: SecondSignature; readonly line: number };
type Fault = (code: LedgerFaultCode, file: string, line: number, message: string) => void;

const NOTHING: Beyond = { lines: 0, bytes: 0 };

/** True where a folder has no file of a ledger: nothing was ever written there, or all of it was removed. */
export function isNew(folder: string): boolean {
  const { events, checkpoints, head } = ledgerPaths(folder);
  return [events, checkpoints, head].every((path) => !lstatSync(path, { throwIfNoEntry: false }));
}

/**
 * Reads a ledger and checks it against its head and its checkpoints. A missing ledger reads as an empty one.
 * @param key the installation's note key; its name is the ledger's origin.
 * @throws LedgerError 'unreadable' when the files cannot be read.
 */
export const readLedger = (folder: string, key: NoteKey, options: ReadOptions = {}): LedgerReading => atOnce(readInSteps(folder, key, options));

/** As readLedger, with a break after each block: for a process in which others wait. */
export const readLedgerGently = (folder: string, key: NoteKey, options: ReadOptions = {}): Promise<LedgerReading> => gently(readInSteps(folder, key, options));

function* readInSteps(folder: string, key: NoteKey, options: ReadOptions): InSteps<LedgerReading> {
  const paths = ledgerPaths(folder);
  const faults: LedgerFault[] = [];
  const fault: Fault = (code, file, line, message) => void faults.push({ code, file, line, message });
  try {
    // Before the files that it vouches for: what is appended meanwhile stands beyond it, and is told as that.
    const found: HeadReading = isNew(folder) ? { kind: 'missing' } : readHead(paths.head, key);
    const head = found.kind === 'good' ? found.head : undefined;
    const damagedSlot = found.kind === 'good' && found.damaged;
    if (found.kind === 'missing' && !isNew(folder))
      fault('no-head', paths.head, 0, `${paths.head} is missing: nothing says which events of ${folder} its key vouched for.`);
    if (found.kind === 'bad') fault('bad-head', paths.head, 0, `${paths.head} is damaged: ${found.why}.`);
    const marks = yield* readCheckpoints(paths, key, head, options.signatures ?? 'all', fault);
    const { tree, states, ...pass } = yield* readEvents(
      paths,
      key,
      head,
      found.kind === 'good' ? found.previous : undefined,
      marks.checkpoints,
      options,
      fault,
    );
    const beyond = (file: string, { lines, bytes }: Beyond): void => {
      if (bytes > 0 && head)
        fault(
          'unvouched',
          file,
          lines,
          bytes > MAX_BEYOND_BYTES
            ? `${file} has ${bytes} bytes after what this installation vouched for, more than any append that was interrupted leaves: somebody else made it longer. The next start moves the first ${MAX_BEYOND_BYTES} of them aside (${lines} lines), removes the rest and enters that.`
            : `${file} has ${lines} lines (${bytes} bytes) after what this installation vouched for: an append that was interrupted, or bytes of somebody else. The next start moves them aside and enters that.`,
        );
    };
    if (damagedSlot)
      fault(
        'unvouched',
        paths.head,
        0,
        `One of the two copies in ${paths.head} is damaged (${HEAD_BYTES / 2} bytes): a write that was interrupted, or somebody else changed it. The next start moves it aside and enters that.`,
      );
    beyond(paths.events, pass.beyond);
    beyond(paths.checkpoints, marks.beyond);
    return {
      events: tree.size,
      tree,
      head,
      checkpoints: marks.checkpoints.length,
      last: marks.checkpoints.at(-1),
      whole: marks.checkpoints.findLast(({ second }) => second !== 'missing')?.head.size ?? 0,
      halfSigned: marks.checkpoints.filter(({ second }) => second === 'missing').map(({ head: { size }, line }) => ({ size, line })),
      unvouched: { events: pass.beyond, checkpoints: marks.beyond },
      damagedSlot,
      end: { events: pass.end, checkpoints: head?.checkpoints.bytes ?? 0 },
      states,
      faults,
    };
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new LedgerError('unreadable', `The ledger in ${folder} cannot be read (${code ?? message}). Check the rights and the disk; nothing was changed.`, {
      cause: error,
    });
  }
}

/** Reads the events that the head vouches for. Without a head, all of them: what they hold can still be looked at. */
function* readEvents(
  { events: path }: LedgerPaths,
  key: NoteKey,
  head: SignedHead | undefined,
  previous: SignedHead | undefined,
  checkpoints: readonly Checkpoint[],
  options: ReadOptions,
  fault: Fault,
): InSteps<{ tree: MerkleTree; states: RecordingStates; end: number; beyond: Beyond }> {
  const installation = key.name.split('/')[1];
  const tree = new MerkleTree();
  const states = new RecordingStates();
  const limit = head?.tree.size ?? Infinity;
  const borders = bordersOf(key);
  let chain = NO_CHAIN;
  let next = 0;
  let stopped = false;
  const differs = (signed: TreeHead, who: string): void => {
    if (signed.size === tree.size && signed.root !== tree.head().root)
      fault('root-mismatch', path, signed.size, `The first ${signed.size} events of ${path} are not those that ${who} vouches for.`);
  };
  const compare = (): void => {
    for (; next < checkpoints.length && checkpoints[next]!.head.size <= tree.size; next++)
      differs(checkpoints[next]!.head, `checkpoint ${checkpoints[next]!.line}`);
    if (previous) differs(previous.tree, 'the head before the last one');
    for (const border of borders) differs(border, 'the key that came after the one of then');
  };
  compare();
  const fd = openPlain(path);
  let end = 0;
  let beyond = NOTHING;
  try {
    if (fd !== undefined) {
      const pass = yield* passInSteps(fd, 0, (line, offset) => {
        if (stopped || tree.size === limit) return false;
        const found = decodeLine(line);
        const event = found?.event;
        const at = tree.size + 1;
        const bad = (code: LedgerFaultCode, message: string): boolean => {
          fault(code, path, at, message);
          stopped = true;
          return false;
        };
        if (!event) return bad('bad-line', `Line ${at} of ${path} is not a ledger event.`);
        if (event.installation !== installation) return bad('foreign-line', `Line ${at} of ${path} belongs to another installation.`);
        if (event.seq !== tree.size) return bad('bad-sequence', `Line ${at} of ${path} says it is event ${event.seq}, and event ${tree.size} is due there.`);
        const broken = states.take(event);
        if (broken) return bad('contradiction', `Line ${at} of ${path} contradicts what was signed before: it ${broken.sentence}.`);
        const leaf = leafHash(found!.entry);
        tree.append(leaf);
        chain = nextChainOfKeys(chain, event);
        options.onEvent?.(event, line, offset, leaf, states);
        compare();
        return true;
      });
      end = pass.end;
      if (head && !stopped && tree.size === limit && pass.tornBytes > 0) beyond = { lines: countLines(fd, end, end + pass.tornBytes), bytes: pass.tornBytes };
    }
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  const most = Math.max(head?.tree.size ?? 0, checkpoints.at(-1)?.head.size ?? 0, ...borders.map(({ size }) => size));
  if (!stopped && most > tree.size)
    fault('cut', path, tree.size, `${path} has ${tree.size} events, and ${most} were signed for: its end is missing, or its head was set back.`);
  else if (head && !stopped) {
    differs(head.tree, 'its head');
    if (!isChainOf(key, chain))
      fault(
        'other-keys',
        path,
        0,
        `The keys that installation.json names are not those that the events of ${path} say this installation has had: somebody with one of them has changed that file.`,
      );
  }
  return { tree, states, end, beyond };
}

/** Reads the checkpoints that the head vouches for. */
function* readCheckpoints(
  paths: LedgerPaths,
  key: NoteKey,
  head: SignedHead | undefined,
  signatures: 'all' | 'last',
  fault: Fault,
): InSteps<{ checkpoints: Checkpoint[]; beyond: Beyond }> {
  const path = paths.checkpoints;
  const checkpoints: Checkpoint[] = [];
  const take = (line: number, bytes: Buffer): void => {
    const opened = openCheckpointLine(bytes, key);
    const before = checkpoints.at(-1);
    if (!opened) fault('bad-signature', path, line, `Line ${line} of ${path} is not a checkpoint with a good signature of this installation.`);
    else if (before && before.head.size > opened.head.size)
      fault(
        'bad-order',
        path,
        line,
        `Line ${line} of ${path} is a checkpoint for ${opened.head.size} events after one for ${before.head.size}: the order was changed.`,
      );
    else checkpoints.push({ ...opened, line });
  };
  const due = head?.checkpoints ?? { ...EMPTY_CHAIN, lines: Infinity };
  let chain = EMPTY_CHAIN;
  let last: Buffer | undefined;
  const fd = openPlain(path);
  let beyond = NOTHING;
  try {
    if (fd !== undefined) {
      const pass = yield* passInSteps(fd, 0, (line) => {
        if (chain.lines === due.lines) return false;
        chain = nextChain(chain, line);
        if (signatures === 'last') last = Buffer.from(line);
        else take(chain.lines, line);
        return true;
      });
      if (head && chain.lines === due.lines && pass.tornBytes > 0) {
        beyond = { lines: countLines(fd, pass.end, pass.end + pass.tornBytes), bytes: pass.tornBytes };
        let number = chain.lines;
        yield* passInSteps(fd, pass.end, (line) => {
          number += 1;
          const size = openCheckpointLine(line, key)?.head.size ?? 0;
          const ahead = `Checkpoint ${number} of ${path} is signed for ${size} events, and the head vouches for ${head.tree.size}: the head was set back.`;
          if (isAhead(size, head, paths.head, key)) fault('set-back', path, number, ahead);
        });
      }
    }
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  if (last) take(chain.lines, last);
  if (head && chain.lines < due.lines)
    fault('cut', path, chain.lines, `${path} has ${chain.lines} checkpoints, and the head vouches for ${due.lines}: its end is missing.`);
  else if (head && (chain.sha256 !== due.sha256 || chain.bytes !== due.bytes))
    fault(
      'bad-checkpoints',
      path,
      0,
      `The ${chain.lines} checkpoints of ${path} are not those that the head vouches for: one was changed, or they were put in another order.`,
    );
  return { checkpoints, beyond };
}
