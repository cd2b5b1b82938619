/** One run of a backup: files are cut into chunks, each sealed once in a set; what is there already is named and not written again. */
import { closeSync, constants, fdatasyncSync, mkdirSync, openSync, readSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createNew, syncFolder, writeAtomic } from '../disk/atomic.ts';
import { releaseMemory, writeAll } from '../disk/bytes.ts';
import { storageFault } from '../disk/errno.ts';
import { requirePlain } from '../disk/plain.ts';
import type { InstallationSigner } from '../crypto/signer.ts';
import type { Recipient } from '../recording/types.ts';
import { newSegmentSecret, wrapSecret } from '../recording/wrap.ts';
import type { TreeHead } from '../types/head.ts';
import { BackupError } from './errors.ts';
import { readGrains, type Grains } from './folder.ts';
import {
  CHUNK_BYTES,
  chunkId,
  grainTag,
  GRAIN_BYTES,
  GRAINS_FILE,
  KEY_FILE,
  MANIFEST_FILE,
  MANIFEST_RECORD_BYTES,
  refText,
  RUN_FILE,
  runName,
  runText,
  scopeOf,
  sealChunk,
  sealRecord,
  sha256Hex,
  type ChunkRef,
  type ManifestFile,
  type ManifestHead,
  type RunStatement,
} from './format.ts';
import { KnownChunks, learnRun, PackWriter } from './packs.ts';

export interface RunParts {
  /** Where the backup is. */
  readonly folder: string;
  readonly set: string;
  /** The caller's to wipe. */
  readonly setKey: Uint8Array;
  /** Runs that have a folder already, ascending. */
  readonly before: readonly number[];
  readonly recipients: readonly Recipient[];
  readonly head: ManifestHead;
}

/** What is signed at the end. */
export interface RunEnd {
  readonly signer: InstallationSigner;
  readonly publicKey: string;
  readonly secondKey: string | undefined;
  readonly head: TreeHead;
  readonly began: Date;
  readonly ended: Date;
  /** SHA-256 of the run.json of the whole run before. */
  readonly previous: string | null;
}

export interface RunResult {
  readonly run: number;
  /** SHA-256 of its run.json. */
  readonly sha256: string;
  readonly files: number;
  readonly bytes: number;
  /** Bytes of sealed chunks that were not there before. */
  readonly written: number;
}

export class BackupRun {
  readonly run: number;
  readonly #parts: RunParts;
  readonly #secret: Buffer;
  readonly #known: KnownChunks;
  readonly #packs: PackWriter;
  readonly #grains = new Map<number, Grains>();
  readonly #own = new Map<string, Buffer>();
  readonly #grainFd: number;
  readonly #buffer = Buffer.alloc(CHUNK_BYTES);
  readonly #manifest: ManifestWriter;
  readonly #used = new Set<string>();
  #files = 0;
  #bytes = 0;

  private constructor(parts: RunParts, run: number, secret: Buffer, keySha256: string, known: KnownChunks) {
    this.#parts = parts;
    this.run = run;
    this.#secret = secret;
    this.#known = known;
    this.#packs = new PackWriter(parts.folder, parts.set, parts.setKey, run, keySha256, known);
    const folder = join(parts.folder, runName(run));
    this.#grainFd = requirePlain(join(folder, GRAINS_FILE), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
    this.#manifest = new ManifestWriter(join(folder, MANIFEST_FILE), secret);
    this.#manifest.line(JSON.stringify(parts.head));
  }

  /** @throws StorageFault where the folder cannot be written */
  static async begin(parts: RunParts): Promise<BackupRun> {
    const { folder, set, setKey, before, recipients } = parts;
    const known = new KnownChunks();
    const kids = new Set(recipients.map(({ kid }) => kid));
    for (const run of before) learnRun(known, folder, set, setKey, run, kids);
    const run = (before.at(-1) ?? 0) + 1;
    const own = join(folder, runName(run));
    const secret = newSegmentSecret();
    try {
      const wrapped = await Promise.all(recipients.map(async (recipient) => ({ kid: recipient.kid, jwe: await wrapSecret(secret, recipient) })));
      const key = Buffer.from(`${JSON.stringify({ format: 'wardmux-backup-key', version: 1, set, run, recipients: wrapped })}\n`);
      mkdirSync(own, { mode: 0o700 });
      createNew(join(own, KEY_FILE), key);
      syncFolder(folder);
      known.keys.set(run, sha256Hex(key));
      return new BackupRun(parts, run, secret, sha256Hex(key), known);
    } catch (error) {
      secret.fill(0);
      throw storageFault(error, 'write', own);
    }
  }

  /**
   * Takes in a file as far as `size`.
   * @param path below the data folder, with `/`. @param from an open file, or its bytes. @throws StorageFault; BackupError `changed` where it ends before
   */
  addFile(path: string, from: number | Uint8Array, size: number): void {
    const scope = scopeOf(path);
    const chunks: string[] = [];
    for (let at = 0; at < size;) {
      const plain = this.#buffer.subarray(0, Math.min(CHUNK_BYTES, size - at));
      for (let got = 0; got < plain.length;) {
        const more = readFrom(from, plain.subarray(got), at + got);
        if (more === 0) throw new BackupError('changed', `${path} became shorter while it was read. Run the backup again: what it has written is used.`);
        got += more;
      }
      const ref = this.#chunk(scope, plain);
      this.#used.add(`${ref.run}/${ref.pack}`);
      chunks.push(refText(ref));
      at += plain.length;
    }
    const file: ManifestFile = { path, size, chunks };
    this.#manifest.line(JSON.stringify(file));
    this.#files++;
    this.#bytes += size;
  }

