/**
 * Questions to a ledger that read little of it. What lies beside the ledger is only the way to an answer: each event is
 * checked against the head, each proof against the root that it leads to.
 */
import { consistencyPathOf, inclusionPathOf, leafHash, MerkleTree, rootFromInclusion, rootOf, verifyConsistency, type NodeSource } from '../merkle/tree.ts';
import type { TreeHead } from '../types/head.ts';
import type { Beside, Derived } from './derived/derived.ts';
import { Doubt } from './derived/doubt.ts';
import { POLICIES, SELFTESTS } from './derived/entries.ts';
import { readExactly } from './derived/tree-files.ts';
import { MAX_LINE_BYTES } from './files.ts';
import type { NoteKey } from './note.ts';
import type { LedgerFacts } from './facts.ts';
import type { RecordingState, RecordingStates } from './rules.ts';
import type { SignedCheckpoint } from './types.ts';
import { eventAt, type FoundEvent } from './found-event.ts';

/** Bytes of a first read of a line: most events have some hundred. */
const LINE_GUESS = 1024;

export interface LedgerState {
  readonly tree: MerkleTree;
  readonly states: RecordingStates;
  /** What the events say about people, policy and attempts. */
  readonly facts: LedgerFacts;
  /** Bytes of events.jsonl that are in the tree. */
  readonly end: number;
  readonly beside: Beside;
  /** Undefined for a reader who found nothing good beside the ledger. */
  readonly derived: Derived | undefined;
  readonly last: SignedCheckpoint | undefined;
}

export interface LookupSource {
  readonly key: NoteKey;
  readonly state: LedgerState;
  /** Descriptor of events.jsonl. */
  readonly events: number;
}

/** One event. @throws Doubt */
function eventOf(source: LookupSource, seq: number, node: NodeSource): FoundEvent {
  const { state, events, key } = source;
  const line = lineAt(events, state.beside.offset(seq), state.end);
  const found = eventAt(line, seq, key);
  const { size, root } = state.tree.head();
  if (!found || !leads(() => rootFromInclusion(leafHash(found.entry), seq, size, inclusionPathOf(node, seq, size)), root))
    throw new Doubt(`event ${seq} of the ledger is not the one that was signed for`);
  return found;
}

/** The events that name a recording, or that decide (POLICIES), oldest first. @throws Doubt */
export function eventsOf(source: LookupSource, subject: string): FoundEvent[] {
  const { beside, tree } = source.state;
  // The paths of events that lie near each other share most of their nodes.
  const node = remember(beside.node);
  return beside
    .eventsOf(subject)
    .filter((seq) => seq < tree.size)
    .map((seq) => eventOf(source, seq, node));
}

/**
 * The events from one number to before another. They are proven together: their leaves, on top of what is before them, come to the root that the head leads to.
 * @throws Doubt
 */
function eventsBetween(source: LookupSource, from: number, to: number): FoundEvent[] {
  const { state, events, key } = source;
  const tree = MerkleTree.from(from, remember(state.beside.node));
  const found: FoundEvent[] = [];
  for (let seq = from; seq < to; seq++) {
    const one = eventAt(lineAt(events, state.beside.offset(seq), state.end), seq, key);
    if (!one) throw new Doubt(`event ${seq} of the ledger is not the one that was signed for`);
    tree.append(leafHash(one.entry));
    found.push(one);
  }
  if (tree.head().root !== rootAt(source, to)) throw new Doubt(`events ${from} to ${to} of the ledger are not those that were signed for`);
  return found;
}

/** A source that looks each node up once. */
function remember(node: NodeSource): NodeSource {
  const known: Map<number, Uint8Array>[] = [];
  return (level, index) => {
    const row = (known[level] ??= new Map());
    let hash = row.get(index);
    if (!hash) row.set(index, (hash = node(level, index)));
    return hash;
  };
}

/** The inclusion path of an event in the tree of a head that was signed. @throws Doubt */
function inclusionOf(source: LookupSource, { event, entry }: FoundEvent, { size, root }: TreeHead): Buffer[] {
  const path = inclusionPathOf(source.state.beside.node, event.seq, size);
  if (!leads(() => rootFromInclusion(leafHash(entry), event.seq, size, path), root))
    throw new Doubt(`no proof leads from event ${event.seq} to the root over ${size} events`);
  return path;
}

/** Root over the first `size` events; undefined where there are fewer. @throws Doubt */
export function rootAt({ state }: LookupSource, size: number): string | undefined {
  const now = state.tree.head();
  if (size > now.size) return undefined;
  const root = rootOf(state.beside.node, size);
  const path = consistencyPathOf(state.beside.node, size, now.size);
  if (!verifyConsistency(size, root, now.size, Buffer.from(now.root, 'hex'), path))
    throw new Doubt(`the root over ${size} events does not lead to the one that was signed for`);
  return root.toString('hex');
}

function leads(compute: () => Buffer, root: string): boolean {
  try {
    return compute().toString('hex') === root;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function lineAt(fd: number, offset: number, end: number): Buffer {
  for (let length = LINE_GUESS; ; length = MAX_LINE_BYTES) {
    const bytes = readExactly(fd, offset, Math.max(0, Math.min(length, end - offset)));
    const newline = bytes.indexOf(0x0a);
    if (newline >= 0) return bytes.subarray(0, newline);
    if (length === MAX_LINE_BYTES || offset + length >= end) throw new Doubt('no line of the ledger begins where one should');
  }
}

/** What a ledger can be asked, whether it is written or only read. */
export abstract class LedgerQuestions {
  /** Asks what lies beside the ledger; where that is in doubt, it is derived from the events first. */
  protected abstract look<T>(ask: (source: LookupSource) => T): Promise<T>;

  /** What the ledger knows of a recording; undefined where it has no start of it. */
  recording(id: string): Promise<RecordingState | undefined> {
    return this.look(({ state }) => state.states.get(id));
  }

  /** Every recording that the ledger knows, by id. */
  recordings(): Promise<(readonly [string, RecordingState])[]> {
    return this.look(({ state }) => state.beside.recordings(state.states));
  }

  /** The events that name a recording, oldest first, with their entries. */
  eventsOf(recording: string): Promise<FoundEvent[]> {
    return this.look((source) => eventsOf(source, recording));
  }

  /** The events that took a policy into force or gave somebody keys, and the first run, oldest first: without those that are passed over. */
  policyEvents(): Promise<FoundEvent[]> {
    return this.look((source) => eventsOf(source, POLICIES));
  }

  /** The events of self-tests, oldest first. */
  selfTestEvents(): Promise<FoundEvent[]> {
    return this.look((source) => eventsOf(source, SELFTESTS));
  }

  /** One event by its number; undefined where there is none. */
  event(seq: number): Promise<FoundEvent | undefined> {
    return this.look((source) => (seq >= 0 && seq < source.state.tree.size ? eventOf(source, seq, source.state.beside.node) : undefined));
  }

  /** The events from one number to before another, or to the end. */
  between(from: number, to: number): Promise<FoundEvent[]> {
    return this.look((source) => eventsBetween(source, from, Math.min(to, source.state.tree.size)));
  }

  /** The inclusion path of an event in the tree of a head that was signed. */
  inclusion(found: FoundEvent, head: TreeHead): Promise<Buffer[]> {
    return this.look((source) => inclusionOf(source, found, head));
  }

  /** Root over the first `size` events, lower-case hex; undefined where there are fewer. */
  rootAt(size: number): Promise<string | undefined> {
    return this.look((source) => rootAt(source, size));
  }
}
