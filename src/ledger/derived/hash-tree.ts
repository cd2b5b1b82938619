/**
 * A sorted map on the disk that proves itself: a B+ tree in an append-only file, in which every node is named by its place
 * and its SHA-256. Whoever has a root that was signed can believe every answer, also that a key is not there. A change
 * writes the nodes it touches anew at the end, so an older root stays good.
 */
import { closeSync, fdatasyncSync } from 'node:fs';
import { sha256 } from '../../merkle/sha256.ts';
import { Doubt } from './doubt.ts';
import { writeAll } from '../../disk/bytes.ts';
import { openDerived, readExactly } from './tree-files.ts';

/** Bytes of a node at most: a page. */
const NODE_BYTES = 4096;
/** Leaf or inner node, then the number of entries. */
const HEAD = 3;
const REF = 6 + 2 + 32;

/** Where a node stands, how long it is, and its SHA-256. */
interface Ref {
  readonly at: number;
  readonly length: number;
  readonly hash: Buffer;
}

export interface Root extends Ref {
  /** Levels below it: 0 for a leaf. */
  readonly depth: number;
}

/** A tree at one moment. `end`: the file's bytes that belong to it. */
export interface TreeState {
  readonly root: Root | undefined;
  readonly end: number;
}

export const EMPTY_TREE: TreeState = { root: undefined, end: 0 };

/** Key and value of fixed lengths, one buffer. */
type Entry = Buffer;

export interface Widths {
  readonly key: number;
  readonly value: number;
}

export class HashTree {
  readonly #fd: number;
  readonly #widths: Widths;

  constructor(path: string, widths: Widths, write: boolean) {
    this.#fd = openDerived(path, write);
    this.#widths = widths;
  }

