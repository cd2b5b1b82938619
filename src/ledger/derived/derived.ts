/**
 * What is kept beside the ledger so that nothing has to read all of it: the tree's nodes, where lines begin, which events
 * name a recording, and what each recording's events say. Everything here is derived from events.jsonl, is checked when it is
 * used, and can be thrown away.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StoredTree, type NodeSource } from '../../merkle/tree.ts';
import { RecordingStates, type RecordingState } from '../rules.ts';
import type { LedgerEvent } from '../types.ts';
import { EVENT_WIDTHS, eventKey, ID_BYTES, idAt, idKey, subjectsOf, seqOf, STATE_WIDTHS, stateAt, stateEntry } from './entries.ts';
import { HashTree } from './hash-tree.ts';
import { NO_SNAPSHOT, type Snapshot } from './snapshot.ts';
import { TreeFiles } from './tree-files.ts';

/** What lookups need. */
export interface Beside {
  /** @throws Doubt */
  readonly node: NodeSource;
  /** Where the line of an event begins. @throws Doubt */
  offset(seq: number): number;
  /** Numbers of the events that name a recording, or that decide (POLICIES), ascending. @throws Doubt */
  eventsOf(id: string): number[];
  /** Visits all that events are looked up by, once each in any order, with the numbers of its events, ascending. @throws Doubt */
  subjects(visit: (id: string, seqs: readonly number[]) => void): void;
  /** Every recording, by id. @param held what was folded since the base. @throws Doubt */
  recordings(held: RecordingStates): (readonly [string, RecordingState])[];
}

/** The same in memory, for a reader who finds nothing beside the ledger that is good. */
export class DerivedInMemory implements Beside {
  readonly #tree = new StoredTree();
  readonly #offsets: number[] = [];
  readonly #named = new Map<string, number[]>();

  readonly node: NodeSource = (level, index) => this.#tree.node(level, index);

