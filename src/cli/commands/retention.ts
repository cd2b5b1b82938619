/** `wardmux retention`: what the policy's time is over of, and deleting it. */
import { Option } from 'commander';
import { LedgerView } from '../../ledger/view.ts';
import { policyInForce } from '../../policy/index.ts';
import { deciderOf } from '../../services/deeds/decide.ts';
import { openInstallation, withLedger } from '../../services/installation/installation.ts';
import { finishErasures } from '../../services/recordings/erase-span.ts';
import { expiries, noRetention, runRetention, type Deleted, type Expiry } from '../../services/recordings/life-cycle.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { columns, jsonText, type CliIo } from '../io.ts';
import { personOptions, wholeNumber } from '../options.ts';
import { unlockPerson, type PersonOptions } from '../person.ts';
import { DAY_MS } from '../../types/units.ts';

interface RunOptions extends PersonOptions {
  readonly dryRun?: boolean;
  readonly ahead: number;
  readonly json?: boolean;
}

/** Says where files are still there. @returns the exit status */
export function tellRemoved(deleted: readonly Deleted[], io: Pick<CliIo, 'talk'>): number {
  const stay = deleted.filter(({ removed }) => !removed).map(({ recording }) => recording);
  if (stay.length > 0)
    io.talk(
      `The ledger has ${stay.join(', ')} as deleted, and the files could not be removed: look at the disk, then run wardmux retention run, or delete another one, which takes them away.`,
    );
  return stay.length > 0 ? exit.failed : exit.done;
}

function tellLeft(left: readonly string[], io: Pick<CliIo, 'talk'>): void {
  for (const sentence of left) io.talk(`Left as it is: ${sentence}`);
}

const table = (rows: readonly Expiry[]): string =>
  columns([
    ['ID', 'PERSON', 'BEGAN', 'EXPIRES', 'STATE'],
    ...rows.map(({ recording, person, began, expires, held, due }) => [
      recording,
      person ?? '-',
      began,
      expires,
      held.length > 0 ? `held (${held.join(', ')})` : due ? 'expired' : 'kept',
    ]),
  ]);

/** What would be deleted now, and what will be within some days. Needs no key. */
async function ahead({ ahead: days, json }: RunOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const view = await LedgerView.open(site.home.ledger, site.noteKey);
  try {
    const kept = view && policyInForce(site.home, view.facts).policy.retention?.contentDays;
    if (!view || kept === undefined) throw noRetention();
    const now = io.now();
    const rows = expiries(await view.recordings(), view.facts.holds, kept, now).filter(({ expires }) => Date.parse(expires) <= now + days * DAY_MS);
    if (json) await io.out(jsonText(rows));
    else if (rows.length > 0) await io.out(table(rows));
    io.talk(
      `Recordings are kept for ${kept} days. ${rows.filter(({ due, held }) => due && held.length === 0).length} would be deleted now, ${rows.filter(({ due, held }) => due && held.length > 0).length} more are held, and of ${rows.filter(({ due }) => !due).length} the time is over within ${days} days. Nothing was deleted.`,
    );
    return exit.done;
  } finally {
    view?.close();
  }
}

async function run(options: RunOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const identity = await unlockPerson(site, options, io);
  try {
    const { deleted, held, left } = await withLedger(
      site,
      async ({ ledger }) => {
        const open = await finishErasures({ home: site.home, ledger });
        // Said first: where the policy keeps everything, nothing is said behind it.
        tellLeft(open, io);
        const ran = await runRetention({ home: site.home, ledger, admin: deciderOf(identity) }, policyInForce(site.home, ledger.facts), io.now());
        tellLeft(ran.left, io);
        return { ...ran, left: [...open, ...ran.left] };
      },
      { identity, talk: io.talk },
    );
    if (options.json) await io.out(jsonText({ deleted, held, left }));
    else await io.out(deleted.map(({ recording }) => `${recording}\tdeleted\n`).join(''));
    if (held.length > 0) io.talk(`Held, and kept: ${held.map(({ recording }) => recording).join(', ')}`);
    io.talk(`${deleted.length} deleted.`);
    const status = tellRemoved(deleted, io);
    return status === exit.done && left.length > 0 ? exit.failed : status;
  } finally {
    identity.destroy();
  }
}

export const retention: CliCommand = {
  name: 'retention',
  needs: { run: 'retention.run', '--dry-run': 'evidence.read' },
  summary: 'Deletes recordings that the policy keeps no longer, or says which those are.',
  description:
    'The policy says for how many days recordings are kept (retention.contentDays); without that they are kept for ever. Nothing is deleted by itself: an auditor or a security admin runs it. What a hold covers stays. Each deletion is an event that they have signed, and the ledger itself is never shortened.',
  examples: [
    ['wardmux retention run --dry-run', 'what would be deleted now, and within 30 days; needs no key'],
    ['wardmux retention run --passphrase-fd 3 3< FILE', 'deletes what has expired'],
  ],
  declare: (command, io, done) => {
    personOptions(command.command('run'))
      .description('Deletes recordings whose time is over.')
      .option('--dry-run', 'delete nothing, and say what would be')
      .addOption(new Option('--ahead <DAYS>', 'with --dry-run: also what expires within so many days').argParser(wholeNumber).default(30))
      .option('--json', 'print the result as JSON')
      .action(async (options: RunOptions) => done(await (options.dryRun ? ahead(options, io) : run(options, io))));
  },
};
