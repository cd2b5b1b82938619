/**
 * A file on another disk or a share: one line a head, appended, durable, never written over.
 *
 * "Kept" means: the line was appended, fsync returned for file and folder, and it reads back. What a share's server does
 * after its fsync is the server's word. The folder must carry our mark, because the mount point of a share that is not
 * mounted is an empty folder on the very disk that this is a safeguard against.
 */
import { accessSync, constants, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { NoteKey } from '../ledger/note.ts';
import { createNew, readSmall } from '../disk/atomic.ts';
import { StorageFault } from '../disk/fault.ts';
import { isInside } from '../disk/inside.ts';
import { parseJson, toJson } from '../disk/json.ts';
import { requirePlainHandle } from '../disk/plain.ts';
import { anchorError, AnchorError } from './errors.ts';
import { absolutePath, anchorName, everySeconds } from './fields.ts';
import { AnchorUsage, type AnchorKind, type Channel, type PreparedFor } from './kind.ts';
import { appendLine, recentLines } from './lines.ts';
import { newestHead, unknownSentence, type NewestHead } from './newest.ts';
import { contradicts, type RootAt } from './relation.ts';

/** Readable for whoever audits the share; nothing secret is in a head. */
const DROP_MODE = 0o644;

const markSchema = z.strictObject({ format: z.literal('wardmux-file-drop'), version: z.literal(1), installation: z.string() });

/** The file that an installation's heads go to, in a folder that many workstations may share. */
export const dropPath = (folder: string, installation: string): string => join(folder, `${installation}.heads.jsonl`);
/** Alerts of an installation, a line each: what watches the folder reads a new one. */
const alertPath = (folder: string, installation: string): string => join(folder, `${installation}.alerts.jsonl`);
const markPath = (folder: string, installation: string): string => join(folder, `${installation}.drop.json`);

/** Marks a folder as a drop of this installation; one that is marked already stays as it is. @throws StorageFault */
export function markDrop(folder: string, installation: string): void {
  const path = markPath(folder, installation);
  try {
    createNew(path, toJson({ format: 'wardmux-file-drop', version: 1, installation }), DROP_MODE);
  } catch (error) {
    if (!(error instanceof StorageFault) || error.code !== 'exists') throw error;
    parseJson(markSchema, readSmall(path) ?? Buffer.alloc(0), path, 'Move it away, then add the anchor again.');
  }
}

/**
 * The first part of a path that this account can put something else in the place of: a link, or a folder whose parent it can write. Whoever can do that
 * sets the anchor back, whatever may be done to the files behind it.
 * @param folder absolute.
 */
function replaceablePart(folder: string): string | undefined {
  const parts = (path: string): string[] => (dirname(path) === path ? [] : [...parts(dirname(path)), path]);
  return [...new Set([...parts(folder), ...parts(realpathSync(folder))])].find((part) => {
    const parent = statSync(dirname(part));
    // In a folder like /tmp only the owner of what lies there takes it away.
    if ((parent.mode & STICKY) !== 0 && parent.uid !== process.geteuid!() && lstatSync(part).uid !== process.geteuid!()) return false;
    try {
      accessSync(dirname(part), constants.W_OK);
      return true;
    } catch {
      // Who owns a folder changes its mode.
      return parent.uid === process.geteuid!();
    }
  });
}

const STICKY = 0o1000;

const rowSchema = z.strictObject({
  name: anchorName,
  kind: z.literal('file').describe('A file on another disk or a share.'),
  folder: absolutePath.describe('A folder on another disk or a share. wardmux anchor add marks it, so that an empty mount point is not taken for it.'),
  everySeconds,
});
export type FileAnchor = z.infer<typeof rowSchema>;

const proofSchema = z.strictObject({
  kind: z.literal('file'),
  path: z.string(),
  /** Bytes of the file, the head's line among them, when it had been looked at up to there. */
  end: z.int().min(0),
});

type FileProof = z.infer<typeof proofSchema>;

export interface FileDropOptions {
  readonly row: FileAnchor;
  readonly installation: string;
  readonly key: NoteKey;
  readonly rootAt: RootAt;
}

export function fileDrop({ row, installation, key, rootAt }: FileDropOptions): Channel<FileProof> {
  const path = dropPath(row.folder, installation);

  async function requireMark(): Promise<void> {
    const mark = markPath(row.folder, installation);
    try {
      const file = await requirePlainHandle(mark);
      await file.close();
    } catch (error) {
      const failure = anchorError(error, `${row.folder} cannot be used`);
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw failure;
      throw new AnchorError(
        'not-marked',
        `${row.folder} is not marked as a file drop of this workstation: its disk or share is not mounted there, or nobody added it. Mount it, or run: wardmux anchor add ${row.name} --file '${row.folder}'`,
      );
    }
  }

  async function look(known: FileProof | undefined): Promise<NewestHead & { readonly size: number }> {
    try {
      await requireMark();
      // Half a line of a crash, or a line that somebody else put there, is no head.
      const { lines, size } = await recentLines(path, known?.kind === 'file' && known.path === path ? known.end : undefined);
      return { ...newestHead(lines, key), size };
    } catch (error) {
      throw anchorError(error, `${path} cannot be read`);
    }
  }

  return {
    where: path,
    async latest(known) {
      const { size: _, ...newest } = await look(known);
      return newest;
    },
    async send(head, _, known) {
      const { found: there, disordered, unknown, size } = await look(known);
      // Behind ours they would no longer be seen.
      if (unknown > 0) throw new AnchorError('unknown-key', unknownSentence(path, unknown));
      for (const outside of [...(there ? [there] : []), ...disordered]) {
        const contradiction = await contradicts(outside, head, rootAt);
        if (contradiction)
          throw new AnchorError('diverged', `${path} keeps a head of ${outside.time} that this ledger does not extend: ${contradiction}`, {
            outside: outside.note,
          });
      }
      if (there && there.size === head.size && there.root === head.root && there.time >= head.time && (!there.half || head.half))
        return { kind: 'file', path, end: size };
      // Another process of this installation has handed over a newer one, which covers it.
      if (there && there.size > head.size) return { kind: 'file', path, end: size };
      try {
        return { kind: 'file', path, end: await appendLine(path, JSON.stringify({ note: head.note }), DROP_MODE) };
      } catch (error) {
        throw anchorError(error, `${path} cannot be written`);
      }
    },
    async alert({ text }, signature) {
      const alerts = alertPath(row.folder, installation);
      try {
        await requireMark();
        await appendLine(alerts, JSON.stringify({ alert: text, signature }), DROP_MODE);
      } catch (error) {
        throw anchorError(error, `${alerts} cannot be written`);
      }
    },
    async check() {
      // The receipt is only our word that the head stood in the file; the file is asked by latest().
      return undefined;
    },
  };
}

/** Looks at the folder of a drop, and marks it. */
function prepareDrop({ folder }: FileAnchor, { home, installation, talk }: PreparedFor): void {
  let isWithin: boolean;
  try {
    isWithin = isInside(folder, home);
  } catch (error) {
    throw new AnchorUsage(`${folder} is not there (${(error as NodeJS.ErrnoException).code ?? 'unknown'}). Mount the disk or share first.`);
  }
  if (isWithin) throw new AnchorUsage(`${folder} is in the data folder: whoever sets that back sets the anchor back with it. Choose another disk or a share.`);
  if (!statSync(folder).isDirectory()) throw new AnchorUsage(`${folder} is not a folder.`);
  markDrop(folder, installation);
  if (statSync(folder).dev === statSync(home).dev)
    talk(`note: ${folder} is on the same disk as the data folder. It shows that the ledger was set back only where the forger does not reach it.`);
  const part = replaceablePart(folder);
  if (part !== undefined)
    talk(
      `note: ${part} is where this account can put something else in its place, with an older copy of the heads behind it. An anchor is what this account cannot turn aside: have each folder on the way belong to another account.`,
    );
}

export const fileKind: AnchorKind<FileAnchor, FileProof> = {
  kind: 'file',
  row: rowSchema,
  proof: proofSchema,
  // A minute is what a forger can still cut.
  everySeconds: 60,
  restSeconds: 600,
  // A share that hangs holds one of the four threads that Node has for files: two of them leave the recordings theirs.
  most: { rows: 2, sentence: 'has more than 2 file drops' },
  open: (row, context) => fileDrop({ row, ...context }),
  place: ['<FOLDER>', 'a folder on another disk or a share'],
  options: [],
  fromOptions: ({ base, place }) => ({ kind: 'file', folder: resolve(place), ...base }),
  folder: (row) => row.folder,
  prepare: prepareDrop,
};
