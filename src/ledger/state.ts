/**
 * The ledger as far as its head vouches for it, without reading its history: from the last signed snapshot on. Where
 * there is none, or something beside the ledger is not what was signed for, everything is read and derived anew.
 */
import { fstatSync } from 'node:fs';
import { leafHash, MerkleTree } from '../merkle/tree.ts';
import { Derived, DerivedInMemory, type Derivable } from './derived/derived.ts';
import { Doubt } from './derived/doubt.ts';
import { NO_SNAPSHOT, readSnapshot, type Snapshot } from './derived/snapshot.ts';
import { takeCounted } from './entitled.ts';
import { LedgerError, restoreAdvice } from './errors.ts';
import { LedgerFacts } from './facts.ts';
import { eventAt } from './found-event.ts';
import { readExactly } from './derived/tree-files.ts';
import { ledgerPaths, MAX_LINE_BYTES, passLinesGently } from './files.ts';
import { isAhead, nextChain, readHead, type HeadReading, type SignedHead } from './head.ts';
import { isChainOf } from './key-chain.ts';
import { rootAt, type LedgerState } from './lookups.ts';
import { bordersOf, openCheckpointLine, type NoteKey } from './note.ts';
import { readLedgerGently } from './read.ts';
import { RecordingStates } from './rules.ts';
import type { SignedCheckpoint } from './types.ts';

/** Events after which a writer makes a new snapshot: reading as many again takes some milliseconds. */
export const SNAPSHOT_EVENTS = 1024;
/** While everything is derived anew, the indexes are written as often as this: a sort of some hundred thousand keys. */
const REBUILD_EVENTS = 65_536;
/** Events whose nodes are written at once. */
const GROUP = 1024;

interface Source {
  readonly folder: string;
  readonly key: NoteKey;
  readonly head: SignedHead;
  /** Open files. */
  readonly events: number;
  readonly checkpoints: number;
}

/**
 * @param as a writer makes anew what is doubtful; a reader changes nothing; one that reads from events alone does not even look at it.
 * @throws LedgerError 'corrupt' where the ledger is not what its head vouches for, 'unreadable'.
 */
export async function openState(source: Source, as: 'writer' | 'reader' | 'from-events'): Promise<LedgerState> {
  const writer = as === 'writer';
  const beside = as === 'from-events' ? undefined : await openBeside(source, writer);
  if (beside) return beside;
  try {
    if (writer) Derived.clear(ledgerPaths(source.folder).derived);
    return await readOn(source, writer, undefined);
  } catch (error) {
    if (error instanceof Doubt) throw await corrupt(source.folder, source.key, error.message);
    if (!writer || error instanceof LedgerError) throw error;
    // What is derived is for speed: where there is no room for it, the ledger goes on without.
    return openState(source, 'reader');
  }
}

/** The ledger from the last signed snapshot on; undefined where nothing beside it is good. @param writer goes on writing there. */
export async function openBeside(source: Source, writer = false): Promise<LedgerState | undefined> {
  const base = readSnapshot(ledgerPaths(source.folder).derived, source.key);
  try {
    return base && (await readOn(source, writer, base));
  } catch (error) {
    if (error instanceof Doubt) return undefined;
    throw error;
  }
}

/** The full reading finds the words for what is wrong. */
export async function corrupt(folder: string, key: NoteKey, otherwise: string): Promise<LedgerError> {
  const { faults } = await readLedgerGently(folder, key, { signatures: 'last' });
  const fault = faults.find(({ code }) => code !== 'unvouched');
  return new LedgerError('corrupt', `${fault?.message ?? otherwise} The ledger was left as it is. ${restoreAdvice(folder)}`);
}

/** The newest head of a ledger that is there. @throws LedgerError 'corrupt' where it has none that is good */
export async function headOf(folder: string, key: NoteKey): Promise<Extract<HeadReading, { kind: 'good' }>> {
  const found = readHead(ledgerPaths(folder).head, key);
  if (found.kind !== 'good') throw await corrupt(folder, key, 'It has no head.');
  return found;
}

