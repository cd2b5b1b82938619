/** `wardmux report access|lock|people|disclosures|events|review`: what an auditor asks for, as of a day or of a span of time. */
import { Option } from 'commander';
import { resolve } from 'node:path';
import { StorageFault } from '../../disk/fault.ts';
import { policyOnceInForce } from '../../policy/force.ts';
import { accessPage, accessReport } from '../../report/access.ts';
import { textOf, type Page } from '../../report/document.ts';
import { ledgerAt } from '../../report/history.ts';
import { lockPage, lockReport } from '../../report/lock.ts';
import { peoplePage, peopleReport } from '../../report/people.ts';
import type { ReportSite } from '../../report/site.ts';
import { openInstallation } from '../../services/installation/installation.ts';
import { version } from '../../version.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { jsonText, type CliIo } from '../io.ts';
import { beginning, moment, personOptions } from '../options.ts';
import { outputHelp, writePage } from '../written-page.ts';
import { disclosures, type DisclosuresOptions } from './report-disclosures.ts';
import { declareEventReports } from './report-events.ts';

interface Kind {
  readonly help: string;
  readonly json: (site: ReportSite) => unknown;
  readonly page: (site: ReportSite) => Page;
}

const kinds: Readonly<Record<'access' | 'lock' | 'people', Kind>> = {
  access: { help: 'Who could do what: people, roles, and what each role may.', json: accessReport, page: accessPage },
  lock: { help: 'The timers in force and who set them, and the rationale for a lock in the place of a logoff.', json: lockReport, page: lockPage },
  people: { help: 'The register of people and authenticators: verification, since when, last use.', json: peopleReport, page: peoplePage },
};

async function report(kind: keyof typeof kinds, options: { at?: number; json?: boolean; output?: string }, io: CliIo): Promise<number> {
  if (options.json && options.output !== undefined) throw new CliError('usage', '--json goes to stdout; --output writes the page. Say one of them.');
  const now = io.now();
  // Nobody knows what will be.
  const at = Math.min(options.at ?? now, now);
  const { home, installation, noteKey } = await openInstallation(io);
  // As of now is all that was entered: one event of a clock that went ahead must not hide what was entered behind it.
  const past = ledgerAt(home.ledger, noteKey, at < now ? at : Infinity);
  if (past.head.size === 0) throw new CliError('failed', `The ledger has no event up to ${new Date(at).toISOString()}: there was nothing then to report on.`);
  const site: ReportSite = {
    home,
    installation: installation.id,
    workstation: nameThen(home, past.policies.at(-1)?.sha256),
    at: new Date(at).toISOString(),
    made: new Date(now).toISOString(),
    software: version,
    past,
  };
  const { json, page } = kinds[kind];
  if (options.json) await io.out(jsonText(json(site)));
  else if (options.output === undefined) await io.out(textOf(page(site)));
  else await writePage(resolve(options.output), page(site), io);
  return exit.done;
}

/** What the workstation was called. */
function nameThen(home: Parameters<typeof policyOnceInForce>[0], sha256: string | undefined): string {
  try {
    return sha256 === undefined ? 'not named yet' : policyOnceInForce(home, sha256).policy.workstation.name;
  } catch (error) {
    if (error instanceof StorageFault) return 'name not known: the policy of that day is not kept';
    throw error;
  }
}

export const reportCommand: CliCommand = {
  name: 'report',
  needs: {
    access: 'evidence.read',
    lock: 'evidence.read',
    people: 'evidence.read',
    disclosures: 'evidence.read',
    events: 'evidence.read',
    review: 'evidence.read',
    verify: 'evidence.read',
  },
  summary: 'Prints what an auditor asks for: rights, timers and people as of a day, the accounting of disclosures, events and what to review.',
  description:
    'From the ledger as it stood then. A page is text, HTML where its name ends in .html (it loads nothing, and prints on A4), or PDF where it ends in .pdf: made by the Chromium, Chrome or Edge of this machine, which reaches for no network.',
  examples: [
    ['wardmux report access', 'who may do what now'],
    ['wardmux report access --at 2026-11-28', 'who could do what at the end of that day (UTC)'],
    ['wardmux report lock --output rationale.html', 'timers, who set them, and the rationale for a lock in the place of a logoff, to be printed and signed'],
    ['wardmux report disclosures --since 2026-11-01 --key audit-key.json', 'what was exported since then, what for and to whom'],
    ['wardmux report people --output register.pdf', 'the same as PDF, on A4'],
    [
      'wardmux report review --since 2026-11-01 --until 2026-11-30 --format html --output november.html',
      'what a reviewer looks at of that month, to be signed',
    ],
    ['wardmux report events --since 2026-11-01 --action unlock --sort person --format csv', 'every unlock and failed unlock since then, for a spreadsheet'],
    ['wardmux report people --json', 'the register of people and authenticators, for programs'],
  ],
  declare: (command, io, done) => {
    for (const [name, { help }] of Object.entries(kinds))
      command
        .command(name)
        .description(help)
        .addOption(new Option('--at <DATE>', 'as of the end of this day, or of this moment, in UTC; now where it is left out').argParser(moment))
        .option('--json', 'print JSON')
        .option('--output <FILE>', outputHelp)
        .action(async (options: { at?: number; json?: boolean; output?: string }) => done(await report(name as keyof typeof kinds, options, io)));
    personOptions(command.command('disclosures'))
      .description('What was exported, by whom, how redacted and, with a key that opens the words, what for and to whom.')
      .addOption(
        new Option('--since <DATE>', 'from the beginning of this day, or from this moment, in UTC; all of it where it is left out').argParser(beginning),
      )
      .option('--key <FILE>', 'open purpose and recipient with an audit key; with --passphrase-fd whoever exported opens their own')
      .option('--json', 'print JSON')
      .option('--output <FILE>', outputHelp)
      .action(async (options: DisclosuresOptions) => done(await disclosures(options, io)));
    declareEventReports(command, io, done);
  },
};
