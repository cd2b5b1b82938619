/**
 * Files of lines that only grow, on disks that may be slow, full or gone: asynchronous, never through a link, never into a
 * device or FIFO, and never over what is there.
 */
import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { AnchorError } from './errors.ts';

/** A head is a line of about 400 bytes: so much of a file's end holds more than a hundred of them. */
const TAIL_BYTES = 64 * 1024;
/** A look for the newest head goes back so far: ten thousand heads, a week of them; junk of that size is said, and is no state to be called good. */
const MOST_BACK = 4 * 1024 * 1024;
/** Receipts are this side's copy, and the newest ones decide: a day makes about a megabyte, and so a longer file keeps its end only. */
const MOST_LINES_FILE = 1024 * 1024;
const NEWLINE = 0x0a;

async function openPlain(path: string, flags: number, mode?: number): Promise<FileHandle> {
  // O_NONBLOCK: opening a FIFO that somebody put there must not hang us.
  const file = await open(path, flags | constants.O_NONBLOCK | (constants.O_NOFOLLOW ?? 0), mode);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new AnchorError('io', `${path} is not a plain file. Move it away.`);
}

/** The bytes before an offset, TAIL_BYTES at most. */
async function readEnd(file: FileHandle, size: number): Promise<Buffer> {
  const wanted = Math.min(size, TAIL_BYTES);
  const bytes = Buffer.alloc(wanted);
  let at = 0;
  while (at < wanted) {
    const { bytesRead } = await file.read(bytes, at, wanted - at, size - wanted + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

/** A small file as it is. @throws the system's error, or AnchorError 'io' where it is no plain file or larger than `most` bytes. */
export async function readPlain(path: string, most: number): Promise<Buffer> {
  const file = await openPlain(path, constants.O_RDONLY);
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
  let file: FileHandle;
  try {
    file = await openPlain(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const { size } = await file.stat();
    const text = (await readEnd(file, size)).toString('utf8');
    const lines = text.split('\n').slice(0, -1);
    return size > TAIL_BYTES ? lines.slice(1) : lines;
  } finally {
    await file.close();
  }
}

/** What a look from the end of a file found. */
export interface NewestLine<T> {
  readonly found: T | undefined;
  /** Lines of more than 64 KiB that stood after it, and were passed over. */
  readonly tooLong: number;
}

/**
 * The newest whole line that `take` makes something of, from the end of a file backwards. Lines that are too long are passed
 * over; no more than two blocks are held.
 * @throws the system's error; AnchorError 'io' where the last 4 MiB of a longer file have none
 */
export async function newestLine<T>(path: string, take: (line: string) => T | undefined): Promise<NewestLine<T>> {
  let file: FileHandle;
  try {
    file = await openPlain(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { found: undefined, tooLong: 0 };
    throw error;
  }
  try {
    const { size } = await file.stat();
    let tooLong = 0;
    // What is known of the line whose beginning has not been read yet. What follows the last newline is half a line, and none.
    let rest: Buffer | 'torn' | 'too long' = 'torn';
    const whole = (first: Buffer): T | undefined => {
      if (rest === 'torn') return undefined;
      if (rest !== 'too long' && first.length + rest.length <= TAIL_BYTES) return take(Buffer.concat([first, rest]).toString('utf8'));
      tooLong += 1;
      return undefined;
    };
    for (let end = size; end > 0;) {
      if (size - end >= MOST_BACK)
        throw new AnchorError('io', `The last ${MOST_BACK} bytes of ${path} have no head of this ledger. Keep a copy, and move it away.`);
      const block = await readEnd(file, end);
      // The file was cut meanwhile.
      if (block.length === 0) break;
      end -= block.length;
      let upTo = block.length;
      for (let at = block.lastIndexOf(NEWLINE); at >= 0; at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)) {
        const found = whole(block.subarray(at + 1, upTo));
        if (found !== undefined) return { found, tooLong };
        rest = Buffer.alloc(0);
        upTo = at;
      }
      const first = block.subarray(0, upTo);
      if (rest instanceof Buffer) rest = first.length + rest.length > TAIL_BYTES ? 'too long' : Buffer.concat([first, rest]);
    }
    return { found: whole(Buffer.alloc(0)), tooLong };
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
 * @throws the system's error, or AnchorError 'io'
 */
export async function appendLine(path: string, line: string, mode = 0o600): Promise<void> {
  const file = await openPlain(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, mode);
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
  } finally {
    await file.close();
  }
}
