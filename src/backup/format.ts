/**
 * How a backup is written (docs/backup.md): names, schemas, and what seals its parts. Pure. Each run has a secret of its own, wrapped for the audit keys
 * of the policy in force as a segment's secret is, so the workstation can open nothing that it wrote before.
 */
import { createCipheriv, createDecipheriv, createHmac, hash } from 'node:crypto';
import { z } from 'zod';
import { BACKUP_ID, INSTALLATION_ID, RECORDING_ID } from '../types/ids.ts';

/** Bytes of plaintext in a chunk, at most. */
export const CHUNK_BYTES = 4 * 1024 * 1024;
/** A pack that has so many bytes takes no further chunk: what an interrupted run loses at most. */
export const PACK_BYTES = 64 * 1024 * 1024;
/** Bytes of plaintext in a record of the manifest, at most. */
export const MANIFEST_RECORD_BYTES = 1024 * 1024;
export const TAG_BYTES = 16;
/** A file of JSON in a backup: a run of 10 TiB names its packs in fewer. */
export const MOST_JSON_BYTES = 32 * 1024 * 1024;
/** A key.json: 64 wraps are a quarter of it. */
export const MOST_KEY_BYTES = 256 * 1024;
/** More runs than one an hour for ten years are a mistake. */
export const MOST_RUNS = 100_000;

export const SET_FILE = 'wardmux-backup.json';
export const KEY_FILE = 'key.json';
export const MANIFEST_FILE = 'manifest';
export const GRAINS_FILE = 'grains';
export const RUN_FILE = 'run.json';

const RUN_NAME = /^run-(\d{6,9})$/;
const PACK_NAME = /^pack-(\d{6,9})$/;
export const runName = (run: number): string => `run-${String(run).padStart(6, '0')}`;
export const packName = (pack: number): string => `pack-${String(pack).padStart(6, '0')}`;
const numbered = (name: string, pattern: RegExp, nameOf: (n: number) => string): number | undefined => {
  const number = Number(pattern.exec(name)?.[1] ?? Number.NaN);
  return Number.isSafeInteger(number) && nameOf(number) === name ? number : undefined;
};
export const runNumber = (name: string): number | undefined => numbered(name, RUN_NAME, runName);
export const packNumber = (name: string): number | undefined => numbered(name, PACK_NAME, packName);

const count = z.int().min(0);
const sha256Text = z.string().regex(/^[0-9a-f]{64}$/);
const set = z.string().regex(BACKUP_ID);
const kid = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

export const setSchema = z.strictObject({ format: z.literal('wardmux-backup'), version: z.literal(1), set, installation: z.string().regex(INSTALLATION_ID) });
export type SetFile = z.infer<typeof setSchema>;

export const keySchema = z.strictObject({
  format: z.literal('wardmux-backup-key'),
  version: z.literal(1),
  set,
  run: count,
  recipients: z
    .array(z.strictObject({ kid, jwe: z.string().max(1024) }))
    .min(1)
    .max(64),
});

const pack = z.strictObject({ run: count, pack: count, bytes: count, sha256: sha256Text });
export type PackEntry = z.infer<typeof pack>;

/** What is signed of a run, but the signatures. */
export const statementSchema = z.strictObject({
  format: z.literal('wardmux-backup-run'),
  version: z.literal(1),
  set,
  run: count,
  installation: z.string().regex(INSTALLATION_ID),
  /** Public halves of the key that signs it, as installation.json has them. */
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  secondKey: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1750}$/)
    .optional(),
  began: z.iso.datetime(),
  ended: z.iso.datetime(),
  /** The head of the ledger that it has. */
  head: z.strictObject({ size: count, root: sha256Text }),
  /** SHA-256 of the run.json of the whole run before it; null for the first one. */
  previous: sha256Text.nullable(),
  /** SHA-256 of key.json of this run and of those whose packs it uses. */
  keys: z.array(z.strictObject({ run: count, sha256: sha256Text })).max(MOST_RUNS),
  /** Every pack that it uses. */
  packs: z.array(pack),
  manifest: z.strictObject({ bytes: count, sha256: sha256Text }),
  files: count,
  bytes: count,
});
export type RunStatement = z.infer<typeof statementSchema>;

export const runSchema = z.strictObject({ statement: z.string(), signature: z.base64().length(88), secondSignature: z.base64().max(4096).optional() });
export const runText = (statement: string): Buffer => Buffer.from(`wardmux/v1/backup-run\n${statement}`, 'utf8');

/** The key of the set: it makes the names of chunks and vouches for indices. It stays in the workstation's secret store, and in each sealed manifest. */
export const SET_KEY_BYTES = 32;
export const GRAIN_BYTES = 32;
export const ID_BYTES = 32;
const NO_GRAIN = Buffer.alloc(0);

const mac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer => {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
};
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The name of a chunk. @param scope a recording's id, or nothing: what is the same in two recordings is kept for each. */
export const chunkId = (setKey: Uint8Array, scope: string, plain: Uint8Array): Buffer => mac(setKey, ascii(`chunk\n${scope}\n`), plain);
/** The name of a recording among the grains. */
export const grainTag = (setKey: Uint8Array, recording: string): Buffer => mac(setKey, ascii(`grain\n${recording}\n`));
/** What vouches for the index of a pack. */
export const indexMac = (setKey: Uint8Array, place: string, keySha256: string, index: Uint8Array): Buffer =>
  mac(setKey, ascii(`index\n${place}\n${keySha256}\n`), index);

