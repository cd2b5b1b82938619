/** A run of a backup, read: its statement and who signed it, what it has, its chunks. What is given to a reader may be of anybody. */
import { closeSync, fstatSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ed25519Verify } from '../crypto/ed25519.ts';
import { mldsa44Verify } from '../crypto/mldsa.ts';
import { StorageFault } from '../disk/fault.ts';
import { openPlain, requirePlain } from '../disk/plain.ts';
import { nameOf, storageFault } from '../disk/errno.ts';
import { utf8Text } from '../disk/utf8.ts';
import type { SegmentOpener } from '../recording/types.ts';
import { BackupError } from './errors.ts';
import { damaged, readAll, readBounded, readGrains, readJsonOf, runsIn, type Grains } from './folder.ts';
import {
  CHUNK_BYTES,
  chunkId,
  grainTag,
  GRAINS_FILE,
  isKept,
  KEY_FILE,
  keySchema,
  MANIFEST_FILE,
  MANIFEST_RECORD_BYTES,
  MOST_KEY_BYTES,
  manifestFileSchema,
  manifestHeadSchema,
  openChunk,
  openRecord,
  PACK_BYTES,
  packName,
  parseRef,
  RUN_FILE,
  runName,
  runSchema,
  runText,
  scopeOf,
  sha256Hex,
  statementSchema,
  TAG_BYTES,
  type ChunkRef,
  type ManifestHead,
  type PackEntry,
  type RunStatement,
  type SetFile,
} from './format.ts';
import { packPath } from './packs.ts';

/** A run whose statement is whole, and signed by the key that it names: whose that is, the caller has to know. */
export interface WholeRun extends RunStatement {
  /** SHA-256 of run.json. */
  readonly sha256: string;
}

/** @returns undefined where it was interrupted. @throws BackupError where its statement is not what its key signed */
export function readRun(folder: string, set: SetFile, run: number): WholeRun | undefined {
  const path = join(folder, runName(run), RUN_FILE);
  const bytes = readBounded(path);
  if (!bytes) return undefined;
  const { statement: text, signature, secondSignature } = readJsonOf(runSchema, path, bytes);
  const statement = readJsonOf(statementSchema, path, Buffer.from(text, 'utf8'));
  const { publicKey, secondKey } = statement;
  const message = runText(text);
  const good =
    ed25519Verify(Buffer.from(publicKey, 'base64url'), message, Buffer.from(signature, 'base64')) &&
    (secondKey === undefined) === (secondSignature === undefined) &&
    (secondKey === undefined || mldsa44Verify(Buffer.from(secondKey, 'base64url'), message, Buffer.from(secondSignature!, 'base64')) !== 'bad');
  if (!good) throw damaged(path, 'is not what the key in it has signed');
  if (statement.run !== run || statement.set !== set.set || statement.installation !== set.installation) throw damaged(path, 'is of another run or backup');
  return { ...statement, sha256: sha256Hex(bytes) };
}

/** Whole runs, ascending, and a sentence for each that is damaged. @throws StorageFault where the folder cannot be read */
export function lookAtRuns(folder: string, set: SetFile): { readonly whole: readonly WholeRun[]; readonly damaged: readonly string[] } {
  const damaged: string[] = [];
  const whole = runsIn(folder).flatMap((run) => {
    try {
      return readRun(folder, set, run) ?? [];
    } catch (error) {
      damaged.push(unusable(error));
      return [];
    }
  });
  return { whole, damaged };
}

/** The sentence of what lies there and cannot be used; whatever else went wrong is thrown on. */
function unusable(error: unknown): string {
  if (error instanceof BackupError || error instanceof StorageFault) return error.message;
  throw error;
}

/**
 * Whether what opens recordings in a run lies in this folder: its key and its grains, and of a run that the ledger calls whole the very statement.
 * @param sha256 of its run.json, as the ledger has it; undefined where the ledger has no end of it
 */
export function hasRun(folder: string, set: SetFile, run: number, sha256: string | undefined): boolean {
  try {
    const path = join(folder, runName(run), KEY_FILE);
    const key = readBounded(path, MOST_KEY_BYTES);
    const grains = openPlain(join(folder, runName(run), GRAINS_FILE));
    if (grains !== undefined) closeSync(grains);
    if (!key || grains === undefined) return false;
    const named = readJsonOf(keySchema, path, key);
    if (named.run !== run || named.set !== set.set) return false;
    if (sha256 === undefined) return true;
    const whole = readRun(folder, set, run);
    return whole?.sha256 === sha256 && whole.keys.some((one) => one.run === run && one.sha256 === sha256Hex(key));
  } catch (error) {
    unusable(error);
    return false;
  }
}

/** One file of a run. */
export interface RunFile {
  readonly path: string;
  readonly size: number;
  readonly chunks: readonly ChunkRef[];
}

