/** `wardmux hold`: keeps recordings from being deleted, and ends that. */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { createNew, writeAtomic } from '../../disk/atomic.ts';
import { freeze, judgeFreeze } from '../../services/recordings/freeze.ts';
import { judgeFile } from '../signed-file.ts';
import { factsOf, openInstallation, type OpenInstallation } from '../../services/installation/installation.ts';
import { clearHold, setHold, type HoldTarget } from '../../services/recordings/life-cycle.ts';
import { holdEnds, holdReasons, type HoldEnd, type HoldReason } from '../../types/words.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, printable, type CliIo } from '../io.ts';
import { moment, personOptions, twoPeopleOptions, wholeNumber } from '../options.ts';
import { somebody, type PersonOptions, type TwoPeople } from '../person.ts';
import { asPerson } from './person.ts';

interface SetOptions extends PersonOptions {
  readonly of?: string;
  readonly recording?: string;
  readonly from?: number;
  readonly until?: number;
  readonly reason: HoldReason;
  readonly json?: boolean;
}

async function heldOf(site: OpenInstallation, { of, recording, from, until }: SetOptions): Promise<HoldTarget> {
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
  const hold = await asPerson(site, options, undefined, io, (parts) => setHold(parts, held, options.reason));
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
  await asPerson(site, options, 'because a hold is to end', io, (parts) => clearHold(parts, hold, options.reason));
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

interface FreezeOptions extends PersonOptions {
  readonly hours: number;
  readonly out: string;
  readonly json?: boolean;
}

async function frozen({ hours, out, json, ...person }: FreezeOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const until = io.now();
  const [from, to] = [until - hours * 3_600_000, until].map((time) => new Date(time).toISOString()) as [string, string];
  const place = resolve(out);
  createNew(place, '');
  const { text, sha256, statement } = await asPerson(site, person, undefined, io, (parts) => freeze(parts, from, to)).catch((error: unknown) => {
    rmSync(place, { force: true });
    throw error;
  });
  writeAtomic(place, text);
  await io.out(json ? text : `${statement.hold}\n`);
  io.talk(
    `${statement.recordings.length} recordings of the last ${hours} hours are held, also those that run. What there is of them is signed, in ${printable(out)}; SHA-256 ${sha256}. Keep that file elsewhere.`,
  );
  return exit.done;
}

const withJson = (command: Command): Command => command.option('--json', 'print the result as JSON');

export const hold: CliCommand = {
  name: 'hold',
  needs: { set: 'hold.set', freeze: 'hold.set', clear: 'hold.clear', list: 'evidence.read', verify: 'evidence.read' },
  summary: 'Holds recordings: nothing of them is deleted until the hold is over.',
  description:
    'On everything of a person, on one recording, or on all that ran at some moment of a span. An auditor or a security admin sets it, alone and at once. To end it takes both, one of each: no hold is lifted by whoever would like something gone. A hold always wins, over the schedule, over two people, and over files that come back out of a backup.',
  examples: [
    ['wardmux hold set --of p-0123456789ab --reason legal', 'everything of one person; prints the hold'],
    ['wardmux hold set --from 2026-11-01T00:00:00Z --until 2026-11-28 --reason security-incident', 'whatever ran then'],
    ['wardmux hold clear h-0123456789ab --reason closed --second "Uma Okafor"', 'an auditor and a security admin'],
    ['wardmux hold freeze --hours 24 --out incident.json', 'an incident: holds all that ran in the last day, and signs what there is of it'],
    ['wardmux hold verify incident.json --trust trust.json', 'whether such a file is good, for somebody elsewhere'],
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
    withJson(personOptions(command.command('freeze')))
      .description('At an incident: holds all that ran in the last hours, and writes a signed file of what there is of it.')
      .addOption(new Option('--hours <N>', 'how far back').argParser(wholeNumber).default(24))
      .addOption(new Option('--out <FILE>', 'where that file goes: a new one').makeOptionMandatory())
      .action(async (options: FreezeOptions) => done(await frozen(options, io)));
    withJson(command.command('verify').argument('<FILE>', 'what freeze has written'))
      .description('Judges such a file.')
      .option('--trust <FILE>', 'the keys of this trust.json, and not those of the installation here')
      .action(async (file: string, { trust, json }: { trust?: string; json?: boolean }) => {
        const judged = { file, trust, json, judge: judgeFreeze, what: 'snapshot', action: 'hold.frozen' } as const;
        done(await judgeFile(judged, io, ({ hold: id, from, until, recordings }) => `${id}\t${from} to ${until}\t${recordings.length} recordings\n`));
      });
    withJson(command.command('list'))
      .description('Shows the holds that are in force.')
      .action(async (options: { json?: boolean }) => done(await list(options, io)));
  },
};