function aesSeal(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plain: Uint8Array): Buffer[] {
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(aad);
  return [cipher.update(plain), cipher.final(), cipher.getAuthTag()];
}

function aesOpen(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}

/** One key seals one chunk, so its nonce is nothing. Without the grain the run's secret opens it not. */
const chunkKey = (secret: Uint8Array, id: Uint8Array, grain: Uint8Array): Buffer => mac(secret, ascii('chunk\n'), id, grain);
const NONCE = Buffer.alloc(12);

/** @param grain of the recording in this run; nothing for what is of none. */
export const sealChunk = (secret: Uint8Array, id: Uint8Array, grain: Uint8Array | undefined, plain: Uint8Array): Buffer[] =>
  aesSeal(chunkKey(secret, id, grain ?? NO_GRAIN), NONCE, id, plain);
/** Undefined where it is not what was sealed under that name. */
export const openChunk = (secret: Uint8Array, id: Uint8Array, grain: Uint8Array | undefined, sealed: Uint8Array): Buffer | undefined =>
  aesOpen(chunkKey(secret, id, grain ?? NO_GRAIN), NONCE, id, sealed);

function recordNonce(n: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce[0] = last ? 1 : 0;
  nonce.writeUIntBE(n, 6, 6);
  return nonce;
}
/** A record of the manifest: at its place, and the last one as the last, or not at all. */
export const sealRecord = (secret: Uint8Array, n: number, last: boolean, plain: Uint8Array): Buffer[] =>
  aesSeal(mac(secret, ascii('manifest\n')), recordNonce(n, last), NO_GRAIN, plain);
export const openRecord = (secret: Uint8Array, n: number, last: boolean, sealed: Uint8Array): Buffer | undefined =>
  aesOpen(mac(secret, ascii('manifest\n')), recordNonce(n, last), NO_GRAIN, sealed);

/** Where a chunk stands: `RUN.PACK.OFFSET.LENGTH.ID`, the length being that of its plaintext. */
export interface ChunkRef {
  readonly run: number;
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
  /** Base64url of 32 bytes. */
  readonly id: string;
}
export const refText = ({ run, pack, offset, length, id }: ChunkRef): string => `${run}.${pack}.${offset}.${length}.${id}`;
const REF = /^(\d{1,9})\.(\d{1,9})\.(\d{1,12})\.(\d{1,7})\.([A-Za-z0-9_-]{43})$/;
/** Undefined where it is none. */
export function parseRef(text: string): ChunkRef | undefined {
  const match = REF.exec(text);
  if (!match) return undefined;
  const [run, pack, offset, length] = match.slice(1, 5).map(Number) as [number, number, number, number];
  return length > 0 && length <= CHUNK_BYTES ? { run, pack, offset, length, id: match[5]! } : undefined;
}

/** The first line of a manifest. */
export const manifestHeadSchema = z.strictObject({
  setKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** Secrets of the installation, base64url: its signing key and what else its secret store has for it. */
  secrets: z.record(z.string().regex(/^[a-z0-9][a-z0-9.-]{0,60}$/), z.string().max(16_384)),
});
export type ManifestHead = z.infer<typeof manifestHeadSchema>;
/** Every further line: a file. */
export const manifestFileSchema = z.strictObject({ path: z.string().max(400), size: count, chunks: z.array(z.string().max(100)) });
export type ManifestFile = z.infer<typeof manifestFileSchema>;

/**
 * What stands in the data folder and belongs to a backup: a file, or folders with how deep they go. Not `secrets/`, which the manifest has, nor `run/`, which is of
 * this moment, nor `sinks/`: files are read after the ledger is held still, so a place there can lie beyond the ledger of the same run. Without one a sink begins
 * again, and a collector gets events twice, with the same ids, and misses none. Where windows stood (`window.json`, `display.json`) is of this machine's screens.
 */
const kept: Readonly<Record<string, number>> = {
  'installation.json': 0,
  'policy.json': 0,
  'revocations.list': 0,
  'hosts.json': 0,
  policies: 1,
  people: 1,
  ledger: 1,
  'ledger.late': 1,
  anchors: 3,
  recordings: 2,
  workspaces: 1,
  'break-glass': 1,
  disclosures: 1,
  'alert-notes': 1,
  baselines: 1,
};
export const keptNames = Object.keys(kept);
/** Made anew, of this moment, or another machine's. */
const passing = /^(?:\.|(?:ledger\/(?:lock|reserve|derived)|recordings\/[^/]+\/(?:live|reserve))(?:\/|$))/;
const STEP = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;

/** Whether a path, with `/` between its steps, is one that a backup has. It is then below the folder that it is put in, whatever it says. */
export function isKept(path: string): boolean {
  const steps = path.split('/');
  const depth = Object.hasOwn(kept, steps[0]!) ? kept[steps[0]!]! : -1;
  const deep = steps.length - 1;
  return (depth === 0 ? deep === 0 : deep >= 1 && deep <= depth) && steps.every((step) => STEP.test(step)) && !passing.test(path);
}

/** The recording whose a file is; nothing where it is of none. */
export function scopeOf(path: string): string {
  const [top, id = ''] = path.split('/');
  return top === 'recordings' && RECORDING_ID.test(id) ? id : '';
}

export const sha256Hex = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');
