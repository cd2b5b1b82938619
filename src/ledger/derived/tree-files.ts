/**
 * The ledger's Merkle tree on the disk: hashes of the levels 0, 8, 16, … in a file each, and where each event's line
 * begins. Derived from events.jsonl: whoever reads a node here checks what it leads to against a signed root.
 */
import { closeSync, constants, fdatasyncSync, fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { writeAll } from '../../disk/bytes.ts';
import { NotPlainError, requirePlain } from '../../disk/plain.ts';
import { HASH_BYTES, nodeHash, type NodeSource } from '../../merkle/tree.ts';
import { Doubt } from './doubt.ts';

/** Levels between two that are kept: a node between them costs at most 255 hashes, and a leaf 1/255 more space. */
const STEP = 8;
const FAN = 2 ** STEP;
/** 2^32 events: more than a workstation sees in a thousand years. */
const LEVELS = [0, 8, 16, 24] as const;
/** Bytes of an offset: files of up to 256 TiB. */
const OFFSET_BYTES = 6;

/** @param write makes the file where it is missing. @throws Doubt where a reader finds none, or it is no plain file */
export function openDerived(path: string, write: boolean): number {
  try {
    return requirePlain(path, write ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY);
  } catch (error) {
    if (write && !(error instanceof NotPlainError)) throw error;
    throw new Doubt(`${path} cannot be read, or is no plain file`);
  }
}

/** Reads exactly these bytes. @throws Doubt where the file ends before. */
export function readExactly(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let read = 0; read < length;) {
    const count = readSync(fd, bytes, read, length - read, at + read);
    if (count === 0) throw new Doubt('a file beside the ledger is too short');
    read += count;
  }
  return bytes;
}

export class TreeFiles {
  readonly #levels: readonly number[];
  readonly #offsets: number;

  /** @param folder exists. */
  constructor(folder: string, write: boolean) {
    const opened: number[] = [];
    const open = (name: string): number => {
      const fd = openDerived(join(folder, name), write);
      opened.push(fd);
      return fd;
    };
    try {
      this.#levels = LEVELS.map((level) => open(`tree-${level}`));
      this.#offsets = open('offsets');
    } catch (error) {
      for (const fd of opened) closeSync(fd);
      throw error;
    }
  }

  /** Leaves that the files have room for in full; what they are worth, a root says. */
  get size(): number {
    return Math.min(Math.floor(fstatSync(this.#levels[0]!).size / HASH_BYTES), Math.floor(fstatSync(this.#offsets).size / OFFSET_BYTES));
  }

  /**
   * Writes leaves from index `at` on, and the nodes that they complete.
   * @param offsets where the lines of these leaves begin in events.jsonl.
   */
  put(at: number, leaves: readonly Uint8Array[], offsets: readonly number[]): void {
    if (leaves.length === 0) return;
    writeAll(this.#levels[0]!, Buffer.concat(leaves), at * HASH_BYTES);
    const places = Buffer.allocUnsafe(offsets.length * OFFSET_BYTES);
    offsets.forEach((offset, i) => places.writeUIntBE(offset, i * OFFSET_BYTES, OFFSET_BYTES));
    writeAll(this.#offsets, places, at * OFFSET_BYTES);
    let first = at;
    let end = at + leaves.length;
    for (let k = 1; k < LEVELS.length; k++) {
      first = Math.floor(first / FAN);
      end = Math.floor(end / FAN);
      for (let index = first; index < end; index++) {
        const below = readExactly(this.#levels[k - 1]!, index * FAN * HASH_BYTES, FAN * HASH_BYTES);
        writeAll(this.#levels[k]!, fold(below), index * HASH_BYTES);
      }
    }
  }

  /** @throws Doubt where the files are too short. */
  readonly node: NodeSource = (level, index) => {
    const k = Math.min(Math.floor(level / STEP), LEVELS.length - 1);
    const width = 2 ** (level - k * STEP);
    return fold(readExactly(this.#levels[k]!, index * width * HASH_BYTES, width * HASH_BYTES));
  };

  /** Where the line of an event begins. @throws Doubt */
  offset(seq: number): number {
    return readExactly(this.#offsets, seq * OFFSET_BYTES, OFFSET_BYTES).readUIntBE(0, OFFSET_BYTES);
  }

  sync(): void {
    for (const fd of [...this.#levels, this.#offsets]) fdatasyncSync(fd);
  }

  close(): void {
    for (const fd of [...this.#levels, this.#offsets]) closeSync(fd);
  }
}

/** Root over 2^n hashes that stand one after the other. */
function fold(hashes: Buffer): Buffer {
  let row: Uint8Array[] = [];
  for (let at = 0; at < hashes.length; at += HASH_BYTES) row.push(hashes.subarray(at, at + HASH_BYTES));
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2) above.push(nodeHash(row[i]!, row[i + 1]!));
    row = above;
  }
  return Buffer.from(row[0]!);
}
