/** Heads of the ledger that are kept outside of it, as a list to compare with. */
import { closeSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { passLines, skipLine } from '../ledger/files.ts';
import { openPlain } from '../disk/plain.ts';
import type { NoteKey } from '../ledger/note.ts';
import { AnchorError, anchorError } from './errors.ts';
import { headOfNote, isOfUnknownKey, noteOfLine } from './head.ts';
import { inspectAnchor, type KeptAnchor } from './inspect.ts';
import type { AnchorHead } from './types.ts';

/** A head with where it was found. */
export interface KnownHead extends AnchorHead {
  readonly source: string;
  /** It lies in the data folder, and is set back with it. */
  readonly here?: boolean;
}

/** What a collector writes down of our messages: the note is in Base64 in this parameter (see syslog.ts). */
const NOTE_PARAMETER = /\bnote="([A-Za-z0-9+/]+={0,2})"/;
/** A whole note has about 400 bytes; a collector may write a line of its own around it. */
const MAX_LINE = 64 * 1024;
/** A small file may be a note as it is, over several lines. */
const FIRST_LINE = /^wardmux\.localhost\/w-[0-9a-f]{12}\/ledger$/;

/** A checkpoint has four lines of text; those that witnesses add to are not much longer. */
const MAX_TEXT_LINES = 16;

/** Visits each whole line of a file that is not too long. @returns how many are. */
function passShort(path: string, visit: (line: string) => void): number {
  const fd = openPlain(path);
  if (fd === undefined) return 0;
  try {
    const long = new Set<number>();
    for (let start = 0; ;) {
      const { end, tornBytes } = passLines(
        fd,
        start,
        (line, offset) => {
          if (line.length > MAX_LINE) long.add(offset);
          else visit(line.toString('utf8'));
        },
        MAX_LINE,
      );
      if (tornBytes <= MAX_LINE) return long.size;
      // The pass ended before a line that is too long.
      long.add(end);
      const next = skipLine(fd, end);
      if (next === undefined) return long.size;
      start = next;
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads heads from a file or from every plain file of a folder: a file drop, a copy of checkpoints.jsonl, what a collector
 * wrote, or a note as it is.
 * @returns the heads of this ledger; how many notes are of another ledger or no checkpoint; how many are of this one by name, and signed by no key
 * that is known here; and how many lines are too long to be one and were passed over.
 * @throws AnchorError where the path cannot be read, or is neither file nor folder.
 */
export function readHeads(
  path: string,
  key: NoteKey,
): { readonly heads: KnownHead[]; readonly foreign: number; readonly unknown: number; readonly tooLong: number } {
  try {
    const stat = lstatSync(path);
    if (!stat.isFile() && !stat.isDirectory()) throw new AnchorError('io', `${path} is neither a file nor a folder.`);
    const files = stat.isFile()
      ? [path]
      : readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ name }) => join(path, name))
          .sort();
    const heads: KnownHead[] = [];
    let foreign = 0;
    let unknown = 0;
    let tooLong = 0;
    for (const file of files) {
      const take = (note: string): void => {
        const head = headOfNote(note, key);
        if (head) heads.push({ ...head, source: file });
        else if (isOfUnknownKey(note, key)) unknown += 1;
        else foreign += 1;
      };
      // A note over several lines: its text, an empty line, and signatures.
      let whole: string[] = [];
      const end = (): void => {
        if (whole.length > 0) take(`${whole.join('\n')}\n`);
        whole = [];
      };
      tooLong += passShort(file, (line) => {
        const belongs = whole.includes('') ? line.startsWith('— ') : whole.length > 0 && whole.length < MAX_TEXT_LINES;
        if (FIRST_LINE.test(line) || !belongs) end();
        if (FIRST_LINE.test(line) || belongs) whole.push(line);
        // Also inside of what looks like a note: a line that somebody put there must not hide those after it.
        const note = noteOfLine(line) ?? NOTE_PARAMETER.exec(line)?.[1];
        if (note !== undefined) take(note.includes('\n') ? note : Buffer.from(note, 'base64').toString('utf8'));
      });
      end();
    }
    return { heads, foreign, unknown, tooLong };
  } catch (error) {
    throw anchorError(error, `${path} cannot be read`);
  }
}

/** The newest head that each anchor is known to have: its receipt, what waits to go, and what can be read back from a file drop. */
export async function knownHeads(anchors: readonly KeptAnchor[], key: NoteKey): Promise<KnownHead[]> {
  const found = await Promise.all(
    anchors.map(async (anchor) => {
      // Nothing is compared here: that is for who asks.
      const { heads } = await inspectAnchor(anchor, undefined, key, { rootAt: async () => undefined, timeOf: async () => undefined }, true);
      return heads.map((head) => ({ ...head, source: head.here ? `the receipts for ${anchor.channel.where}` : anchor.channel.where }));
    }),
  );
  return found.flat();
}
