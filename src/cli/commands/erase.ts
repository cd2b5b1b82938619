/** `wardmux erase`: recordings, erased by two, with a certificate; and whether a certificate is good. */
import { Option } from 'commander';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { createNew, writeAtomic } from '../../disk/atomic.ts';
import { eraseContent, judgeCertificate } from '../../services/recordings/erasure.ts';
import { openInstallation } from '../../services/installation/installation.ts';
import { deletionReasons, type DeletionReason } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { printable, type CliIo } from '../io.ts';
import { twoPeopleOptions } from '../options.ts';
import { somebody, type TwoPeople } from '../person.ts';
import { asPerson } from './person.ts';
import { judgeFile } from '../signed-file.ts';

interface Options extends TwoPeople {
  readonly of?: string;
  readonly reason?: Exclude<DeletionReason, 'retention'>;
  readonly backup?: readonly string[];
  readonly out?: string;
  readonly verify?: string;
  readonly trust?: string;
  readonly json?: boolean;
}

async function erase(ids: readonly string[], { of, reason, backup = [], out, json, trust, ...people }: Options, io: CliIo): Promise<number> {
  if ((of === undefined) === (ids.length === 0)) throw new CliError('usage', 'Say what is erased: recordings by their ids, or --of PERSON; one of them.');
  if (reason === undefined || out === undefined) throw new CliError('usage', 'Say why (--reason) and where the certificate goes (--out FILE).');
  if (trust !== undefined) throw new CliError('usage', '--trust goes with --verify FILE.');
  const site = await openInstallation(io);
  const owner = of === undefined ? undefined : await somebody(site, of);
  // Its place first: what was erased has its certificate, whatever stands there.
  const place = resolve(out);
  createNew(place, '');
  const { certificate, left } = await asPerson(site, people, 'because content is erased', io, async (parts) => {
    const all =
      owner === undefined
        ? [...new Set(ids)]
        : [...(await parts.ledger.recordings())].flatMap(([id, { person, deleted }]) => (person === owner && (!deleted || backup.length > 0) ? [id] : []));
    return eraseContent(
      { ...parts, now: io.now },
      all,
      reason,
      backup.map((folder) => resolve(folder)),
    );
  }).catch((error: unknown) => {
    rmSync(place, { force: true });
    throw error;
  });
  const { text, sha256: digest, statement } = certificate;
  writeAtomic(place, text);
  if (json) await io.out(text);
  else await io.out(statement.recordings.map(({ recording }) => `${recording}\terased\n`).join(''));
  io.talk(
    `The certificate is in ${printable(out)}; SHA-256 ${digest}. Whoever has the installation's trust.json checks it: wardmux erase --verify FILE --trust trust.json`,
  );
  for (const { backup: name, runs, state } of statement.backups)
    if (state === 'has-it')
      io.talk(
        `Backup ${name}, runs ${runs.join(', ')}, was not at hand, or not all of it, and may still have it: erase it there too (--backup DIR), or destroy that backup.`,
      );
  for (const { recording, sha256 } of statement.exports) io.talk(`Recording ${recording} was exported before (${sha256}): that copy is not reached.`);
  for (const sentence of left) io.talk(`Left as it is: ${sentence}`);
  return left.length > 0 || statement.recordings.some(({ removed }) => !removed) ? exit.failed : exit.done;
}

const verify = (file: string, { trust, json }: Pick<Options, 'trust' | 'json'>, io: CliIo): Promise<number> =>
  judgeFile({ file, trust, json, judge: judgeCertificate, what: 'certificate', action: 'erasure.certified' }, io, ({ backups }) =>
    backups.map(({ backup, state }) => `${backup}\t${state}\n`).join(''),
  );

export const eraseCommand: CliCommand = {
  name: 'erase',
  needs: { erase: 'evidence.delete', '--verify': 'evidence.read' },
  summary: 'Erases the content of recordings, here and in backups at hand, with a signed certificate: an auditor and a security admin do it together.',
  description:
    'As delete does, of single recordings or of everything of a person; and in each backup that is named, what opens them there is overwritten, so that no key opens them in that folder again. The certificate names every backup that the ledger knows with whether it was at hand, and every export. What a hold covers is left.',
  examples: [
    ['wardmux erase ID --reason privacy-request --backup /media/ada/BACKUP --out certificate.json --second "Uma Okafor"', 'asks for both passphrases'],
    ['wardmux erase --of "Eve Example" --reason legal --out certificate.json --second "Uma Okafor"', 'everything of a person'],
    ['wardmux erase --verify certificate.json --trust trust.json', 'whether a certificate is good, for an auditor elsewhere'],
  ],
  declare: (command, io, done) => {
    twoPeopleOptions(command.argument('[ID...]', 'the recordings'), 'who is asked for in any case')
      .option('--of <PERSON>', 'everything of this person instead, by id or name')
      .addOption(new Option('--reason <REASON>', 'why, for the ledger').choices(deletionReasons.filter((reason) => reason !== 'retention')))
      .addOption(
        new Option('--backup <DIR>', 'a backup that is at hand; more than once for more').argParser((one: string, before: string[] = []) => [...before, one]),
      )
      .option('--out <FILE>', 'where the certificate goes: a new file')
      .option('--verify <FILE>', 'judge a certificate instead')
      .option('--trust <FILE>', 'with --verify: the keys of this trust.json, and not those of the installation here')
      .option('--json', 'print the certificate, or what became of it, as JSON')
      .action(async (ids: string[], options: Options) => {
        done(options.verify === undefined ? await erase(ids, options, io) : await verify(options.verify, options, io));
      });
  },
};
