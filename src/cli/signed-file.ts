/** Files that the installation signs for whoever is elsewhere, judged: by the keys of a trust.json, or of the installation that is here, whose ledger has to know of it too. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { InstallationSshKey } from '../crypto/sshsig.ts';
import { largestSmallFile } from '../disk/atomic.ts';
import { storageFault } from '../disk/errno.ts';
import { requirePlain } from '../disk/plain.ts';
import { readLedgerGently } from '../ledger/read.ts';
import { statementDigest, type SignedVerdict } from '../services/deeds/signed.ts';
import { keysFor } from './commands/selftest.ts';
import { CliError, exit } from './exit.ts';
import { jsonText, printable, type CliIo } from './io.ts';

export interface JudgedFile<T> {
  readonly file: string;
  readonly trust: string | undefined;
  readonly json: boolean | undefined;
  readonly judge: (text: string, keys: readonly InstallationSshKey[]) => { readonly verdict: SignedVerdict; readonly statement?: T };
  /** What it is called. */
  readonly what: string;
  /** The event that has its digest. */
  readonly action: string;
}

/** @param more what is shown of a good one. @returns the exit status */
export async function judgeFile<T>({ file, trust, json, judge, what, action }: JudgedFile<T>, io: CliIo, more: (statement: T) => string): Promise<number> {
  const text = readWhole(resolve(file), what).toString('utf8');
  const { of, keys, site } = await keysFor(trust, io);
  const { verdict, statement } = judge(text, keys);
  let entered = true;
  if (site && verdict === 'good') {
    const sha256 = statementDigest(text);
    entered = false;
    await readLedgerGently(site.home.ledger, site.noteKey, {
      onEvent: (event) => {
        if (event.action === action && event.detail?.['sha256'] === sha256) entered = true;
      },
    });
  }
  const good = verdict === 'good' && entered;
  const sentences: Readonly<Record<SignedVerdict, string>> = {
    good: `The ${what} is as ${of} has signed it.`,
    malformed: `It is no ${what} that this version knows.`,
    'other-key': `The ${what} is not signed by a key of ${of}.`,
    'half-signed': `One half alone of the key of ${of} signed the ${what}.`,
    'bad-signature': `The ${what} is not as ${of} signed it: it was changed.`,
  };
  if (json) await io.out(jsonText({ verdict: verdict === 'good' && !entered ? 'not-entered' : verdict, statement: statement ?? null }));
  else {
    await io.out(`${sentences[verdict]}\n${good && statement ? more(statement) : ''}`);
    if (!entered) await io.out(`The ledger of ${of} has no event of it: somebody else has that key, or the ledger was set back.\n`);
  }
  return good ? exit.done : exit.badReport;
}

/** @param what the file is called where it is too long. @param most bytes. @throws CliError, StorageFault */
export function readWhole(path: string, what: string, most = 16 * largestSmallFile): Buffer {
  let fd: number | undefined;
  try {
    fd = requirePlain(path);
    const { size } = fstatSync(fd);
    if (size > most) throw new CliError('usage', `${printable(path)} is too long to be a ${what}.`);
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(fd, bytes, 0, size, 0));
  } catch (error) {
    throw error instanceof CliError ? error : storageFault(error, 'read', path);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
