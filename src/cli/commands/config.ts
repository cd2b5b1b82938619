/** `wardmux config`: what Wardmux takes of a configuration of tmux's. It is read, and nothing in it is run. */
import { homedir, hostname } from 'node:os';
import { resolve } from 'node:path';
import { readText } from '../../disk/text.ts';
import { countRows, MOST_CONF, takeConf, type ConfReport, type ConfRow } from '../../mux/conf/take.ts';
import { createState } from '../../mux/state/model.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { columns, jsonText, printable, type CliIo } from '../io.ts';

/** The words of a report, for people and for programs. */
const words = { taken: 'taken', changed: 'changed', 'not-taken': 'not taken' } as const;

function summary(rows: readonly ConfRow[]): string {
  const counts = countRows(rows);
  return `${counts.taken} taken, ${counts.changed} changed, ${counts['not-taken']} not taken.`;
}

async function check(file: string, options: { readonly json?: boolean }, io: CliIo): Promise<number> {
  const path = resolve(file);
  const text = readText(path, MOST_CONF);
  if (text === undefined) throw new CliError('usage', `There is no file at ${path}.`);
  const surroundings = { variables: io.env, home: io.env['HOME'] || homedir(), host: hostname() };
  const report: ConfReport = takeConf(createState({ cols: 80, rows: 24 }), text, surroundings, { program: 'sh', refused: () => undefined });
  if (!report.ok) {
    if (options.json) await io.out(jsonText({ good: false, line: report.line, sentence: report.sentence, rows: [] }));
    throw new CliError('usage', `${path}:${report.line}: ${report.sentence} Nothing of it would be taken.`);
  }
  const { rows } = report;
  if (options.json) await io.out(jsonText({ good: true, counts: countRows(rows), rows }));
  else if (rows.length > 0)
    await io.out(
      columns([
        ['LINE', 'WHAT BECOMES OF IT', 'COMMAND', 'WHY'],
        ...rows.map((row) => [String(row.line), words[row.verdict], printable(row.command), row.why ?? '']),
      ]),
    );
  io.talk(`${path}: ${summary(rows)}`);
  return rows.some(({ verdict }) => verdict === 'not-taken') ? exit.notAllTaken : exit.done;
}

export const config: CliCommand = {
  name: 'config',
  needs: { check: 'evidence.read' },
  summary: 'Says what Wardmux takes of a tmux configuration, line by line.',
  description:
    'Options and keys are taken; nothing that a file asks to run is run, be it run-shell, if-shell, #() or a plugin. The window takes a file when you say so there: source-file ~/.tmux.conf.',
  examples: [
    ['wardmux config check ~/.tmux.conf', 'each line: taken, changed, or not taken and why'],
    ['wardmux config check ~/.tmux.conf --json', 'the same for programs'],
  ],
  declare: (command, io, done) => {
    command
      .command('check')
      .description('Reads a configuration and says what becomes of each line.')
      .argument('<FILE>', 'such as ~/.tmux.conf')
      .option('--json', 'print JSON')
      .action(async (file: string, options: { json?: boolean }) => done(await check(file, options, io)));
  },
};