/** @throws Doubt where the events do not lead from the base to the head. */
async function readOn(source: Source, writer: boolean, base: Snapshot | undefined): Promise<LedgerState> {
  const { head, key } = source;
  const from = base ?? NO_SNAPSHOT;
  if (from.size > head.tree.size || from.checkpoints.bytes > head.checkpoints.bytes) throw new Doubt('the snapshot is newer than the head');
  // Without a base a reader has no business with the files beside the ledger: they may be of any moment.
  const derived = base || writer ? new Derived(ledgerPaths(source.folder).derived, base, writer) : undefined;
  const memory = derived ? undefined : new DerivedInMemory();
  try {
    const tree = MerkleTree.from(from.size, derived ? derived.node : () => new Uint8Array());
    if (tree.head().root !== from.root) throw new Doubt('the tree beside the ledger is not the one that was signed for');
    const states = derived ? derived.states() : new RecordingStates();
    const facts = LedgerFacts.from(from.facts);
    let group: Derivable[] = [];
    let trouble: string | undefined;
    const settle = (): void => {
      if (derived) derived.add(group, writer);
      else memory!.add(group);
      group = [];
    };
    const pass = await passLinesGently(source.events, from.end, (line, offset) => {
      if (tree.size === head.tree.size) return false;
      const found = eventAt(line, tree.size, key);
      if (!found || states.take(found.event)) {
        trouble = `The events of the ledger are not those that its head vouches for: see event ${tree.size}.`;
        return false;
      }
      const { event } = found;
      const leaf = leafHash(found.entry);
      tree.append(leaf);
      group.push({ event, leaf, offset, counts: takeCounted(facts, event, states) });
      if (group.length < GROUP) return true;
      settle();
      const end = offset + line.length + 1;
      if (derived && !base && tree.size - derived.base >= REBUILD_EVENTS)
        derived.flush({ ...tree.head(), end, checkpoints: from.checkpoints, facts: facts.state() }, states);
      return true;
    });
    settle();
    if (trouble !== undefined || tree.head().root !== head.tree.root)
      throw new Doubt(trouble ?? 'The events of the ledger are not those that its head vouches for.');
    const last = await readLastCheckpoint(source, from);
    const state: LedgerState = { tree, states, facts, end: pass.end, beside: derived ?? memory!, derived, last };
    if (!isChainOf(key, facts.keys)) throw new Doubt('The keys of installation.json are not those that the ledger says this installation has had.');
    for (const { size, root } of bordersOf(key))
      if (rootAt({ key, state, events: source.events }, size) !== root)
        throw new Doubt(`The first ${size} events of the ledger are not those that it had when its key was replaced.`);
    return state;
  } catch (error) {
    derived?.close();
    throw error;
  }
}

/** The last checkpoint, after a look at those since the base: they are the ones that the head vouches for. @throws Doubt */
async function readLastCheckpoint({ folder, checkpoints: fd, head, key }: Source, from: Snapshot): Promise<SignedCheckpoint | undefined> {
  const due = head.checkpoints;
  let chain = from.checkpoints;
  let last: Buffer | undefined;
  if (fstatSync(fd).size < due.bytes) throw new Doubt('checkpoints are missing');
  const pass = await passLinesGently(fd, chain.bytes, (line) => {
    if (chain.lines >= due.lines) return false;
    chain = nextChain(chain, line);
    last = Buffer.from(line);
    return true;
  });
  if (chain.lines !== due.lines || chain.bytes !== due.bytes || chain.sha256 !== due.sha256)
    throw new Doubt('the checkpoints are not those that the head vouches for');
  let ahead = false;
  await passLinesGently(fd, pass.end, (line) => {
    ahead ||= isAhead(openCheckpointLine(line, key)?.head.size ?? 0, head, ledgerPaths(folder).head, key);
  });
  if (ahead) throw new Doubt('the head was set back behind a checkpoint');
  if (due.lines === 0) return undefined;
  last ??= lineBefore(fd, due.bytes);
  const opened = openCheckpointLine(last, key);
  if (!opened || opened.head.size > head.tree.size) throw new Doubt('the last checkpoint is not one of this ledger');
  return opened;
}

/** The line that ends at an offset of a file. @throws Doubt */
function lineBefore(fd: number, end: number): Buffer {
  const from = Math.max(0, end - MAX_LINE_BYTES);
  const bytes = readExactly(fd, from, end - 1 - from);
  return bytes.subarray(bytes.lastIndexOf(0x0a) + 1);
}
