/** `wardmux hold`: keeps recordings from being deleted, and ends that. */
import { Option, type Command } from 'commander';
import { factsOf, openInstallation, type OpenInstallation } from '../../services/installation/installation.ts';
import { clearHold, setHold, type Held } from '../../services/recordings/life-cycle.ts';
import { holdEnds, holdReasons, type HoldEnd, type HoldReason } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, type CliIo } from '../io.ts';
import { moment, personOptions, twoPeopleOptions } from '../options.ts';
import { somebody, type PersonOptions, type TwoPeople } from '../person.ts';
import { asAdmin } from './person.ts';

interface SetOptions extends PersonOptions {
  readonly of?: string;
  readonly recording?: string;
  readonly from?: number;
  readonly until?: number;
  readonly reason: HoldReason;
  readonly json?: boolean;
}

async function heldOf(site: OpenInstallation, { of, recording, from, until }: SetOptions): Promise<Held> {
  const ways = [of !== undefined, recording !== undefined, from !== undefined || until !== undefined].filter(Boolean).length;
  if (ways !== 1 || (from === undefined) !== (until === undefined))
    throw new CliError('usage', 'Say what is held: --of PERSON, --recording ID, or --from TIME and --until TIME; one of them.');
  if (of !== undefined) return { of: await somebody(site, of) };
  if (recording !== undefined) return { recording };
  return { from: new Date(from!).toISOString(), until: new Date(until!).toISOString() };
}

async function set(options: SetOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const held = await heldOf(site, options);
  const hold = await asAdmin(site, options, undefined, io, (parts) => setHold(parts, held, options.reason));
  if (options.json) await io.out(jsonText({ hold, ...held, reason: options.reason }));
  else await io.out(`${hold}\n`);
  return exit.done;
}

interface ClearOptions extends TwoPeople {
  readonly reason: HoldEnd;
  readonly json?: boolean;
}

async function clear(hold: string, options: ClearOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  await asAdmin(site, options, 'because a hold is to end', io, (parts) => clearHold(parts, hold, options.reason));
  if (options.json) await io.out(jsonText({ hold, state: 'cleared' }));
  else await io.out(`${hold}\tcleared\n`);
  return exit.done;
}

async function list(options: { readonly json?: boolean }, io: CliIo): Promise<number> {
  const { holds } = await factsOf(await openInstallation(io));
  if (options.json) await io.out(jsonText(holds));
  else if (holds.length === 0) io.talk('Nothing is held.');
  else
    await io.out(
      columns([
        ['HOLD', 'SINCE', 'BY', 'WHAT', 'REASON'],
        ...holds.map(({ id, time, by, of, recording, from, until, reason }) => [id, time, by, of ?? recording ?? `${from} to ${until}`, reason]),
      ]),
    );
  return exit.done;
}

const withJson = (command: Command): Command => command.option('--json', 'print the result as JSON');

export const hold: CliCommand = {
  name: 'hold',
  needs: { set: 'hold.set', clear: 'hold.clear', list: 'evidence.read' },
  summary: 'Holds recordings: nothing of them is deleted until the hold is over.',
  description:
    'On everything of a person, on one recording, or on all that ran at some moment of a span. An auditor or a security admin sets it, alone and at once. To end it takes both, one of each: no hold is lifted by whoever would like something gone. A hold always wins, over the schedule, over two people, and over files that come back out of a backup.',
  examples: [
    ['wardmux hold set --of p-0123456789ab --reason legal', 'everything of one person; prints the hold'],
    ['wardmux hold set --from 2026-11-01T00:00:00Z --until 2026-11-28 --reason security-incident', 'whatever ran then'],
    ['wardmux hold clear h-0123456789ab --reason closed --second "Uma Okafor"', 'an auditor and a security admin'],
    ['wardmux hold list', 'those in force'],
  ],
  declare: (command, io, done) => {
    withJson(personOptions(command.command('set')))
      .description('Holds recordings.')
      .option('--of <PERSON>', 'everything of this person, by id or name')
      .option('--recording <ID>', 'this recording')
      .addOption(new Option('--from <TIME>', 'all that ran between this moment').argParser(moment))
      .addOption(new Option('--until <TIME>', 'and this one; a day means its end').argParser(moment))
      .addOption(new Option('--reason <REASON>', 'why, for the ledger').choices(holdReasons).makeOptionMandatory())
      .action(async (options: SetOptions) => done(await set(options, io)));
    withJson(twoPeopleOptions(command.command('clear').argument('<HOLD>', 'its id'), 'who is asked for in any case'))
      .description('Ends a hold: an auditor and a security admin do it together.')
      .addOption(new Option('--reason <REASON>', 'why, for the ledger').choices(holdEnds).makeOptionMandatory())
      .action(async (id: string, options: ClearOptions) => done(await clear(id, options, io)));
    withJson(command.command('list'))
      .description('Shows the holds that are in force.')
      .action(async (options: { json?: boolean }) => done(await list(options, io)));
  },
};
