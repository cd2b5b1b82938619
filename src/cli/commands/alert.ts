/** `wardmux alerts` and `wardmux alert close|note`: what somebody has to look at, and how that ends. */
import { absences, ruleHelp } from '../../alerts/absences.ts';
import { rules, type AlertRule } from '../../alerts/rules.ts';
import { alertSentence, moreUrgent, type Alert } from '../../alerts/evaluate.ts';
import { AuditKeyOpener } from '../../recording/wrap.ts';
import { alertMeant, alertsOf, closeAlert, noteOf } from '../../services/ledger/alerts.ts';
import { openInstallation } from '../../services/installation/installation.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { columns, jsonText, printable, type CliIo } from '../io.ts';
import { noteWords } from '../note-words.ts';
import { personOptions } from '../options.ts';
import { unlockPerson, type PersonOptions } from '../person.ts';

const jsonOf = ({ rule, seq, ...alert }: Alert) => ({ id: `${seq}/${rule}`, seq, rule, help: ruleHelp(rule), ...alert });

/** Whether it should have been closed by now. */
const isLate = ({ closed, due }: Alert, now: number): boolean => !closed && Date.parse(due) < now;

interface ListOptions {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly exitCode?: boolean;
}

async function list({ json, all, exitCode }: ListOptions, io: CliIo): Promise<number> {
  const now = io.now();
  const alerts = await alertsOf(await openInstallation(io), now);
  const open = alerts.filter(({ closed }) => !closed);
  // All that there ever were are a history; what is open somebody has to look at.
  const shown = all ? alerts : open.toSorted(moreUrgent);
  if (json) await io.out(jsonText(shown.map(jsonOf)));
  else if (shown.length === 0) io.talk(all ? 'There was never an alert.' : 'No alert is open.');
  else
    await io.out(
      columns([
        ['ALERT', 'HOW BAD', 'RAISED', 'STATE', 'OWNER', 'ABOUT', 'TIMES', 'WHAT'],
        ...shown.map((alert) => [
          `${alert.seq}/${alert.rule}`,
          alert.severity,
          alert.raised,
          alert.closed ? `closed ${alert.closed.time} by ${alert.closed.by}` : `${isLate(alert, now) ? 'LATE, was due' : 'due'} ${alert.due}`,
          alert.owner,
          alert.about.join(',') || '-',
          String(alert.count),
          alertSentence(alert),
        ]),
      ]),
    );
  return exitCode && open.length > 0 ? exit.openAlert : exit.done;
}

export const alertsCommand: CliCommand = {
  name: 'alerts',
  needs: 'evidence.read',
  summary: 'Lists the alerts that are open: what of the ledger somebody has to look at.',
  description: `They follow from the events of the ledger alone, each time anew: nothing is kept that could be lost, doubled or removed. The rules:\n\n${Object.entries(
    { ...rules, ...absences } as Readonly<Record<string, Pick<AlertRule, 'severity' | 'help'>>>,
  )
    .map(([name, { severity, help }]) => `  ${name.padEnd(24)}${severity.padEnd(6)}${help}`)
    .join('\n')}`,
  examples: [
    ['wardmux alerts', 'those that are open: what, how bad, until when, whom they are about'],
    ['wardmux alerts --json --all', 'all that there ever were, and who closed them, for programs'],
    ['wardmux alerts --exit-code', 'for scripts: exit status 63 where one is open'],
  ],
  declare: (command, io, done) => {
    command
      .option('--all', 'also those that are closed')
      .option('--exit-code', 'exit status 63 where an alert is open')
      .option('--json', 'print JSON')
      .action(async (options: ListOptions) => done(await list(options, io)));
  },
};

interface CloseOptions extends PersonOptions {
  readonly note: string;
  readonly json?: boolean;
}

async function close(alert: string, { note, json, ...options }: CloseOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const identity = await unlockPerson(site, options, io);
  try {
    const closed = await closeAlert(site, identity, { alert, note }, io);
    await io.out(json ? jsonText(jsonOf(closed)) : `${closed.seq}/${closed.rule}\tclosed\t${identity.person.id}\n`);
    return exit.done;
  } finally {
    identity.destroy();
  }
}

async function readNote(typed: string, { key, json }: { readonly key: string; readonly json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const alert = alertMeant(await alertsOf(site, io.now()), typed);
  const note = await noteOf(site, alert, await AuditKeyOpener.fromFile(key));
  const name = `${alert.seq}/${alert.rule}`;
  const words = noteWords(note, `the alert ${name}`, site.home.alertNotes);
  await io.out(json ? jsonText({ id: name, by: alert.closed!.by, time: alert.closed!.time, note: words }) : `${printable(words)}\n`);
  return exit.done;
}

export const alertCommand: CliCommand = {
  name: 'alert',
  needs: { close: 'alert.close', note: 'recording.replay.key' },
  summary: 'Closes an alert with a note, and reads such a note.',
  description:
    'An auditor or a security admin closes it, and never somebody whom it is about: that is signed with their own key, and every reader of the ledger checks it. The note is sealed to the audit keys of the policy and to whoever wrote it; the ledger has its digest alone.',
  examples: [
    ['wardmux alert close 4711 --note "Typed the old passphrase; asked her."', 'asks for your passphrase'],
    ['wardmux alert close 4711/spray --note "Drill." --passphrase-fd 3', 'where event 4711 raised several'],
    ['wardmux alert note 4711 --key audit-key.json', 'what was written'],
  ],
  declare: (command, io, done) => {
    personOptions(command.command('close'))
      .description('Closes an alert with what you found, signed.')
      .argument('<ALERT>', 'the number of its event, as wardmux alerts has it; with its rule where there are several')
      .requiredOption('--note <TEXT>', 'what you found, one line')
      .option('--json', 'print JSON')
      .action(async (alert: string, options: CloseOptions) => done(await close(alert, options, io)));
    command
      .command('note')
      .description('Opens the note of an alert with an audit key.')
      .argument('<ALERT>', 'the alert')
      .requiredOption('--key <FILE>', 'the file of an audit key')
      .option('--json', 'print JSON')
      .action(async (alert: string, options: { key: string; json?: boolean }) => done(await readNote(alert, options, io)));
  },
};
