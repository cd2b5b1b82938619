/**
 * A list of files as mtree(8) reads it: a line a file with its kind, mode, size and SHA-256, in the order of the paths' bytes. One tree has one text, so that
 * its SHA-256 stands for all of it. docs/format.md, "The program's files", is normative. Two lists are compared file by file. Pure.
 */
import type { FileChange, IntegrityPart } from '../types/words.ts';

export interface ListedFile {
  /** Below the folder of the list, with slashes. */
  readonly path: string;
  /** `other`: neither a plain file nor a link; `unreadable`: nobody could look at it. */
  readonly kind: 'file' | 'link' | 'other' | 'unreadable';
  /** Of rights, the lowest 12 bits; 0 of a link, which has none. */
  readonly mode: number;
  /** Bytes; 0 of what is no plain file. */
  readonly size: number;
  /** SHA-256 of a plain file; null of everything else. */
  readonly sha256: string | null;
  /** Where a link leads; null of everything else. */
  readonly target: string | null;
}

/** What is not as it was signed for. */
export interface Difference {
  readonly part: IntegrityPart;
  readonly how: FileChange;
  /** For people: where it lies. */
  readonly path: string;
  /** For the ledger: the same, where it is a path of ours, else the nearest folder that is. Undefined where there is none. */
  readonly ours: string | undefined;
  readonly expected: string | null;
  readonly found: string | null;
}

const FIRST = '#mtree v2.0';
const PLAIN = /^[A-Za-z0-9@+_.,~/-]$/;

/** By UTF-8, as every program sorts that knows nothing of languages. */
export const byBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8'));

/** vis(3) with octal digits for everything that a field could end at. */
function escaped(path: string): string {
  let text = '';
  for (const byte of Buffer.from(path, 'utf8')) {
    const letter = String.fromCharCode(byte);
    text += PLAIN.test(letter) ? letter : `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return text;
}

const unescaped = (text: string): string =>
  Buffer.from(
    text.replaceAll(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    'latin1',
  ).toString('utf8');

function lineOf({ path, kind, mode, size, sha256, target }: ListedFile): string {
  const name = `./${escaped(path)}`;
  if (kind === 'file') return `${name} type=file mode=0${mode.toString(8)} size=${size} sha256digest=${sha256}`;
  return kind === 'link' ? `${name} type=link link=${escaped(target ?? '')}` : `${name} type=${kind}`;
}

/** The text of a list, its lines in order, whatever the order of the files. A folder stands before what is in it: mtree(8) takes no file without. */
export function listText(files: readonly ListedFile[]): string {
  const lines = [
    ...files.map((file) => ({ path: file.path, line: lineOf(file) })),
    ...[...foldersOf(files)].map((path) => ({ path, line: `./${escaped(path)} type=dir` })),
  ].toSorted((one, other) => byBytes(one.path, other.path));
  return [FIRST, '. type=dir', ...lines.map(({ line }) => line)].map((line) => `${line}\n`).join('');
}

const FILE_LINE = /^\.\/(\S+) type=file mode=0([0-7]{1,4}) size=(\d{1,15}) sha256digest=([0-9a-f]{64})$/;
const LINK_LINE = /^\.\/(\S+) type=link link=(\S+)$/;

/** @returns undefined where it is no list of ours: one that reads differently is none. */
export function parseList(text: string): readonly ListedFile[] | undefined {
  const [first, ...lines] = text.split('\n').slice(0, -1);
  if (first !== FIRST) return undefined;
  const files = lines.flatMap((line): ListedFile[] => {
    const [, path, mode, size, sha256] = FILE_LINE.exec(line) ?? [];
    if (path !== undefined)
      return [{ path: unescaped(path), kind: 'file', mode: Number.parseInt(mode!, 8), size: Number(size), sha256: sha256!, target: null }];
    const [, link, target] = LINK_LINE.exec(line) ?? [];
    return link === undefined ? [] : [{ path: unescaped(link), kind: 'link', mode: 0, size: 0, sha256: null, target: unescaped(target!) }];
  });
  return listText(files) === text ? files : undefined;
}

/** The nearest folder above a path that has a file of the list in it. */
function folderOf(path: string, folders: ReadonlySet<string>): string | undefined {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) if (folders.has(path.slice(0, end))) return path.slice(0, end);
  return undefined;
}

function foldersOf(files: readonly ListedFile[]): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const { path } of files) for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) folders.add(path.slice(0, end));
  return folders;
}

function changeOf(expected: ListedFile, found: ListedFile): FileChange | undefined {
  if (found.kind === 'unreadable') return 'unreadable';
  if (expected.kind !== found.kind) return 'kind';
  if (expected.sha256 !== found.sha256 || expected.target !== found.target) return 'changed';
  return expected.mode === found.mode ? undefined : 'mode';
}

/** What of the files that are there is not as the list has it, in the order of their paths. */
export function compareLists(expected: readonly ListedFile[], found: readonly ListedFile[]): readonly Difference[] {
  const there = new Map(found.map((file) => [file.path, file]));
  const listed = new Set(expected.map(({ path }) => path));
  const folders = foldersOf(expected);
  const gone = expected.flatMap((file): Difference[] => {
    const { path, sha256 } = file;
    const other = there.get(path);
    const how = other ? changeOf(file, other) : 'missing';
    return how === undefined ? [] : [{ part: 'program', how, path, ours: path, expected: sha256, found: other?.sha256 ?? null }];
  });
  const added = found.flatMap(({ path, sha256 }): Difference[] =>
    listed.has(path) ? [] : [{ part: 'program', how: 'added', path, ours: folderOf(path, folders), expected: null, found: sha256 }],
  );
  return [...gone, ...added].toSorted((one, other) => byBytes(one.path, other.path));
}