/** A run that somebody's key opens. */
export class OpenRun {
  readonly folder: string;
  readonly run: WholeRun;
  readonly head: ManifestHead;
  readonly #opener: Pick<SegmentOpener, 'kid' | 'open'>;
  readonly #secrets: Map<number, Buffer>;
  readonly #setKey: Buffer;
  readonly #grains = new Map<number, Grains>();
  readonly #packs: Map<string, PackEntry>;
  readonly #sealed = Buffer.alloc(CHUNK_BYTES + TAG_BYTES);
  #file: { readonly name: string; readonly fd: number } | undefined;

  private constructor(folder: string, run: WholeRun, opener: Pick<SegmentOpener, 'kid' | 'open'>, secrets: Map<number, Buffer>, head: ManifestHead) {
    this.folder = folder;
    this.run = run;
    this.head = head;
    this.#opener = opener;
    this.#secrets = secrets;
    this.#setKey = Buffer.from(head.setKey, 'base64url');
    this.#packs = new Map(run.packs.map((entry) => [`${entry.run}/${entry.pack}`, entry]));
  }

  /** @throws BackupError: `not-a-recipient`, `damaged` */
  static async open(folder: string, run: WholeRun, opener: Pick<SegmentOpener, 'kid' | 'open'>): Promise<OpenRun> {
    const secrets = new Map([[run.run, await secretOf(folder, run, run.run, opener)]]);
    const [first] = recordsOf(folder, run, secrets.get(run.run)!);
    const text = first && utf8Text(first);
    const line = text?.slice(0, text.indexOf('\n'));
    if (line === undefined) throw damaged(join(folder, runName(run.run), MANIFEST_FILE), 'is empty');
    return new OpenRun(folder, run, opener, secrets, readJsonOf(manifestHeadSchema, MANIFEST_FILE, Buffer.from(line, 'utf8')));
  }

