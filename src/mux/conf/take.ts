/**
 * What Wardmux takes of a configuration of tmux's: each command of it becomes a row that says taken, changed, or not taken and why. It is a function
 * of the text and of a state, and runs nothing: options and keys are set by the same commands as at the prompt, and by no others. What a file may not
 * say, whoever wrote it, stands in docs/threat-model.md (98).
 */
import { absentCommand } from '../commands/absent.ts';
import type { Context } from '../commands/command.ts';
import { findCommand } from '../commands/index.ts';
import { runCommand } from '../commands/run.ts';
import { findOption, flatOptions, type OptionRow } from '../options.ts';
import { showControls } from '../paste.ts';
import type { ConfFile, State } from '../state/model.ts';
import { expand, isTrue, Steps } from '../syntax/format.ts';
import { type ConfWorld, type ParsedCommand, parseSyntax } from '../syntax/parse.ts';
import { quoteCommands } from '../syntax/quote.ts';
import { whyNot } from './options.ts';

const confVerdicts = ['taken', 'changed', 'not-taken'] as const;
export type ConfVerdict = (typeof confVerdicts)[number];

export interface ConfRow {
  /** From 1. */
  readonly line: number;
  /** As it was read: variables replaced, one line, what nobody could see made visible. */
  readonly command: string;
  readonly verdict: ConfVerdict;
  /** Of what is changed or not taken: a sentence. */
  readonly why?: string;
}

export type ConfReport =
  /** `kept`: the commands that were taken, one a line, as they are done again at the next start. */
  | { readonly ok: true; readonly state: State; readonly rows: readonly ConfRow[]; readonly kept: string }
  /** It cannot be read, and nothing of it is taken. */
  | { readonly ok: false; readonly line: number; readonly sentence: string };

/** What a file may ask for. */
export type ConfSurroundings = Pick<ConfWorld, 'variables' | 'home'> & { readonly host: string };

/** The tmux whose commands, keys and options are meant (#{version}). */
const VERSION = '3.5';
/** No configuration that anybody wrote is longer: 256 KiB. */
export const MOST_CONF = 256 * 1024;
/** Characters of a command in a row. */
const MOST_SHOWN = 160;

/** Commands that a file may give, and nothing else. */
const taken: ReadonlySet<string> = new Set(['set-option', 'set-window-option', 'bind-key', 'unbind-key']);

/** Of others, why a file does not give them. */
const notTaken: Readonly<Record<string, string>> = {
  'source-file': 'One file is taken at a time: give source-file at the prompt for this one too.',
  'send-keys': 'A file types nothing.',
  'set-environment': 'A file changes no environment of a shell.',
};

/** @param state that it begins with; its context says who may what */
export function takeConf(state: State, text: string, surroundings: ConfSurroundings, context: Context): ConfReport {
  if (text.length > MOST_CONF) return { ok: false, line: 1, sentence: `It is longer than ${MOST_CONF / 1024} KiB.` };
  if (text.includes('\0')) return { ok: false, line: text.slice(0, text.indexOf('\0')).split('\n').length, sentence: 'It is no file of text.' };
  const { variables, home, host } = surroundings;
  const steps = new Steps();
  const holds: ConfWorld['holds'] = (format, known) => {
    const text = expand(format, (name) => valueOf(name, host, state, known), steps);
    return text === undefined ? undefined : isTrue(text);
  };
  const parsed = parseSyntax(text, { variables, home, holds });
  if (!parsed.ok) return parsed;
  const rows: ConfRow[] = parsed.assignments.map(({ line, name, skipped }): ConfRow => {
    const why = skipped === undefined ? 'It is known in this file, and no shell gets it.' : whySkipped(skipped);
    return { line, command: `${name}=…`, verdict: skipped === undefined ? 'changed' : 'not-taken', why };
  });
  let now = state;
  let kept = '';
  for (const command of parsed.commands) {
    const { row, done } = takeCommand(command, now, { ...context, file: true });
    rows.push(row);
    if (!done) continue;
    now = done.state;
    kept += `${done.line}\n`;
  }
  return { ok: true, state: now, kept, rows: rows.toSorted((one, other) => one.line - other.line) };
}

const whySkipped = (line: number): string => `The condition in line ${line} does not hold here.`;

function valueOf(name: string, host: string, state: State, variables: ReadonlyMap<string, string>): string | undefined {
  const own: Readonly<Record<string, string>> = { version: VERSION, host, host_short: host.split('.')[0]! };
  const option = Object.hasOwn(own, name) ? undefined : (flatOptions(state.client.options) as unknown as Readonly<Record<string, unknown>>)[name];
  if (option !== undefined) return option === true ? '1' : option === false ? '0' : String(option);
  return Object.hasOwn(own, name) ? own[name] : variables.get(name);
}

interface TakenCommand {
  readonly row: ConfRow;
  /** Of one that was taken: what came of it, and the command as it was given. */
  readonly done?: { readonly state: State; readonly line: string };
}

