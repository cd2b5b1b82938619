/** The list of the program's files that somebody signs for: made, kept under its digest, and read back. It counts because an event of the ledger has that digest. */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { readSmall, writeAtomic } from '../disk/atomic.ts';
import { utf8Text } from '../disk/utf8.ts';
import type { BaselineRequest, Decided } from '../ledger/certificate.ts';
import type { AuditEntry } from '../ledger/events.ts';
import type { Home } from '../storage/index.ts';
import { Refusal } from '../types/refusal.ts';
import { version as ownVersion } from '../version.ts';
import { parseList, type ListedFile } from './list.ts';
import { isCheckout, listProgram, type ProgramFiles } from './program.ts';

/** The program as it lies there. */
export interface Program extends ProgramFiles {
  /** Of Wardmux. */
  readonly version: string;
  readonly checkout: boolean;
}

/** @param folder where it lies. @param pause behind each piece that is read */
export const lookAtProgram = async (folder: string, pause?: () => Promise<unknown>, version = ownVersion): Promise<Program> => ({
  ...(await listProgram(folder, pause)),
  version,
  checkout: isCheckout(folder),
});

/** Most bytes of a list: some ten thousand files. */
const MOST_BYTES = 8 * 1024 * 1024;

/** For people, and for the ledger: below the data folder. */
export const listName = (sha256: string): string => `baselines/${sha256}.mtree`;
const listPath = (home: Pick<Home, 'baselines'>, sha256: string): string => join(home.baselines, `${sha256}.mtree`);

/** Keeps a list. @throws StorageFault; Refusal where a file of it could not be looked at, for which nobody can sign */
export function keepList(home: Pick<Home, 'baselines'>, { files, text, sha256 }: ProgramFiles): void {
  const strange = files.find(({ kind }) => kind !== 'file' && kind !== 'link');
  if (strange)
    throw new Refusal('no-program', `${strange.path} of the program is no file that can be read. Nothing was accepted. Look at it, or install Wardmux again.`);
  writeAtomic(listPath(home, sha256), text);
}

/** The list with that digest. @returns a word where it is not there, or is another one. */
export function readList(home: Pick<Home, 'baselines'>, sha256: string): readonly ListedFile[] | 'missing' | 'changed' {
  let bytes: Buffer | undefined;
  try {
    bytes = readSmall(listPath(home, sha256), MOST_BYTES);
  } catch {
    return 'changed';
  }
  if (!bytes) return 'missing';
  return (hash('sha256', bytes, 'hex') === sha256 ? parseList(utf8Text(bytes) ?? '') : undefined) ?? 'changed';
}

/** What is signed for a program. @param before the event of the list that it takes the place of; null where there is none */
export const baselineRequest = (
  { sha256, version, files, checkout }: Program,
  before: { readonly sha256: string; readonly seq: number } | null,
  note: string | null,
): Omit<BaselineRequest, 'asked'> => ({
  sha256,
  previousSha256: before?.sha256 ?? null,
  version,
  files: files.length,
  checkout,
  note,
  after: before?.seq ?? null,
});

/** The event of a list that was signed for. @param request what was signed, as `baselineRequest` makes it. @param decided by whom */
export const baselineEntry = (
  person: string,
  { sha256, previousSha256, version, files, checkout, note }: Omit<BaselineRequest, 'asked'>,
  decided: Decided,
): AuditEntry => ({
  action: 'integrity.baseline',
  person,
  detail: {
    sha256,
    ...(previousSha256 === null ? {} : { previousSha256 }),
    version,
    files,
    checkout,
    ...(note === null ? {} : { note }),
    ...decided,
  },
});
