/**
 * Events that a process could not enter before its end: kept signed beside the ledger, and entered by whoever opens it next.
 * Nothing of them is believed because it lies there: the installation's key has signed each file, and one counts once, because
 * the ledger says which it has taken.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { largestSmallFile, readSmall, syncFolder, writeAtomic } from '../disk/atomic.ts';
import { utf8Text } from '../disk/utf8.ts';
import type { InstallationSigner } from '../crypto/signer.ts';
import type { Entering } from './entering.ts';
import { checkEntry } from './events.ts';
import { openNote, signNote, type NoteKey } from './note.ts';

/** Text of one file at most, ASCII: with its signature it stays a small file. */
const MAX_TEXT_BYTES = largestSmallFile - 4096;

export interface KeptEvents {
  readonly path: string;
  /** Of the text that was signed: what is added to a file makes no other of it. */
  readonly sha256: string;
  readonly entries: readonly Entering[];
}

const firstLine = ({ name }: NoteKey): string => `${name}/late`;

/** @param stamp begins the names of the files, so that they sort by time. @returns the folder. @throws StorageFault, and what the signer says */
export async function keepLate(folder: string, entries: readonly Entering[], key: NoteKey, signer: InstallationSigner, stamp: string): Promise<string> {
  const texts: string[] = [];
  for (const { entry, authority, happened } of entries) {
    const line = `${JSON.stringify({ entry, authority, happened })}\n`;
    const text = texts.at(-1);
    if (text === undefined || text.length + line.length > MAX_TEXT_BYTES) texts.push(`${firstLine(key)}\n${line}`);
    else texts[texts.length - 1] = text + line;
  }
  const notes = await Promise.all(texts.map((text) => signNote(text, key, (bytes) => signer.sign(bytes))));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  for (const [n, note] of notes.entries()) writeAtomic(join(folder, `${stamp}-${process.pid}-${String(n).padStart(4, '0')}`), note);
  return folder;
}

/**
 * Reads what was kept, oldest first, and moves aside what this key has not signed.
 * @param aside begins the name that such a file gets.
 * @returns what was kept, and what is to be told of the rest.
 */
export function readKept(folder: string, key: NoteKey, aside: string): { readonly kept: readonly KeptEvents[]; readonly found: readonly Entering[] } {
  const kept: KeptEvents[] = [];
  let strange = 0;
  let strangeBytes = 0;
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const bytes = bytesOf(path);
    const opened = open(bytes, key);
    if (opened) {
      kept.push({ path, ...opened });
      continue;
    }
    renameSync(path, `${aside}-${name}`);
    strange++;
    strangeBytes += bytes.length;
  }
  if (strange === 0) return { kept, found: [] };
  syncFolder(folder);
  // One event, however many somebody has put there: whoever opens the ledger next would fill it with them.
  return { kept, found: [{ entry: { action: 'ledger.unvouched', detail: { file: 'late', lines: 0, bytes: strangeBytes } }, authority: null }] };
}

function namesIn(folder: string): string[] {
  try {
    // A name with a dot is a file that was not written whole.
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** None of what is no file of ours. */
function bytesOf(path: string): Buffer {
  try {
    return readSmall(path) ?? Buffer.alloc(0);
  } catch {
    return Buffer.alloc(0);
  }
}

function open(bytes: Buffer, key: NoteKey): Omit<KeptEvents, 'path'> | undefined {
  const note = utf8Text(bytes);
  const text = note === undefined ? undefined : openNote(note, key, largestSmallFile);
  if (text === undefined) return undefined;
  const [first, ...lines] = text.slice(0, -1).split('\n');
  if (first !== firstLine(key)) return undefined;
  try {
    const entries = lines.map((line) => JSON.parse(line) as Entering);
    for (const { entry } of entries) checkEntry(entry);
    return { sha256: createHash('sha256').update(text).digest('hex'), entries };
  } catch {
    return undefined;
  }
}
