/** `wardmux erase`: recordings, or a span of one, erased by two, with a certificate; and whether a certificate is good. */
import { Option } from 'commander';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { createNew, writeAtomic } from '../../disk/atomic.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { eraseContent, eraseSpan, judgeCertificate, type Erased, type ErasureParts } from '../../services/recordings/erasure.ts';
import { openInstallation } from '../../services/installation/installation.ts';
import { deletionReasons, type DeletionReason } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { printable, type CliIo } from '../io.ts';
import { twoPeopleOptions } from '../options.ts';
import { somebody, type TwoPeople } from '../person.ts';
import { span } from '../redaction-options.ts';
import { asPerson } from './person.ts';
import { judgeFile } from '../signed-file.ts';

type Reason = Exclude<DeletionReason, 'retention'>;

interface Options extends TwoPeople {
  readonly of?: string;
  readonly from?: string;
  readonly to?: string;
  readonly key?: string;
  readonly reason?: Reason;
  readonly backup?: readonly string[];
  readonly out?: string;
  readonly verify?: string;
  readonly trust?: string;
  readonly json?: boolean;
}

async function erase(ids: readonly string[], { of, from, to, key, reason, backup = [], out, json, trust, ...people }: Options, io: CliIo): Promise<number> {
  if ((of === undefined) === (ids.length === 0)) throw new CliError('usage', 'Say what is erased: recordings by their ids, or --of PERSON; one of them.');
  if (reason === undefined || out === undefined) throw new CliError('usage', 'Say why (--reason) and where the certificate goes (--out FILE).');
  if (trust !== undefined) throw new CliError('usage', '--trust goes with --verify FILE.');
  const part = spanOf(ids, { from, to, key });
  const opener = part && (await AuditKeyOpener.fromFile(resolve(part.key)));
  const site = await openInstallation(io);
  const owner = of === undefined ? undefined : await somebody(site, of);
  // Its place first: what was erased has its certificate, whatever stands there.
  const place = resolve(out);
  createNew(place, '');
  const folders = backup.map((folder) => resolve(folder));
  const whole = async (parts: ErasureParts, why: Reason): Promise<Erased> => {
    const all =
      owner === undefined
        ? [...new Set(ids)]
        : [...(await parts.ledger.recordings())].flatMap(([id, { person, deleted }]) => (person === owner && (!deleted || backup.length > 0) ? [id] : []));
    return eraseContent(parts, all, why, folders);
  };
  const { certificate, left } = await asPerson(site, people, 'because content is erased', io, (given) => {
    const parts = { ...given, now: io.now };
    return part && opener ? eraseSpan(parts, ids[0]!, { ...part, opener, reason }, folders) : whole(parts, reason);
  }).catch((error: unknown) => {
    rmSync(place, { force: true });
    throw error;
  });
  const { text, sha256: digest, statement } = certificate;
  writeAtomic(place, text);
  if (json) await io.out(text);
  else await io.out(statement.recordings.map(({ recording, ...one }) => `${recording}\terased${'pieces' in one ? `\t${one.pieces} pieces` : ''}\n`).join(''));
  io.talk(
    `The certificate is in ${printable(out)}; SHA-256 ${digest}. Whoever has the installation's trust.json checks it: wardmux erase --verify FILE --trust trust.json`,
  );
  if (statement.version === 2)
    io.talk(
      'If it was a password, change it: whoever has a key of this recording can still hold guesses against what proves the rest, and finds again in seconds what was typed and shown letter by letter.',
    );
  for (const { backup: name, runs, state } of statement.backups)
    if (state === 'has-it')
      io.talk(
        `Backup ${name}, runs ${runs.join(', ')}, was not at hand, or not all of it, and may still have it: erase it there too (--backup DIR), or destroy that backup.`,
      );
  for (const { recording, sha256 } of statement.exports) io.talk(`Recording ${recording} was exported before (${sha256}): that copy is not reached.`);
  for (const sentence of left) io.talk(`Left as it is: ${sentence}`);
  return left.length > 0 || statement.recordings.some((one) => 'removed' in one && !one.removed) ? exit.failed : exit.done;
}

/** A span of one recording; undefined where all of it is erased. @throws CliError */
function spanOf(
  ids: readonly string[],
  { from, to, key }: Pick<Options, 'from' | 'to' | 'key'>,
): { readonly fromMs: number; readonly toMs: number; readonly key: string } | undefined {
  if (from === undefined && to === undefined && key === undefined) return undefined;
  if (from === undefined || to === undefined || key === undefined || ids.length !== 1)
    throw new CliError(
      'usage',
      'To erase a span of one recording give its id, --from, --to, and --key FILE: an audit key that opens it, because what is left is sealed anew. Nothing was erased.',
    );
  const { fromUs, toUs } = span({ from, to }, ids[0]);
  return { fromMs: Math.floor(fromUs! / 1000), toMs: Math.ceil(toUs! / 1000), key };
}

const verify = (file: string, { trust, json }: Pick<Options, 'trust' | 'json'>, io: CliIo): Promise<number> =>
  judgeFile({ file, trust, json, judge: judgeCertificate, what: 'certificate', action: 'erasure.certified' }, io, ({ backups }) =>
    backups.map(({ backup, state }) => `${backup}\t${state}\n`).join(''),
  );

export const eraseCommand: CliCommand = {
  name: 'erase',
  needs: { erase: 'evidence.delete', '--verify': 'evidence.read' },
  summary:
    'Erases the content of recordings, or of a span of one, here and in backups at hand, with a signed certificate: an auditor and a security admin do it together.',
  description:
    'As delete does, of single recordings or of everything of a person; and in each backup that is named, what opens them there is overwritten, so that no key opens them in that folder again. The certificate names every backup that the ledger knows with whether it was at hand, and every export. What a hold covers is left. With --from and --to only what was printed, typed and marked in that span of one recording goes, and every snapshot of the screen behind its beginning; the rest plays and verifies as before. Neither of the two is whose recording it is. Of a span, a backup at hand loses all of that recording, and its next run has it anew without the span.',
  examples: [
    ['wardmux erase ID --reason privacy-request --backup /media/ada/BACKUP --out certificate.json --second "Uma Okafor"', 'asks for both passphrases'],
    ['wardmux erase --of "Eve Example" --reason legal --out certificate.json --second "Uma Okafor"', 'everything of a person'],
    [
      'wardmux erase ID --from 0:12:30 --to 0:12:40 --key audit-key.json --reason mistake --out certificate.json --second "Uma Okafor"',
      'a password that was printed',
    ],
    ['wardmux erase --verify certificate.json --trust trust.json', 'whether a certificate is good, for an auditor elsewhere'],
  ],
  declare: (command, io, done) => {
    twoPeopleOptions(command.argument('[ID...]', 'the recordings'), 'who is asked for in any case')
      .option('--of <PERSON>', 'everything of this person instead, by id or name')
      .option('--from <T>', 'a span of one recording: from h:mm:ss since its start, or from a moment on')
      .option('--to <T>', 'its end')
      .option('--key <FILE>', 'with a span: the audit key that opens the recording')
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
