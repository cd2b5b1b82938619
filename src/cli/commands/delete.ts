/** `wardmux delete`: recordings before their time, by two people. */
import { Option } from 'commander';
import { openInstallation } from '../../services/installation/installation.ts';
import { deleteEarly, type Deleted } from '../../services/recordings/life-cycle.ts';
import { deletionReasons, type DeletionReason } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { jsonText } from '../io.ts';
import { twoPeopleOptions } from '../options.ts';
import type { TwoPeople } from '../person.ts';
import { asPerson } from './person.ts';
import { tellRemoved } from './retention.ts';

type Reason = Exclude<DeletionReason, 'retention'>;

interface Options extends TwoPeople {
  readonly reason: Reason;
  readonly json?: boolean;
}

export const deleteCommand: CliCommand = {
  name: 'delete',
  needs: 'evidence.delete',
  summary: 'Deletes recordings before their time: an auditor and a security admin do it together.',
  description:
    'What they held is gone here. The ledger keeps who deleted which recording, when and why, signed by both, and goes on verifying; list, play and verify say it. What a hold covers is not deleted, nor what still runs, nor what is missing already. Copies on an SSD, in snapshots, backups and exports are not reached by it.',
  examples: [
    ['wardmux delete 20261122-081500-0a1b2c3d --reason mistake --second "Uma Okafor"', 'asks for both passphrases'],
    ['wardmux delete ID ID --reason privacy-request --passphrase-fd 3 --second-passphrase-fd 4 3< FILE 4< OTHER', 'for scripts'],
  ],
  declare: (command, io, done) => {
    twoPeopleOptions(command.argument('<ID...>', 'the recordings'), 'who is asked for in any case')
      .addOption(
        new Option('--reason <REASON>', 'why, for the ledger').choices(deletionReasons.filter((reason) => reason !== 'retention')).makeOptionMandatory(),
      )
      .option('--json', 'print the result as JSON')
      .action(async (ids: string[], options: Options) => {
        const site = await openInstallation(io);
        const deleted: Deleted[] = [];
        try {
          await asPerson(site, options, 'because recordings are deleted before their time', io, async (parts) => {
            for (const id of new Set(ids)) deleted.push(await deleteEarly(parts, id, options.reason));
          });
        } finally {
          // Also where a later one was refused: those before it are gone.
          if (options.json) await io.out(jsonText(deleted));
          else if (deleted.length > 0) await io.out(deleted.map(({ recording }) => `${recording}\tdeleted\n`).join(''));
        }
        done(tellRemoved(deleted, io));
      });
  },
};
