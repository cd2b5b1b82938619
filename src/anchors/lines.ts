/**
 * Files of lines that only grow, on disks that may be slow, full or gone: asynchronous, never through a link, never into a
 * device or FIFO, and never over what is there.
 */
import { constants } from 'node:fs';
import { stat, type FileHandle } from 'node:fs/promises';
import { openPlainHandle, requirePlainHandle } from '../disk/plain.ts';
import { AnchorError } from './errors.ts';

/** A head is a line of about 400 bytes: so much of a file's end holds more than a hundred of them. */
const TAIL_BYTES = 64 * 1024;
/** A look for heads goes back so far, or to where the last one ended, which may be further: about a thousand of two signatures, a week of a quiet workstation. */
const MOST_BACK = 4 * 1024 * 1024;
/** No more than that is read at one look: so much has nobody handed over since the last one, and it is said. */
const MOST_READ = 32 * 1024 * 1024;
/** Receipts are this side's copy, and the newest ones decide: a day makes about a megabyte, and so a longer file keeps its end only. */
const MOST_LINES_FILE = 1024 * 1024;
const NEWLINE = 0x0a;

/** The bytes before an offset. */
async function readEnd(file: FileHandle, size: number, most = TAIL_BYTES): Promise<Buffer> {
  const wanted = Math.min(size, most);
  const bytes = Buffer.alloc(wanted);
  let at = 0;
  while (at < wanted) {
    const { bytesRead } = await file.read(bytes, at, wanted - at, size - wanted + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

/** A small file as it is. @throws the system's error, NotPlainError, or AnchorError 'io' where it is larger than `most` bytes. */
export async function readPlain(path: string, most: number): Promise<Buffer> {
  const file = await requirePlainHandle(path);
  try {
    const { size } = await file.stat();
    if (size > most) throw new AnchorError('io', `${path} is larger than ${most} bytes, and so is not what it should be.`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** The last whole lines of a file, oldest first; of a long file only those in its last 64 KiB. None where there is no file. @throws the system's error */
export async function lastLines(path: string): Promise<string[]> {
  const file = await openPlainHandle(path);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const text = (await readEnd(file, size)).toString('utf8');
    const lines = text.split('\n').slice(0, -1);
    return size > TAIL_BYTES ? lines.slice(1) : lines;
  } finally {
    await file.close();
  }
}

/**
 * The whole lines of the end of a file, oldest first and empty ones left out; undefined stands for one that is too long. None where there is no file.
 * @param known so much of it was looked at before. Without it all of the file is read.
 * @returns also the length of the file.
 * @throws the system's error, or AnchorError 'io' where that is more than is read at one look
 */
export async function recentLines(
  path: string,
  known: number | undefined,
): Promise<{ readonly lines: readonly (string | undefined)[]; readonly size: number }> {
  const file = await openPlainHandle(path);
  if (!file) return { lines: [], size: 0 };
  try {
    const { size } = await file.stat();
    // The line before it too. A file that is shorter than it was is another one.
    const start = known === undefined || known > size ? 0 : Math.max(0, Math.min(size - MOST_BACK, known - TAIL_BYTES));
    if (size - start > MOST_READ)
      throw new AnchorError(
        'io',
        `${path} has grown by more than ${MOST_READ} bytes since it was last looked at, which no workstation writes: junk, or no receipt says how far it was looked at. Keep a copy, and move it away.`,
      );
    const bytes = await readEnd(file, size, size - start);
    const lines: (string | undefined)[] = [];
    // Of a longer file the first line is half of one.
    let from = start > 0 ? bytes.indexOf(NEWLINE) + 1 || bytes.length : 0;
    for (let end = bytes.indexOf(NEWLINE, from); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      if (end > from) lines.push(end - from > TAIL_BYTES ? undefined : bytes.toString('utf8', from, end));
      from = end + 1;
    }
    return { lines, size };
  } finally {
    await file.close();
  }
}

/** Is a file of lines so long that it is to keep its end only? */
export async function isOverfull(path: string): Promise<boolean> {
  return (await stat(path)).size > MOST_LINES_FILE;
}

/**
 * Appends one line, and returns when it is on the disk and reads back as it was written. Half a line that an earlier
 * write left stays where it is: the new one begins after it.
 * @returns the length of the file then.
 * @throws the system's error, or AnchorError 'io'
 */
export async function appendLine(path: string, line: string, mode = 0o600): Promise<number> {
  const file = await requirePlainHandle(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, mode);
  try {
    const before = (await file.stat()).size;
    const end = before === 0 ? Buffer.of(NEWLINE) : await readEnd(file, before);
    const bytes = Buffer.from(`${end.at(-1) === NEWLINE ? '' : '\n'}${line}\n`, 'utf8');
    for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
    await file.sync();
    const { size } = await file.stat();
    const tail = (await readEnd(file, size)).toString('utf8');
    // Another workstation's process may have appended meanwhile; our line is whole all the same.
    if (!tail.includes(`\n${line}\n`) && tail !== `${line}\n` && !tail.startsWith(`${line}\n`))
      throw new AnchorError('io', `${path} does not give back what was written to it. Check the disk or share.`);
    return size;
  } finally {
    await file.close();
  }
}