  add(group: readonly Derivable[]): void {
    for (const { event, leaf, offset, counts } of group) {
      this.#tree.append(leaf);
      this.#offsets.push(offset);
      name(this.#named, event, counts);
    }
  }

  offset(seq: number): number {
    return this.#offsets[seq]!;
  }

  eventsOf(id: string): number[] {
    return [...(this.#named.get(id) ?? [])];
  }

  subjects(visit: (id: string, seqs: readonly number[]) => void): void {
    for (const [id, seqs] of this.#named) visit(id, seqs);
  }

  recordings(held: RecordingStates): [string, RecordingState][] {
    return [...held.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function name(named: Map<string, number[]>, event: LedgerEvent, counts: boolean): void {
  for (const id of subjectsOf(event, counts)) {
    const seqs = named.get(id);
    if (seqs) seqs.push(event.seq);
    else named.set(id, [event.seq]);
  }
}

/** An event with its leaf hash, where its line begins, and whether it counts by the events before it. */
export interface Derivable {
  readonly event: LedgerEvent;
  readonly leaf: Uint8Array;
  readonly offset: number;
  readonly counts: boolean;
}

export class Derived implements Beside {
  readonly #files: TreeFiles;
  readonly #events: HashTree;
  readonly #recordings: HashTree;
  #base: Snapshot;
  /** Events after the base, by the recording that they name. */
  #since = new Map<string, number[]>();

  /** @param folder of derived files. @param write makes what is missing. @throws the system's error, Doubt */
  constructor(folder: string, base: Snapshot = NO_SNAPSHOT, write = true) {
    this.#base = base;
    this.signed = base.size;
    if (write) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const opened: { close(): void }[] = [];
    const keep = <T extends { close(): void }>(made: T): T => {
      opened.push(made);
      return made;
    };
    try {
      this.#files = keep(new TreeFiles(folder, write));
      this.#events = keep(new HashTree(join(folder, 'events.index'), EVENT_WIDTHS, write));
      this.#recordings = keep(new HashTree(join(folder, 'recordings.index'), STATE_WIDTHS, write));
    } catch (error) {
      for (const made of opened) made.close();
      throw error;
    }
  }

  /** Throws away what is kept in a folder. */
  static clear(folder: string): void {
    rmSync(folder, { recursive: true, force: true });
  }

  /** Events that the base covers, and of these those whose snapshot is signed and on the disk. */
  get base(): number {
    return this.#base.size;
  }
  signed: number;

  readonly node: NodeSource = (level, index) => this.#files.node(level, index);

  offset(seq: number): number {
    return this.#files.offset(seq);
  }

  /** The states that events after the base are folded into. */
  states(): RecordingStates {
    const states = new RecordingStates((id) => this.#stored(id));
    for (const [id, state] of this.#base.open) states.set(id, state);
    return states;
  }

  /** Adds events that follow each other. @param write false for a reader, who leaves the files alone. @throws the system's error */
  add(group: readonly Derivable[], write = true): void {
    const [first] = group;
    if (!first) return;
    if (write)
      this.#files.put(
        first.event.seq,
        group.map(({ leaf }) => leaf),
        group.map(({ offset }) => offset),
      );
    for (const { event, counts } of group) name(this.#since, event, counts);
  }

  eventsOf(id: string): number[] {
    const seqs: number[] = [];
    const key = idKey(id);
    for (const entry of this.#events.from(this.#base.events, eventKey(id, 0))) {
      if (!entry.subarray(0, key.length).equals(key)) break;
      seqs.push(seqOf(entry));
    }
    return [...seqs, ...(this.#since.get(id) ?? [])];
  }

  subjects(visit: (id: string, seqs: readonly number[]) => void): void {
    const later = new Map(this.#since);
    let key: Buffer | undefined;
    let seqs: number[] = [];
    const settle = (): void => {
      if (!key) return;
      const id = idAt(key, 0);
      visit(id, [...seqs, ...(later.get(id) ?? [])]);
      later.delete(id);
    };
    this.#events.each(this.#base.events, (node, at) => {
      if (!key || node.compare(key, 0, ID_BYTES, at, at + ID_BYTES) !== 0) {
        settle();
        key = node.subarray(at, at + ID_BYTES);
        seqs = [];
      }
      seqs.push(seqOf(node.subarray(at, at + EVENT_WIDTHS.key)));
    });
    settle();
    for (const [id, rest] of later) visit(id, rest);
  }

  recordings(held: RecordingStates): (readonly [string, RecordingState])[] {
    const later = new Map(held.entries());
    const found: (readonly [string, RecordingState])[] = [];
    this.#recordings.each(this.#base.recordings, (node, at) => {
      const id = idAt(node, at);
      found.push([id, later.get(id) ?? stateAt(node, at + STATE_WIDTHS.key)]);
      later.delete(id);
    });
    return found.concat([...later].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Another process has made a newer base. */
  adopt(base: Snapshot, states: RecordingStates): void {
    this.#base = base;
    this.signed = base.size;
    for (const [id, seqs] of this.#since) {
      const rest = seqs.filter((seq) => seq >= base.size);
      if (rest.length > 0) this.#since.set(id, rest);
      else this.#since.delete(id);
    }
    this.#forgetClosed(states);
  }

  /** Writes everything into the files, durably. @returns what to sign; it is the base from now on. @throws the system's error, Doubt */
  flush(at: Pick<Snapshot, 'size' | 'root' | 'end' | 'checkpoints' | 'facts'>, states: RecordingStates): Snapshot {
    const keys = [...this.#since].flatMap(([id, seqs]) => seqs.map((seq) => eventKey(id, seq))).sort(Buffer.compare);
    const entries = [...states.entries()].map(([id, state]) => stateEntry(id, state)).sort(Buffer.compare);
    const events = this.#events.put(this.#base.events, keys);
    const recordings = this.#recordings.put(this.#base.recordings, entries);
    for (const file of [this.#files, this.#events, this.#recordings]) file.sync();
    const open = [...states.entries()].filter(([, { closed }]) => closed === null || closed === 'recording.failed');
    const snapshot: Snapshot = { ...at, events, recordings, open };
    this.#base = snapshot;
    this.#since.clear();
    this.#forgetClosed(states);
    return snapshot;
  }

  #forgetClosed(states: RecordingStates): void {
    for (const [id, { closed }] of [...states.entries()]) if (closed !== null && closed !== 'recording.failed') states.forget(id);
  }

  #stored(id: string): RecordingState | undefined {
    const value = this.#recordings.get(this.#base.recordings, idKey(id));
    return value && stateAt(value, 0);
  }

  close(): void {
    this.#files.close();
    this.#events.close();
    this.#recordings.close();
  }
}