  /** The value of a key. @throws Doubt */
  get(state: TreeState, key: Uint8Array): Buffer | undefined {
    for (const entry of this.from(state, key))
      return Buffer.compare(entry.subarray(0, this.#widths.key), key) === 0 ? entry.subarray(this.#widths.key) : undefined;
    return undefined;
  }

  /** Entries whose key is `key` or larger, in order. @throws Doubt */
  *from(state: TreeState, key: Uint8Array): Generator<Entry> {
    if (state.root) yield* this.#walk(state.root, state.root.depth, key);
  }

  /** Every entry in order, by its place in a node: 100,000 of them are not copied one by one. @throws Doubt */
  each({ root }: TreeState, visit: (node: Buffer, at: number) => void): void {
    if (root) this.#each(root, root.depth, visit);
  }

  #each(ref: Ref, depth: number, visit: (node: Buffer, at: number) => void): void {
    if (depth > 0) {
      for (const child of this.#entries(ref, depth)) this.#each(this.#refOf(child), depth - 1, visit);
      return;
    }
    const { node, size } = this.#node(ref, depth);
    for (let at = HEAD; at < node.length; at += size) visit(node, at);
  }

  *#walk(ref: Ref, depth: number, key: Uint8Array | undefined): Generator<Entry> {
    const { key: width } = this.#widths;
    if (depth === 0) {
      for (const entry of this.#entries(ref, depth)) if (!key || Buffer.compare(entry.subarray(0, width), key) >= 0) yield entry;
      return;
    }
    const children = this.#entries(ref, depth);
    // The last child whose first key is not larger has the key, if it is anywhere.
    let first = 0;
    if (key) while (first + 1 < children.length && Buffer.compare(children[first + 1]!.subarray(0, width), key) <= 0) first++;
    for (let i = first; i < children.length; i++) yield* this.#walk(this.#refOf(children[i]!), depth - 1, i === first ? key : undefined);
  }

  /**
   * Adds entries, or replaces their values.
   * @param entries sorted by key, each key once.
   * @returns the tree after it; it counts once it is signed for.
   */
  put(state: TreeState, entries: readonly Entry[]): TreeState {
    if (entries.length === 0) return state;
    const written: Buffer[] = [];
    let end = state.end;
    const write = (depth: number, list: readonly Buffer[], old: readonly Buffer[]): Buffer[] => {
      const size = depth === 0 ? this.#widths.key + this.#widths.value : this.#widths.key + REF;
      const most = Math.floor((NODE_BYTES - HEAD) / size);
      const made: Buffer[] = [];
      // Keys that come in order leave full nodes behind; one that comes in between halves its node, so that the next finds room.
      const even = list.at(-1) === old.at(-1);
      const share = even ? Math.ceil(list.length / Math.ceil(list.length / most)) : most;
      for (let at = 0; at < list.length;) {
        const count = Math.min(share, list.length - at);
        const head = Buffer.alloc(HEAD);
        head[0] = depth === 0 ? 0 : 1;
        head.writeUInt16BE(count, 1);
        const node = Buffer.concat([head, ...list.slice(at, at + count)]);
        const ref = Buffer.alloc(REF);
        ref.writeUIntBE(end, 0, 6);
        ref.writeUInt16BE(node.length, 6);
        sha256(node).copy(ref, 8);
        made.push(Buffer.concat([list[at]!.subarray(0, this.#widths.key), ref]));
        written.push(node);
        end += node.length;
        at += count;
      }
      return made;
    };
    const insert = (ref: Ref | undefined, depth: number, news: readonly Entry[]): Buffer[] => {
      const { key: width } = this.#widths;
      const olds = ref ? this.#entries(ref, depth) : [];
      if (depth === 0) return write(0, merge(olds, news, width), olds);
      const children: Buffer[] = [];
      let at = 0;
      olds.forEach((child, i) => {
        const next = olds[i + 1];
        const from = at;
        while (at < news.length && (!next || Buffer.compare(news[at]!.subarray(0, width), next.subarray(0, width)) < 0)) at++;
        if (at === from) children.push(child);
        else children.push(...insert(this.#refOf(child), depth - 1, news.slice(from, at)));
      });
      return write(depth, children, olds);
    };
    let depth = state.root?.depth ?? 0;
    let top = insert(state.root, depth, entries);
    while (top.length > 1) top = write(++depth, top, []);
    writeAll(this.#fd, Buffer.concat(written), state.end);
    return { root: { ...this.#refOf(top[0]!), depth }, end };
  }

  sync(): void {
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #refOf(child: Buffer): Ref {
    const { key } = this.#widths;
    return { at: child.readUIntBE(key, 6), length: child.readUInt16BE(key + 6), hash: child.subarray(key + 8, key + REF) };
  }

  /** A node as it was signed for; its entries of `size` bytes each stand behind its head. @throws Doubt */
  #node(ref: Ref, depth: number): { readonly node: Buffer; readonly size: number; readonly count: number } {
    const node = readExactly(this.#fd, ref.at, ref.length);
    if (!sha256(node).equals(ref.hash)) throw new Doubt('a node of an index beside the ledger is not the one that was signed for');
    const size = depth === 0 ? this.#widths.key + this.#widths.value : this.#widths.key + REF;
    const count = node.readUInt16BE(1);
    if (node.length !== HEAD + count * size || node[0] !== (depth === 0 ? 0 : 1)) throw new Doubt('a node of an index beside the ledger has another shape');
    return { node, size, count };
  }

  #entries(ref: Ref, depth: number): Buffer[] {
    const { node, size, count } = this.#node(ref, depth);
    return Array.from({ length: count }, (_, i) => node.subarray(HEAD + i * size, HEAD + (i + 1) * size));
  }
}

function merge(olds: readonly Entry[], news: readonly Entry[], width: number): Entry[] {
  const merged: Entry[] = [];
  let at = 0;
  for (const entry of news) {
    const key = entry.subarray(0, width);
    while (at < olds.length && Buffer.compare(olds[at]!.subarray(0, width), key) < 0) merged.push(olds[at++]!);
    if (at < olds.length && Buffer.compare(olds[at]!.subarray(0, width), key) === 0) at++;
    merged.push(entry);
  }
  merged.push(...olds.slice(at));
  return merged;
}
