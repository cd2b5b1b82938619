/** `wardmux report events|review`: what happened in a span of time, as a table of all events or as what a reviewer looks at. */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { createNew } from '../../disk/atomic.ts';
import { Contexts } from '../../ledger/contexts.ts';
import { eventTable } from '../../ledger/events.ts';
import { LedgerFacts } from '../../ledger/facts.ts';
import type { LedgerEvent } from '../../ledger/types.ts';
import { readPinned } from '../../people/pinned.ts';
import { htmlOf, textOf } from '../../report/document.ts';
import { csvOf, eventsPage, jsonOf, reviewJsonOf, reviewPage, sortedBy, type EventReport } from '../../report/event-report.ts';
import { isAsked } from '../../report/events.ts';
import { openInstallation } from '../../services/installation/installation.ts';
import { withClasses } from '../../services/ledger/contexts.ts';
import { enterReading, readEvents } from '../../services/ledger/read.ts';
import { judgeReport, reportDigest, signReport, signatureOf } from '../../services/ledger/report-signature.ts';
import { version } from '../../version.ts';
import { CliError, exit } from '../exit.ts';
import { jsonText, type CliIo } from '../io.ts';
import { judgeFile, readWhole } from '../signed-file.ts';
import { printer } from '../written-page.ts';
import { queryOf, queryOptions, type QueryOptions } from './events.ts';

const kinds = {
  events: {
    help: 'Every event of a span of time, sorted by any field.',
    text: (report: EventReport) => textOf(eventsPage(report)),
    html: (report: EventReport) => htmlOf(eventsPage(report)),
    pdf: (report: EventReport, io: CliIo) => printer(io)(htmlOf(eventsPage(report))),
    json: (report: EventReport) => jsonText(jsonOf(report)),
    csv: csvOf,
  },
  review: {
    help: 'What a reviewer looks at of a span of time: who came in and who failed to, what was refused, exported, opened, changed and deleted.',
    text: (report: EventReport) => textOf(reviewPage(report)),
    html: (report: EventReport) => htmlOf(reviewPage(report)),
    pdf: (report: EventReport, io: CliIo) => printer(io)(htmlOf(reviewPage(report))),
    json: (report: EventReport) => jsonText(reviewJsonOf(report)),
    csv: csvOf,
  },
} as const;
type Kind = keyof typeof kinds;
const formats = ['text', 'json', 'csv', 'html', 'pdf'] as const;

/** What every event has, and what the table gives any of them. */
const sortable: ReadonlySet<string> = new Set([
  'seq',
  'time',
  'action',
  'person',
  'outcome',
  'aal',
  'credential',
  ...eventTable.flatMap(({ fields }) => Object.keys(fields).map((name) => name.replace(/\?$/, ''))),
]);

/** Of a report: some millions of events. */
const MOST_BYTES = 1024 ** 3;

interface ReportOptions extends QueryOptions {
  readonly format: (typeof formats)[number];
  readonly sort?: string;
  readonly names: boolean;
  readonly output?: string;
}

async function report(kind: Kind, { format, sort, names, output, ...asked }: ReportOptions, io: CliIo): Promise<number> {
  if (format === 'pdf' && output === undefined) throw new CliError('usage', 'A PDF goes into a file: give --output FILE too.');
  if (sort !== undefined && !sortable.has(sort))
    throw new CliError('usage', `No event has a field ${JSON.stringify(sort.slice(0, 40))}. All fields: docs/format.md, Events.`);
  const site = await openInstallation(io);
  const query = await queryOf(site, asked);
  await enterReading(site, 'report');
  const found: LedgerEvent[] = [];
  const facts = LedgerFacts.from();
  const contexts = new Contexts();
  const head = await readEvents(site, (event) => {
    facts.take(event);
    contexts.take(event, facts);
    if (isAsked(query, event)) found.push(event);
  });
  const shown = withClasses(site.home);
  const known = new Map<string, string | undefined>();
  const nameOf = (person: string): string | undefined => {
    if (!names) return undefined;
    if (!known.has(person))
      known.set(
        person,
        nameIn(() => readPinned(site.home, facts, person)?.name),
      );
    return known.get(person);
  };
  const moment = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());
  const { actions, person = null } = query;
  const made = {
    since: moment(query.since),
    until: moment(query.until),
    actions: actions ? [...actions].toSorted() : null,
    person,
    made: new Date(io.now()).toISOString(),
    software: version,
    ledger: head,
  };
  const written = await kinds[kind][format](
    {
      installation: site.installation.id,
      ...made,
      events: sort === undefined ? found : sortedBy(found, sort),
      contextOf: (event) => shown(contexts.of(event)),
      nameOf,
    },
    io,
  );
  if (output === undefined) await io.out(written);
  else {
    const path = resolve(output);
    createNew(path, written);
    try {
      createNew(signatureOf(path), (await signReport(site, { ...made, report: kind, ledger: { size: head.size, root: head.root } }, written)).text);
    } catch (error) {
      // Without its signature it is no report, and would stand in the way of the next try.
      rmSync(path, { force: true });
      throw error;
    }
    io.talk(`Written to ${path}, and signed in ${signatureOf(path)}: wardmux report verify ${path}`);
  }
  return exit.done;
}

/** Whether a report's file is the one that an installation signed. */
async function verify(file: string, { trust, json }: { readonly trust?: string; readonly json?: boolean }, io: CliIo): Promise<number> {
  const path = resolve(file);
  const sha256 = reportDigest(readWhole(path, 'report', MOST_BYTES));
  const judge: typeof judgeReport = (text, keys) => {
    const judged = judgeReport(text, keys);
    return judged.verdict === 'good' && judged.statement?.sha256 !== sha256 ? { ...judged, verdict: 'bad-signature' } : judged;
  };
  return judgeFile(
    { file: signatureOf(path), trust, json, judge, what: 'report', action: 'report.signed' },
    io,
    ({ report, made, ledger, since, until, actions, person }) =>
      `${report}, made ${made} from the first ${ledger.size} events.\n` +
      `From ${since ?? 'the first'} to ${until ?? 'the last'}; actions: ${actions?.join(', ') ?? 'all'}; of or about: ${person ?? 'everybody'}.\n`,
  );
}

/** A record that is not the ledger's, or is gone, gives no name. */
function nameIn(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Declares both reports, and how one that was written is verified. */
export function declareEventReports(command: Command, io: CliIo, done: (status: number) => void): void {
  command
    .command('verify')
    .description('Says whether the file of such a report is the one that the installation signed.')
    .argument('<FILE>', 'the report; its signed statement stands beside it, as FILE.sig.json')
    .option('--trust <FILE>', 'the keys of this trust.json, and not those of the installation here')
    .option('--json', 'print JSON')
    .action(async (file: string, options: { trust?: string; json?: boolean }) => done(await verify(file, options, io)));
  for (const [name, { help }] of Object.entries(kinds)) {
    const one = command
      .command(name)
      .description(`${help} That it is made is an event (ledger.read).`)
      .addOption(new Option('--format <FORMAT>', 'how it is written; csv has every event, a row each; pdf goes into a file').choices(formats).default('text'))
      .option('--no-names', 'ids only, no name of anybody')
      .option('--output <FILE>', 'write it into a new file, with a signed statement beside it')
      .action(async (options: ReportOptions) => done(await report(name as Kind, options, io)));
    for (const option of queryOptions()) one.addOption(option);
    if (name === 'events') one.option('--sort <FIELD>', 'by this field: seq, time, action, person, outcome, aal, credential, or one of the detail');
  }
}
