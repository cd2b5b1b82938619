/** Packs: files of sealed chunks, each with an index that the workstation's key of the set vouches for. Nobody else's index makes a run leave something out. */
import { closeSync, constants, fdatasyncSync, fstatSync, lstatSync, readdirSync, readSync } from 'node:fs';
import { createHash, timingSafeEqual, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { createNew } from '../disk/atomic.ts';
import { writeAll } from '../disk/bytes.ts';
import { storageFault } from '../disk/errno.ts';
import { requirePlain } from '../disk/plain.ts';
import { BackupError } from './errors.ts';
import { readBounded, readJsonOf } from './folder.ts';
import {
  indexMac,
  KEY_FILE,
  keySchema,
  MOST_KEY_BYTES,
  PACK_BYTES,
  packName,
  packNumber,
  runName,
  sha256Hex,
  TAG_BYTES,
  type ChunkRef,
  type PackEntry,
} from './format.ts';

const MAGIC = Buffer.from('WMXBIX1\n', 'latin1');
/** 32 bytes of id, offset and length as u32. */
const ENTRY_BYTES = 40;
const MAC_BYTES = 32;
/** Magic, length of the pack as u32, its SHA-256. */
const HEAD_BYTES = MAGIC.length + 4 + 32;
const MOST_INDEX_BYTES = 256 * 1024 * 1024;

const placeOf = (set: string, run: number, pack: number): string => `${set}/${run}/${pack}`;
const indexPath = (folder: string, run: number, pack: number): string => join(folder, runName(run), `${packName(pack)}.index`);
export const packPath = (folder: string, run: number, pack: number): string => join(folder, runName(run), packName(pack));

/** Where each chunk stands that a run can use again. */
export class KnownChunks {
  readonly #refs = new Map<string, ChunkRef>();
  readonly packs = new Map<string, PackEntry>();
  /** SHA-256 of the key.json of each run that has one. */
  readonly keys = new Map<number, string>();

  get(id: string): ChunkRef | undefined {
    return this.#refs.get(id);
  }

  add(ref: ChunkRef): void {
    this.#refs.set(ref.id, ref);
  }

  pack(run: number, pack: number): PackEntry | undefined {
    return this.packs.get(`${run}/${pack}`);
  }

  addPack(entry: PackEntry): void {
    this.packs.set(`${entry.run}/${entry.pack}`, entry);
  }
}

/**
 * Takes in what the indices of a run say, also of one that was interrupted; whatever is not vouched for, or not as long as it says, is passed over. So is a run
 * that is sealed to others: what the policy in force seals to nobody else opens for nobody else.
 * @param kids of those to whom the new run is sealed
 */
export function learnRun(known: KnownChunks, folder: string, set: string, setKey: Uint8Array, run: number, kids: ReadonlySet<string>): void {
  const path = join(folder, runName(run), KEY_FILE);
  const key = readBounded(path, MOST_KEY_BYTES);
  if (!key || !isSealedTo(path, key, kids)) return;
  const keySha256 = sha256Hex(key);
  known.keys.set(run, keySha256);
  for (const name of readdirSync(join(folder, runName(run)))) {
    const pack = packNumber(name);
    if (pack === undefined) continue;
    const bytes = readBounded(indexPath(folder, run, pack), MOST_INDEX_BYTES);
    if (!bytes || bytes.length < HEAD_BYTES + MAC_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) continue;
    const sha256 = bytes.toString('hex', MAGIC.length + 4, HEAD_BYTES);
    const entries = bytes.subarray(HEAD_BYTES, bytes.length - MAC_BYTES);
    const wanted = indexMac(setKey, placeOf(set, run, pack), keySha256, bytes.subarray(0, bytes.length - MAC_BYTES));
    if (!timingSafeEqual(wanted, bytes.subarray(bytes.length - MAC_BYTES)) || entries.length % ENTRY_BYTES !== 0) continue;
    const length = bytes.readUInt32BE(MAGIC.length);
    if (lstatSync(packPath(folder, run, pack)).size !== length) continue;
    known.addPack({ run, pack, bytes: length, sha256 });
    for (let at = 0; at < entries.length; at += ENTRY_BYTES)
      known.add({ run, pack, id: entries.toString('base64url', at, at + 32), offset: entries.readUInt32BE(at + 32), length: entries.readUInt32BE(at + 36) });
  }
}

/** Whether a key.json names these and nobody else. One that says nothing is no fault here: its run is not used. */
function isSealedTo(path: string, key: Uint8Array, kids: ReadonlySet<string>): boolean {
  try {
    const named = new Set(readJsonOf(keySchema, path, key).recipients.map(({ kid }) => kid));
    return named.size === kids.size && [...named].every((kid) => kids.has(kid));
  } catch (error) {
    if (error instanceof BackupError) return false;
    throw error;
  }
}

/** Writes the packs of one run. */
export class PackWriter {
  readonly #folder: string;
  readonly #set: string;
  readonly #setKey: Uint8Array;
  readonly #run: number;
  readonly #keySha256: string;
  readonly #known: KnownChunks;
  #open: { readonly fd: number; readonly pack: number; readonly hash: Hash; readonly entries: Buffer[]; bytes: number } | undefined;
  #next = 0;
  /** Bytes that were written. */
  written = 0;

  constructor(folder: string, set: string, setKey: Uint8Array, run: number, keySha256: string, known: KnownChunks) {
    this.#folder = folder;
    this.#set = set;
    this.#setKey = setKey;
    this.#run = run;
    this.#keySha256 = keySha256;
    this.#known = known;
  }

  /** @param sealed its parts, in order. @returns where it stands. @throws StorageFault */
  add(id: Uint8Array, length: number, sealed: readonly Uint8Array[]): ChunkRef {
    const path = packPath(this.#folder, this.#run, this.#open?.pack ?? this.#next);
    try {
      this.#open ??= {
        fd: requirePlain(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL),
        pack: this.#next++,
        hash: createHash('sha256'),
        entries: [],
        bytes: 0,
      };
      const open = this.#open;
      const ref: ChunkRef = { run: this.#run, pack: open.pack, offset: open.bytes, length, id: Buffer.from(id).toString('base64url') };
      const entry = Buffer.alloc(ENTRY_BYTES);
      entry.set(id);
      entry.writeUInt32BE(open.bytes, 32);
      entry.writeUInt32BE(length, 36);
      for (const part of sealed) {
        writeAll(open.fd, part);
        open.hash.update(part);
      }
      open.bytes += length + TAG_BYTES;
      this.written += length + TAG_BYTES;
      open.entries.push(entry);
      this.#known.add(ref);
      if (open.bytes >= PACK_BYTES) this.close();
      return ref;
    } catch (error) {
      throw storageFault(error, 'write', path);
    }
  }

  /** The pack that is being written is whole: from now on another run can use it. @throws StorageFault */
  close(): void {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    const path = packPath(this.#folder, this.#run, open.pack);
    try {
      fdatasyncSync(open.fd);
    } catch (error) {
      throw storageFault(error, 'write', path);
    } finally {
      closeSync(open.fd);
    }
    const sha256 = open.hash.digest();
    const length = Buffer.alloc(4);
    length.writeUInt32BE(open.bytes);
    const bytes = Buffer.concat([MAGIC, length, sha256, ...open.entries]);
    const mac = indexMac(this.#setKey, placeOf(this.#set, this.#run, open.pack), this.#keySha256, bytes);
    createNew(indexPath(this.#folder, this.#run, open.pack), Buffer.concat([bytes, mac]));
    this.#known.addPack({ run: this.#run, pack: open.pack, bytes: open.bytes, sha256: sha256.toString('hex') });
  }

  /** Lets go of the file that is open, whatever it has. */
  abandon(): void {
    if (this.#open) closeSync(this.#open.fd);
    this.#open = undefined;
  }
}

/** SHA-256 of a file of that length. @returns undefined where it is not so long */
export function digestOf(path: string, bytes: number, buffer: Buffer): string | undefined {
  const fd = requirePlain(path);
  try {
    if (fstatSync(fd).size !== bytes) return undefined;
    const sum = createHash('sha256');
    for (let at = 0; at < bytes;) {
      const got = readSync(fd, buffer, 0, Math.min(buffer.length, bytes - at), at);
      if (got === 0) return undefined;
      sum.update(buffer.subarray(0, got));
      at += got;
    }
    return sum.digest('hex');
  } finally {
    closeSync(fd);
  }
}