function takeCommand({ line, words, skipped }: ParsedCommand, state: State, context: Context): TakenCommand {
  const shown = showControls(quoteCommands([words])).replace(/\s+/g, ' ');
  const command = shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN - 1)}…` : shown;
  const no = (why: string): TakenCommand => ({ row: { line, command, verdict: 'not-taken', why: showControls(why) } });
  if (skipped !== undefined) return no(whySkipped(skipped));
  const [word = '', ...rest] = words;
  const found = findCommand(word);
  if (!found.ok) return no(runsPrograms(word) ?? found.sentence);
  const { name } = found.value;
  if (!taken.has(name)) return no(notTaken[name] ?? 'A file sets options and keys. What is opened, closed and moved is for you to say.');
  const { words: fitted, why: reason } = name.startsWith('set-') ? fitOption(rest) : { words: rest };
  if (fitted === undefined) return no(reason ?? '');
  const outcome = runCommand(found.value, fitted, state, context);
  if (outcome.failed) return no(outcome.message ?? 'It is refused.');
  const why = [reason, outcome.changed ? outcome.message : undefined].filter((text) => text !== undefined).join(' ');
  const done = { state: outcome.state, line: quoteCommands([[name, ...fitted]]) };
  return { done, row: why === '' ? { line, command, verdict: 'taken' } : { line, command, verdict: 'changed', why: showControls(why) } };
}

/** A file runs no program, whatever it is called. */
function runsPrograms(word: string): string | undefined {
  const missing = absentCommand(word);
  return missing !== undefined && /^(?:run-shell|run|if-shell|if)$/.test(word)
    ? 'It runs a program, and a configuration runs none.'
    : word === 'set-environment' || word === 'setenv'
      ? notTaken['set-environment']
      : missing;
}

/** tmux's 0. */
const NEVER_LOCKS = 'lock-after-time 0 is never in tmux. Here the time of the policy holds, which nothing makes longer.';

/** The words of set-option as they can be taken: a number that is out of range becomes the nearest that is not. */
function fitOption(words: readonly string[]): { readonly words?: readonly string[]; readonly why?: string } {
  const at = words.findIndex((word, index) => !/^-[A-Za-z]/.test(word) && !(index > 0 && /^-[A-Za-z]*t$/.test(words[index - 1]!)));
  const name = at < 0 ? undefined : words[at];
  if (name === undefined) return { words };
  const row = findOption(name.replace(/\[\d+\]$/, ''));
  if (!row.ok) return { why: whyNot(name) };
  const value = words[at + 1];
  const nearest = value === undefined ? undefined : nearestOf(row.value, value);
  if (nearest === undefined) return row.value.name === 'lock-after-time' && value === '0' ? { words, why: NEVER_LOCKS } : { words };
  return {
    words: [...words.slice(0, at + 1), String(nearest)],
    why: `${row.value.name} goes from ${row.value.minimum ?? 0} to ${row.value.maximum ?? ''}: it is ${nearest}.`,
  };
}

function nearestOf({ type, minimum = 0, maximum = Infinity }: OptionRow, text: string): number | undefined {
  const value = type === 'number' && /^\d{1,12}$/.test(text) ? Number(text) : NaN;
  return value < minimum ? minimum : value > maximum ? maximum : undefined;
}

export const countRows = (rows: readonly ConfRow[]): Readonly<Record<ConfVerdict, number>> =>
  Object.fromEntries(confVerdicts.map((verdict) => [verdict, rows.filter((row) => row.verdict === verdict).length])) as Record<ConfVerdict, number>;

/** What a person reads of a report. @param shown the file as they named it */
export function confSentence(shown: string, report: ConfReport): string {
  if (!report.ok) return `${shown}:${report.line}: ${report.sentence} Nothing of it was taken.`;
  const counts = countRows(report.rows);
  const left = counts.changed + counts['not-taken'] > 0 ? ` What differs, and why: wardmux config check ${shown}` : '';
  return `${shown}: ${counts.taken} taken, ${counts.changed} changed, ${counts['not-taken']} not taken.${left}`;
}

/** How many files are kept, and characters of each: the one that was taken first goes. */
export const MOST_FILES = 4;
export const MOST_KEPT = 32 * 1024;

/** A file that was taken is kept, in the place of the same one before; one that is too long is not. */
export function withFile(state: State, file: ConfFile): State {
  const others = state.client.configuration.filter(({ path }) => path !== file.path);
  const files = file.text.length > MOST_KEPT ? others : [...others, file].slice(-MOST_FILES);
  return { ...state, client: { ...state.client, configuration: files } };
}

/** Files that somebody took, done again in their order. What cannot be done any more is left out. */
export function takeAgain(state: State, files: readonly ConfFile[], surroundings: ConfSurroundings, context: Context): State {
  return files.reduce((now, file) => {
    const report = takeConf(now, file.text, surroundings, context);
    return withFile(report.ok ? report.state : now, file);
  }, state);
}
