/** A tape archive (POSIX.1-1988 ustar) of small folders, for what stock tools unpack: plain files, one folder deep, nothing of whose they are. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BLOCK = 512;

export interface TarFolder {
  /** As it is called in the archive. */
  readonly name: string;
  readonly folder: string;
}

/** @throws RangeError where a name is longer than a header has room for, or a file than it can say */
function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100 || size >= 8 ** 11) throw new RangeError(`no such entry in a tar: ${name}`);
  const field = (at: number, text: string): number => header.write(text, at, 'latin1');
  const octal = (at: number, value: number, digits: number): number => field(at, value.toString(8).padStart(digits, '0'));
  header.write(name, 0, 'utf8');
  octal(100, 0o600, 7);
  octal(108, 0, 7);
  octal(116, 0, 7);
  octal(124, size, 11);
  octal(136, 0, 11);
  field(148, '        ');
  field(156, '0');
  field(257, 'ustar\0' + '00');
  octal(
    148,
    header.reduce((sum, byte) => sum + byte, 0),
    6,
  );
  field(154, '\0 ');
  return header;
}

/** The archive, whole. @throws what the system says */
export function tarOf(folders: readonly TarFolder[]): Buffer {
  const parts: Buffer[] = [];
  for (const { name, folder } of folders)
    for (const file of readdirSync(folder).toSorted()) {
      const bytes = readFileSync(join(folder, file));
      parts.push(headerOf(`${name}/${file}`, bytes.length), bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK));
    }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}
