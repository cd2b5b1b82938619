/** Reading and verifying a ledger without changing it. Needs the public key only. */
import { leafHash, MerkleTree } from '../merkle/tree.ts';
import type { TreeHead } from '../recording/types.ts';
import { decodeEvent } from './events.ts';
import { LedgerError } from './errors.ts';
import { ledgerPaths, passFile } from './files.ts';
import { openCheckpoint, type NoteKey } from './note.ts';
import type { LedgerEvent, SignedCheckpoint } from './types.ts';

/** What can be wrong with a ledger. Stable: these codes go into --json. */
export const ledgerFaultCodes = ['bad-line', 'foreign-line', 'bad-sequence', 'root-mismatch', 'bad-signature', 'bad-order', 'cut', 'no-checkpoint'] as const;
export type LedgerFaultCode = (typeof ledgerFaultCodes)[number];

export interface LedgerFault {
  readonly code: LedgerFaultCode;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** One sentence for people. */
  readonly message: string;
}

export interface LedgerReading {
  /** Whole events. */
  readonly events: number;
  readonly head: TreeHead;
  readonly tree: MerkleTree;
  readonly checkpoints: number;
  /** The last checkpoint with a good signature. */
  readonly last: (SignedCheckpoint & { readonly time: string | undefined }) | undefined;
  /** Events after the last checkpoint: present, and not yet signed for. */
  readonly unproven: number;
  /** Bytes after the last whole line of each file: a write that was interrupted, or is under way. */
  readonly torn: { readonly events: number; readonly checkpoints: number };
  /** Offsets after the last whole line of each file. */
  readonly end: { readonly events: number; readonly checkpoints: number };
  /** Empty: good. In the order in which they were found; reading stops at the first fault in the events. */
  readonly faults: readonly LedgerFault[];
}

export interface ReadOptions {
  /** Called for each good event, with its line as stored. The buffer is only good during the call. */
  readonly onEvent?: (event: LedgerEvent, line: Buffer) => void;
  /** `last` checks one signature only: what a start of the app can afford. All roots are compared either way. */
  readonly signatures?: 'all' | 'last';
}

type Checkpoint = SignedCheckpoint & { readonly time: string | undefined; readonly line: number };

/**
 * Reads a ledger and checks it against its own checkpoints. A missing ledger reads as an empty one.
 * @param key the installation's note key; its name is the ledger's origin.
 * @throws LedgerError 'unreadable' when the files cannot be read.
 */
export function readLedger(folder: string, key: NoteKey, options: ReadOptions = {}): LedgerReading {
  const paths = ledgerPaths(folder);
  const faults: LedgerFault[] = [];
  try {
    const { checkpoints, pass: checkpointPass } = readCheckpoints(paths.checkpoints, key, options.signatures ?? 'all', faults);
    const installation = key.name.split('/')[1];
    const tree = new MerkleTree();
    let next = 0;
    let stopped = false;
    const compare = (): void => {
      for (; next < checkpoints.length && checkpoints[next]!.head.size <= tree.size; next++) {
        const { head, line } = checkpoints[next]!;
        if (head.size === tree.size && head.root !== tree.head().root)
          faults.push({
            code: 'root-mismatch',
            file: paths.events,
            line: head.size,
            message: `The first ${head.size} events of ${paths.events} are not those that checkpoint ${line} signed for.`,
          });
      }
    };
    compare();
    const pass = passFile(paths.events, (line) => {
      if (stopped) return;
      const event = decodeEvent(line);
      const at = tree.size + 1;
      const bad = (code: LedgerFaultCode, message: string): void => {
        faults.push({ code, file: paths.events, line: at, message });
        stopped = true;
      };
      if (!event) return bad('bad-line', `Line ${at} of ${paths.events} is not a ledger event.`);
      if (event.installation !== installation) return bad('foreign-line', `Line ${at} of ${paths.events} belongs to another installation.`);
      if (event.seq !== tree.size)
        return bad('bad-sequence', `Line ${at} of ${paths.events} says it is event ${event.seq}, and event ${tree.size} is due there.`);
      tree.append(leafHash(line));
      options.onEvent?.(event, line);
      compare();
    });
    const last = checkpoints.at(-1);
    if (!stopped && last && last.head.size > tree.size)
      faults.push({
        code: 'cut',
        file: paths.events,
        line: tree.size,
        message: `${paths.events} has ${tree.size} events, and a checkpoint signed for ${last.head.size}: its end is missing.`,
      });
    if (tree.size > 0 && checkpoints.length === 0 && faults.length === 0)
      faults.push({
        code: 'no-checkpoint',
        file: paths.checkpoints,
        line: 0,
        message: `${paths.checkpoints} is missing or empty, and the ledger has ${tree.size} events: its checkpoints are gone.`,
      });
    return {
      events: tree.size,
      head: tree.head(),
      tree,
      checkpoints: checkpoints.length,
      last,
      unproven: Math.max(0, tree.size - (last?.head.size ?? 0)),
      torn: { events: pass?.tornBytes ?? 0, checkpoints: checkpointPass?.tornBytes ?? 0 },
      end: { events: pass?.end ?? 0, checkpoints: checkpointPass?.end ?? 0 },
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

function readCheckpoints(path: string, key: NoteKey, signatures: 'all' | 'last', faults: LedgerFault[]) {
  const checkpoints: Checkpoint[] = [];
  const notes: { line: number; note: string | undefined }[] = [];
  let count = 0;
  const take = (line: number, note: string | undefined): void => {
    const opened = note === undefined ? undefined : openCheckpoint(note, key);
    const before = checkpoints.at(-1);
    if (!opened)
      faults.push({
        code: 'bad-signature',
        file: path,
        line,
        message: `Line ${line} of ${path} is not a checkpoint with a good signature of this installation.`,
      });
    else if (before && before.head.size > opened.head.size)
      faults.push({
        code: 'bad-order',
        file: path,
        line,
        message: `Line ${line} of ${path} is a checkpoint for ${opened.head.size} events after one for ${before.head.size}: the order was changed.`,
      });
    else checkpoints.push({ ...opened, line });
  };
  const pass = passFile(path, (bytes) => {
    count += 1;
    let note: string | undefined;
    try {
      const value: unknown = JSON.parse(bytes.toString('utf8'));
      if (typeof value === 'object' && value !== null && typeof (value as { note?: unknown }).note === 'string') note = (value as { note: string }).note;
    } catch {
      // Not JSON: reported as a checkpoint without a good signature, just below.
    }
    if (signatures === 'last') notes[0] = { line: count, note };
    else take(count, note);
  });
  for (const { line, note } of notes) take(line, note);
  return { checkpoints, pass };
}