  /** Its files, in order. @throws BackupError where one has a path that no backup has, or where there are others than was signed for */
  *files(): Generator<RunFile> {
    const path = join(this.folder, runName(this.run.run), MANIFEST_FILE);
    const seen = new Set<string>();
    let first = true;
    let bytes = 0;
    for (const record of recordsOf(this.folder, this.run, this.#secrets.get(this.run.run)!)) {
      const lines = utf8Text(record)?.split('\n');
      if (lines?.pop() !== '') throw damaged(path, 'has a record that is no whole lines');
      for (const line of lines) {
        if (first) {
          first = false;
          continue;
        }
        const file = readJsonOf(manifestFileSchema, path, Buffer.from(line, 'utf8'));
        const chunks = file.chunks.map(parseRef).filter((ref) => ref !== undefined);
        const length = chunks.reduce((sum, ref) => sum + ref.length, 0);
        if (!isKept(file.path)) throw damaged(path, `names a file that is none of a data folder: ${JSON.stringify(file.path.slice(0, 100))}`);
        if (seen.has(file.path)) throw damaged(path, `names a file twice: ${file.path}`);
        if (chunks.length !== file.chunks.length || length !== file.size) throw damaged(path, `says of ${file.path} what cannot be`);
        seen.add(file.path);
        bytes += file.size;
        if (seen.size > this.run.files || bytes > this.run.bytes) throw damaged(path, 'has more than was signed for');
        yield { path: file.path, size: file.size, chunks };
      }
    }
    if (seen.size !== this.run.files || bytes !== this.run.bytes) throw damaged(path, 'has less than was signed for');
  }

  /** Whether a file's recording was erased in this backup: then nothing opens it. */
  isErased({ path, chunks }: RunFile): boolean {
    const scope = scopeOf(path);
    return scope !== '' && chunks.some(({ run }) => this.#grain(run, scope) === 'erased');
  }

  /** The plaintext of a chunk. @throws BackupError `damaged` */
  async chunk(ref: ChunkRef, path: string): Promise<Buffer> {
    const pack = this.#packs.get(`${ref.run}/${ref.pack}`);
    const where = packPath(this.folder, ref.run, ref.pack);
    const length = ref.length + TAG_BYTES;
    if (!pack || ref.offset + length > pack.bytes) throw damaged(where, `has nothing where ${path} should be`);
    const secret = this.#secrets.get(ref.run) ?? (await secretOf(this.folder, this.run, ref.run, this.#opener));
    this.#secrets.set(ref.run, secret);
    const sealed = this.#sealed.subarray(0, length);
    readAll(this.#pack(where), sealed, ref.offset, where);
    const scope = scopeOf(path);
    const id = Buffer.from(ref.id, 'base64url');
    const grain = scope === '' ? undefined : this.#grain(ref.run, scope);
    const plain = grain === 'erased' ? undefined : openChunk(secret, id, grain, sealed);
    if (!plain || !chunkId(this.#setKey, scope, plain).equals(id)) throw damaged(where, `does not have what ${path} was`);
    return plain;
  }

  /** `erased` where it was overwritten; undefined where there is none, which is damage. */
  #grain(run: number, scope: string): Buffer | 'erased' | undefined {
    let grains = this.#grains.get(run);
    if (!grains) this.#grains.set(run, (grains = readGrains(this.folder, run)));
    return grains.get(grainTag(this.#setKey, scope).toString('base64url'));
  }

  #pack(name: string): number {
    if (this.#file?.name === name) return this.#file.fd;
    if (this.#file) closeSync(this.#file.fd);
    this.#file = undefined;
    try {
      this.#file = { name, fd: requirePlain(name) };
    } catch (error) {
      throw nameOf(error) === 'ENOENT' ? damaged(name, 'is missing') : storageFault(error, 'read', name);
    }
    return this.#file.fd;
  }

  close(): void {
    if (this.#file) closeSync(this.#file.fd);
    for (const secret of this.#secrets.values()) secret.fill(0);
    this.#setKey.fill(0);
  }
}

async function secretOf(folder: string, run: WholeRun, of: number, opener: Pick<SegmentOpener, 'kid' | 'open'>): Promise<Buffer> {
  const path = join(folder, runName(of), KEY_FILE);
  const bytes = readBounded(path, MOST_KEY_BYTES);
  const named = run.keys.find((key) => key.run === of);
  if (!bytes || sha256Hex(bytes) !== named?.sha256) throw damaged(path, bytes ? 'is not what was signed for' : 'is missing');
  const { recipients } = readJsonOf(keySchema, path, bytes);
  const own = recipients.find(({ kid }) => kid === opener.kid);
  if (!own)
    throw new BackupError(
      'not-a-recipient',
      `Run ${of} of this backup is sealed to ${recipients.map(({ kid }) => kid).join(', ')}, and the key given is ${opener.kid}. Give the file of one of these.`,
    );
  try {
    return await opener.open(own.jwe);
  } catch {
    throw damaged(path, 'does not open with the key that it names');
  }
}

/** Records of a manifest, opened. Its digest is compared at its end: what is given before is sealed by whoever made the run. */
function* recordsOf(folder: string, run: WholeRun, secret: Uint8Array): Generator<Buffer> {
  const path = join(folder, runName(run.run), MANIFEST_FILE);
  let fd: number;
  try {
    fd = requirePlain(path);
  } catch (error) {
    throw nameOf(error) === 'ENOENT' ? damaged(path, 'is missing') : storageFault(error, 'read', path);
  }
  try {
    const { bytes } = run.manifest;
    if (fstatSync(fd).size !== bytes) throw damaged(path, 'is not as long as was signed for');
    const sum = createHash('sha256');
    const head = Buffer.alloc(4);
    for (let at = 0, n = 0; at < bytes; n++) {
      readAll(fd, head, at, path);
      const length = head.readUInt32BE(0);
      if (length > MANIFEST_RECORD_BYTES + TAG_BYTES || at + 4 + length > bytes) throw damaged(path, 'has a record that is longer than it can be');
      const sealed = Buffer.alloc(length);
      readAll(fd, sealed, at + 4, path);
      sum.update(head).update(sealed);
      at += 4 + length;
      const plain = openRecord(secret, n, at === bytes, sealed);
      if (!plain) throw damaged(path, 'does not open');
      if (at === bytes && sum.digest('hex') !== run.manifest.sha256) throw damaged(path, 'is not what was signed for');
      yield plain;
    }
  } finally {
    closeSync(fd);
  }
}

/** What stands in the packs that a run uses, against its statement: without any key. @returns a sentence for each that is not as it was signed for */
export function packFaults(folder: string, runs: readonly WholeRun[], digest: (path: string, bytes: number) => string | undefined): readonly string[] {
  const faults: string[] = [];
  const packs = new Map<string, PackEntry>();
  for (const run of runs)
    for (const entry of run.packs) {
      const other = packs.get(`${entry.run}/${entry.pack}`);
      if (other && other.sha256 !== entry.sha256) faults.push(`Two runs say different things of ${runName(entry.run)}/${packName(entry.pack)}.`);
      packs.set(`${entry.run}/${entry.pack}`, entry);
    }
  for (const { run, pack, bytes, sha256 } of packs.values()) {
    const path = packPath(folder, run, pack);
    if (bytes > PACK_BYTES + CHUNK_BYTES + TAG_BYTES) faults.push(`${path} is said to be longer than a pack can be.`);
    else
      try {
        if (digest(path, bytes) !== sha256) faults.push(`${path} is not what was signed for.`);
      } catch (error) {
        faults.push(nameOf(error) === 'ENOENT' ? `${path} is missing.` : storageFault(error, 'read', path).message);
      }
  }
  return faults;
}
