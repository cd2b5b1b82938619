/** `wardmux events`: what happened, from the ledger, once or as it happens. */
import { Option } from 'commander';
import { encodeLine } from '../../ledger/events.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { actionsOf, isAsked, type EventQuery } from '../../report/events.ts';
import { factsOf, openInstallation, type OpenInstallation } from '../../services/installation/installation.ts';
import { AlertReader } from '../../services/ledger/alerts.ts';
import { enterReading, followEvents, readEvents } from '../../services/ledger/read.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { beginning, moment } from '../options.ts';
import type { CliIo } from '../io.ts';
import { somebody } from '../person.ts';
import { actionName, eventLine } from './ledger.ts';

/** A follower looks so often (ms) whether something was entered. */
const LOOK_MS = 250;

export interface QueryOptions {
  readonly action?: readonly string[];
  readonly person?: string;
  readonly since?: number;
  readonly until?: number;
}

interface EventsOptions extends QueryOptions {
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly exitCode?: boolean;
}

/** What is asked for. @throws CliError where nobody here is called that: it would find nothing, which reads as "they never did". */
export async function queryOf(site: OpenInstallation, { action, person, since, until }: QueryOptions): Promise<EventQuery> {
  const who = person === undefined ? undefined : await somebody(site, person);
  if (who !== undefined && !(await factsOf(site)).person(who))
    throw new CliError('usage', `Nobody here has the id or the name ${JSON.stringify(person)}. See: wardmux person list`);
  if (since !== undefined && until !== undefined && since > until) throw new CliError('usage', '--since is after --until: there is nothing between them.');
  return {
    ...(action === undefined ? {} : { actions: new Set(action.flatMap(actionsOf)) }),
    ...(who === undefined ? {} : { person: who }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

const each = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), actionName(value)];

/** Options of which events are asked for. */
export const queryOptions = (): readonly Option[] => [
  new Option('--action <NAME>', 'only events of this kind; recording.* are all whose names begin so; can be given several times').argParser(each),
  new Option('--person <PERSON>', 'only what this person did, or what is about them: an id or a name'),
  new Option('--since <DATE>', 'from the beginning of this day (UTC), or from this moment').argParser(beginning),
  new Option('--until <DATE>', 'to the end of this day (UTC), or to this moment').argParser(moment),
];

async function events({ follow, json, exitCode, ...asked }: EventsOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const query = await queryOf(site, asked);
  const text = (event: LedgerEvent): string => (json ? `${encodeLine(event).toString('utf8')}\n` : eventLine(event));
  await enterReading(site, follow ? 'follow' : 'list');
  const alerts = exitCode ? new AlertReader() : undefined;
  const lines: string[] = [];
  const head = await readEvents(site, (event) => {
    alerts?.take(event);
    if (isAsked(query, event)) lines.push(text(event));
  });
  await io.out(lines.join(''));
  if (follow)
    await followEvents(site, head, {
      take: async (event) => {
        alerts?.take(event);
        if (isAsked(query, event)) await io.out(text(event));
      },
      pause: () => io.wait(LOOK_MS),
      over: () => query.until !== undefined && io.now() > query.until,
    });
  else if (lines.length === 0) io.talk('The ledger has no such event.');
  return alerts?.at(io.now()).some(({ closed }) => !closed) ? exit.openAlert : exit.done;
}

export const eventsCommand: CliCommand = {
  name: 'events',
  needs: 'evidence.read',
  summary: 'Shows what happened, from the ledger: all of it, what is asked for, or as it happens.',
  description:
    'Only events of a ledger that holds are shown; exit status 7 where it does not. That somebody reads is an event too (ledger.read), entered before anything is shown; where it cannot be, nothing is.',
  examples: [
    ['wardmux events', 'every event, a line each, oldest first'],
    ['wardmux events --follow', 'and each one as it is entered, until Ctrl-C or until --until is over'],
    ["wardmux events --action unlock --action 'recording.*' --since 2026-11-28", 'unlocks, and all of recordings, since the beginning of that day (UTC)'],
    ["wardmux events --person 'Ada Example' --json", 'what Ada did and what is about her, one JSON object a line, as the ledger stores it'],
  ],
  declare: (command, io, done) => {
    command
      .option('--follow', 'go on with each event as it is entered')
      .option('--json', 'print each event as it is stored: one JSON object a line')
      .option('--exit-code', 'exit status 63 where an alert is open at the end, whatever was asked for: see wardmux alerts')
      .action(async (options: EventsOptions) => done(await events(options, io)));
    for (const option of queryOptions()) command.addOption(option);
  },
};
