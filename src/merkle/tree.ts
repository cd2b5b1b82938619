/**
 * The Merkle tree of RFC 6962 section 2.1 with SHA-256: the same tree for a recording's frames and for the ledger's
 * events. Pure: no clock and no I/O.
 *
 * Every function here takes leaf HASHES (`leafHash(entry)`, 32 bytes), not entries. Sizes and indices are plain
 * integers below 2^53, so nothing here uses 32-bit operators on them.
 */
import type { TreeHead } from '../types/head.ts';
import { sha256 } from './sha256.ts';

/** Bytes of a hash. */
export const HASH_BYTES = 32;

const nodeScratch = Buffer.alloc(1 + 2 * HASH_BYTES);
nodeScratch[0] = 1;

/** SHA-256(0x00 || parts…): RFC 6962's leaf hash of an entry, given in parts. */
export function leafHash(...parts: readonly Uint8Array[]): Buffer {
  return sha256(Buffer.concat([Buffer.of(0), ...parts]));
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer<ArrayBuffer> {
  checkHash(left);
  checkHash(right);
  nodeScratch.set(left, 1);
  nodeScratch.set(right, 1 + HASH_BYTES);
  return sha256(nodeScratch);
}

/** The root of a tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Buffer {
  return sha256(Buffer.alloc(0));
}

/** An appending tree that keeps only its compact range: the roots of its complete subtrees, O(log n) hashes. */
export class MerkleTree {
  /** Roots of the complete subtrees, largest first: one for each 1 bit of the size. */
  readonly #peaks: Buffer[] = [];
  #size = 0;

  /** Takes a copy of the leaf hash (32 bytes; RangeError otherwise). Returns the leaf's index. */
  append(leaf: Uint8Array): number {
    checkHash(leaf);
    let node = Buffer.from(leaf);
    // Adding a leaf is adding 1 in binary: each trailing 1 bit of the size is a peak of equal height to merge with.
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) node = nodeHash(this.#peaks.pop()!, node);
    this.#peaks.push(node);
    return this.#size++;
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size;
  }

  /** Merkle tree hash of all leaves so far, 32 bytes. */
  root(): Buffer {
    let at = this.#peaks.length - 1;
    if (at < 0) return emptyRoot();
    let root: Buffer = Buffer.from(this.#peaks[at]!);
    while (--at >= 0) root = nodeHash(this.#peaks[at]!, root);
    return root;
  }

  head(): TreeHead {
    return { size: this.#size, root: this.root().toString('hex') };
  }

  /** The roots of its complete subtrees, largest first, 32 bytes each: with the size all that is needed to go on (`fromPeaks`). */
  peaks(): Buffer[] {
    return this.#peaks.map((peak) => Buffer.from(peak));
  }

  /** The tree of `size` leaves with these peaks. RangeError where a tree of that size has another number of them. */
  static fromPeaks(size: number, peaks: readonly Uint8Array[]): MerkleTree {
    let at = 0;
    const tree = MerkleTree.from(size, () => peaks[at++] ?? new Uint8Array());
    if (at !== peaks.length) throw new RangeError(`a tree of ${size} leaves has ${at} peaks, not ${peaks.length}`);
    return tree;
  }

  /** The tree of `size` leaves whose nodes are kept elsewhere. */
  static from(size: number, node: NodeSource): MerkleTree {
    const tree = new MerkleTree();
    for (let begin = 0; begin < size;) {
      const level = Math.floor(Math.log2(size - begin));
      const peak = node(level, begin / 2 ** level);
      checkHash(peak);
      tree.#peaks.push(Buffer.from(peak));
      begin += 2 ** level;
    }
    tree.#size = size;
    return tree;
  }

  /** A tree of its own with the same leaves. */
  clone(): MerkleTree {
    const copy = new MerkleTree();
    copy.#peaks.push(...this.#peaks);
    copy.#size = this.#size;
    return copy;
  }
}

/** Hashes one behind the other: a Buffer for each would take four times the memory. */
class Hashes {
  #bytes = Buffer.alloc(64 * HASH_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(hash: Uint8Array): void {
    const at = this.#length * HASH_BYTES;
    if (at === this.#bytes.length) {
      const larger = Buffer.alloc(2 * at);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(hash, at);
    this.#length++;
  }

  /** Nobody writes to it. */
  at(index: number): Uint8Array {
    return this.#bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}

/**
 * A tree that keeps every node, for many proofs over the same leaves: building costs one hash a leaf, each proof
 * O(log² n) look-ups.
 */
export class StoredTree {
  /** levels[k][i] is the root of the complete subtree over leaves i·2^k … (i+1)·2^k - 1. */
  readonly #levels: Hashes[] = [new Hashes()];

  constructor(leaves: Iterable<Uint8Array> = []) {
    for (const leaf of leaves) this.append(leaf);
  }

  get size(): number {
    return this.#levels[0]!.length;
  }

  /** Keeps a copy of the leaf hash; returns its index. */
  append(leaf: Uint8Array): number {
    checkHash(leaf);
    const index = this.size;
    this.#levels[0]!.push(leaf);
    for (let k = 0; this.#levels[k]!.length % 2 === 0; k++) {
      const level = this.#levels[k]!;
      (this.#levels[k + 1] ??= new Hashes()).push(nodeHash(level.at(level.length - 2), level.at(level.length - 1)));
    }
    return index;
  }

  leaf(index: number): Uint8Array {
    checkRange(index, 0, this.size - 1, 'leaf index');
    return this.#levels[0]!.at(index);
  }

  /** Root over the first `size` leaves (all of them unless said). */
  root(size: number = this.size): Buffer {
    checkRange(size, 0, this.size, 'tree size');
    return rootOf(this.node, size);
  }

  head(size: number = this.size): TreeHead {
    return { size, root: this.root(size).toString('hex') };
  }

  readonly node: NodeSource = (level, index) => this.#levels[level]!.at(index);
}

/** Root of the complete subtree over the leaves index·2^level … (index+1)·2^level - 1, wherever it is kept. */
export type NodeSource = (level: number, index: number) => Uint8Array;

/** RFC 6962 section 2.1.1: the audit path of a leaf in the tree over the first `size` leaves, whose nodes `node` gives. */
export function inclusionPathOf(node: NodeSource, index: number, size: number): Buffer[] {
  checkRange(size, 1, Number.MAX_SAFE_INTEGER, 'tree size');
  checkRange(index, 0, size - 1, 'leaf index');
  const path: Buffer[] = [];
  let begin = 0;
  let end = size;
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin);
    if (index < middle) {
      path.push(Buffer.from(rangeRoot(node, middle, end)));
      end = middle;
    } else {
      path.push(Buffer.from(rangeRoot(node, begin, middle)));
      begin = middle;
    }
  }
  return path.reverse();
}

/** RFC 6962 section 2.1.2: that the tree over `oldSize` leaves is a prefix of the tree over `size`. Empty for 0 and for equal sizes. */
export function consistencyPathOf(node: NodeSource, oldSize: number, size: number): Buffer[] {
  checkRange(oldSize, 0, size, 'older tree size');
  if (oldSize === 0 || oldSize === size) return [];
  const path: Buffer[] = [];
  let begin = 0;
  let end = size;
  // `whole`: the old tree is still exactly this subtree from its beginning, so the verifier knows its root already.
  let whole = true;
  while (oldSize !== end) {
    const middle = begin + splitOf(end - begin);
    if (oldSize <= middle) {
      path.push(Buffer.from(rangeRoot(node, middle, end)));
      end = middle;
    } else {
      path.push(Buffer.from(rangeRoot(node, begin, middle)));
      begin = middle;
      whole = false;
    }
  }
  if (!whole) path.push(Buffer.from(rangeRoot(node, begin, end)));
  return path.reverse();
}

/** Root over the leaves [begin, end), where `begin` is a multiple of the width of the subtree that the range is the beginning of. */
function rangeRoot(node: NodeSource, begin: number, end: number): Uint8Array {
  const count = end - begin;
  const split = splitOf(count);
  if (count === 1) return node(0, begin);
  if (split * 2 === count) return node(Math.log2(count), begin / count);
  return nodeHash(rangeRoot(node, begin, begin + split), rangeRoot(node, begin + split, end));
}

/** Root over the first `size` leaves. */
export function rootOf(node: NodeSource, size: number): Buffer {
  return size === 0 ? emptyRoot() : Buffer.from(rangeRoot(node, 0, size));
}

/**
 * The root that an audit path leads to (RFC 9162 section 2.1.3.2, the same tree). The caller compares it with a root it
 * trusts. Throws RangeError where the path cannot belong to this index and size.
 */
export function rootFromInclusion(leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Buffer {
  checkHash(leaf);
  checkRange(size, 1, Number.MAX_SAFE_INTEGER, 'tree size');
  checkRange(index, 0, size - 1, 'leaf index');
  let fn = index;
  let sn = size - 1;
  let root: Buffer = Buffer.from(leaf);
  for (const node of path) {
    if (sn === 0) throw new RangeError('the inclusion path is too long for this tree');
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(node, root);
      while (fn % 2 === 0 && fn !== 0) {
        fn = fn / 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      root = nodeHash(root, node);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  if (sn !== 0) throw new RangeError('the inclusion path is too short for this tree');
  return root;
}

/** Whether `path` proves that the tree (oldSize, oldRoot) is a prefix of (size, root). RFC 9162 section 2.1.4.2. Never throws. */
export function verifyConsistency(oldSize: number, oldRoot: Uint8Array, size: number, root: Uint8Array, path: readonly Uint8Array[]): boolean {
  if (![oldSize, size].every(Number.isSafeInteger) || oldSize < 0 || oldSize > size) return false;
  if ([oldRoot, root, ...path].some((hash) => hash.length !== HASH_BYTES)) return false;
  if (oldSize === size) return path.length === 0 && equal(oldRoot, root);
  if (oldSize === 0) return path.length === 0 && equal(oldRoot, emptyRoot());
  let fn = oldSize - 1;
  let sn = size - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  // Where the old size is a power of two, the old root itself is the first node and is left out of the path.
  const nodes = fn === 0 ? [oldRoot, ...path] : path;
  const first = nodes[0];
  if (!first) return false;
  let fr: Uint8Array = first;
  let sr: Uint8Array = first;
  for (const node of nodes.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(node, fr);
      sr = nodeHash(node, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = fn / 2;
        sn = Math.floor(sn / 2);
      }
    } else {
      sr = nodeHash(sr, node);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && equal(fr, oldRoot) && equal(sr, root);
}

/** The largest power of two smaller than n (n > 1); 1 for n = 1. */
function splitOf(n: number): number {
  let split = 1;
  while (split * 2 < n) split *= 2;
  return split;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function checkHash(hash: Uint8Array): void {
  if (hash.length !== HASH_BYTES) throw new RangeError(`a hash has ${HASH_BYTES} bytes, not ${hash.length}`);
}

function checkRange(value: number, min: number, max: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) throw new RangeError(`${what} ${value} is not between ${min} and ${max}`);
}