  #chunk(scope: string, plain: Uint8Array): ChunkRef {
    const { setKey } = this.#parts;
    const id = chunkId(setKey, scope, plain);
    const there = this.#known.get(id.toString('base64url'));
    if (there && (scope === '' || this.#hasGrain(there.run, scope))) return there;
    const sealed = sealChunk(this.#secret, id, scope === '' ? undefined : this.#ownGrain(scope), plain);
    const ref = this.#packs.add(id, plain.length, sealed);
    for (const part of sealed) releaseMemory(part);
    return ref;
  }

  /** False where the recording was erased in that run. */
  #hasGrain(run: number, scope: string): boolean {
    const tag = grainTag(this.#parts.setKey, scope).toString('base64url');
    if (run === this.run) return this.#own.has(tag);
    let grains = this.#grains.get(run);
    if (!grains) this.#grains.set(run, (grains = readGrains(this.#parts.folder, run)));
    return Buffer.isBuffer(grains.get(tag));
  }

  #ownGrain(scope: string): Buffer {
    const tag = grainTag(this.#parts.setKey, scope);
    const name = tag.toString('base64url');
    let grain = this.#own.get(name);
    if (!grain) {
      grain = randomBytes(GRAIN_BYTES);
      this.#own.set(name, grain);
      writeAll(this.#grainFd, Buffer.concat([tag, grain]));
    }
    return grain;
  }

  /** The run is whole from here on: its statement is signed and written, last of all. @throws StorageFault */
  async finish({ signer, publicKey, secondKey, head, began, ended, previous }: RunEnd, installation: string): Promise<RunResult> {
    const { folder, set } = this.#parts;
    const own = join(folder, runName(this.run));
    try {
      fdatasyncSync(this.#grainFd);
      this.#packs.close();
      const manifest = this.#manifest.close();
      syncFolder(own);
      const packs = [...this.#used].map((name) => this.#known.packs.get(name)!).sort((a, b) => a.run - b.run || a.pack - b.pack);
      const runs = [...new Set([...packs.map(({ run }) => run), this.run])].sort((a, b) => a - b);
      const statement: RunStatement = {
        format: 'wardmux-backup-run',
        version: 1,
        set,
        run: this.run,
        installation,
        publicKey,
        ...(secondKey === undefined ? {} : { secondKey }),
        began: began.toISOString(),
        ended: ended.toISOString(),
        head: { size: head.size, root: head.root },
        previous,
        keys: runs.map((run) => ({ run, sha256: this.#known.keys.get(run)! })),
        packs,
        manifest,
        files: this.#files,
        bytes: this.#bytes,
      };
      const text = JSON.stringify(statement);
      const signature = Buffer.from(await signer.sign(runText(text))).toString('base64');
      const second = signer.second && Buffer.from(await signer.second.sign(runText(text))).toString('base64');
      const bytes = Buffer.from(`${JSON.stringify({ statement: text, signature, ...(second === undefined ? {} : { secondSignature: second }) })}\n`);
      writeAtomic(join(own, RUN_FILE), bytes);
      return { run: this.run, sha256: sha256Hex(bytes), files: this.#files, bytes: this.#bytes, written: this.#packs.written };
    } catch (error) {
      throw storageFault(error, 'write', own);
    }
  }

  /** Whatever became of it: files are closed, the run's secret is wiped. */
  destroy(): void {
    this.#secret.fill(0);
    this.#buffer.fill(0);
    this.#packs.abandon();
    this.#manifest.abandon();
    for (const grain of this.#own.values()) grain.fill(0);
    closeSync(this.#grainFd);
  }
}

/** Records of whole lines, each sealed at its place; the last one as the last. Each has its length, of the sealed bytes, as u32 before it. */
class ManifestWriter {
  readonly #path: string;
  readonly #fd: number;
  readonly #secret: Uint8Array;
  readonly #sum = createHash('sha256');
  #lines: Buffer[] = [];
  #held = 0;
  #n = 0;
  #bytes = 0;
  #open = true;

  constructor(path: string, secret: Uint8Array) {
    this.#path = path;
    this.#secret = secret;
    this.#fd = openSync(path, 'wx', 0o600);
  }

  line(text: string): void {
    const line = Buffer.from(`${text}\n`, 'utf8');
    if (line.length > MANIFEST_RECORD_BYTES) throw new BackupError('changed', 'A file is too long for a backup (over 36 GiB). Nothing of it was kept.');
    if (this.#held + line.length > MANIFEST_RECORD_BYTES) this.#record(false);
    this.#lines.push(line);
    this.#held += line.length;
  }

  #record(last: boolean): void {
    const sealed = sealRecord(this.#secret, this.#n++, last, Buffer.concat(this.#lines));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(sealed.reduce((sum, part) => sum + part.length, 0));
    try {
      for (const part of [length, ...sealed]) {
        writeAll(this.#fd, part);
        this.#sum.update(part);
        this.#bytes += part.length;
      }
    } catch (error) {
      throw storageFault(error, 'write', this.#path);
    }
    this.#lines = [];
    this.#held = 0;
  }

  close(): RunStatement['manifest'] {
    this.#record(true);
    fdatasyncSync(this.#fd);
    this.abandon();
    return { bytes: this.#bytes, sha256: this.#sum.digest('hex') };
  }

  abandon(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }
}

function readFrom(from: number | Uint8Array, into: Uint8Array, at: number): number {
  if (typeof from === 'number') return readSync(from, into, 0, into.length, at);
  const part = from.subarray(at, at + into.length);
  into.set(part);
  return part.length;
}
