/**
 * What a key may stand for. A line that is bound is read when it is bound, so that a key never says later that it cannot be read. Where it comes from a
 * file, which any program of the account could have written, it may not do what nobody sees coming: start a program, type text, or ask for more than
 * one's own windows and the lock.
 */
import type { Permission } from '../../access/permissions.ts';
import { type CopyAction, copyActions } from '../keys/copy-table.ts';
import { endsLine, normalizeKey } from '../keys/names.ts';
import { type TableName, copyLine } from '../keys/tables.ts';
import type { Result } from '../layout.ts';
import { lineOfWords, quoteCommands } from '../syntax/quote.ts';
import { parseArguments } from './arguments.ts';
import type { Arguments, Call, Command } from './command.ts';
import { fillTemplate, parseLine } from './lexer.ts';
import { prefixOfFile } from './set-option.ts';

export interface BoundLine {
  readonly line: string;
  /** What is not as it was asked for. */
  readonly changed?: string;
  /** It has words of whoever bound it: text, and not keys and flags alone. */
  readonly hasText?: true;
}

/** Of a file: windows and panes of one's own, the prompt and the help, and the lock. */
const ofFiles: ReadonlySet<Permission> = new Set<Permission>(['session.use', 'session.open', 'command.give', 'app.lock']);

/** Commands within commands. */
const MOST_NESTED = 8;

/** @param words of the line, or one that is all of it */
export function boundLine(words: readonly string[], table: TableName, call: Pick<Call, 'context' | 'find'>): Result<BoundLine> {
  const parsed = parseLine(lineOfWords(words));
  if (!parsed.ok) return parsed;
  if (parsed.value.length === 0) return { ok: false, sentence: 'There is no command to bind.' };
  if (table === 'copy-mode' || table === 'copy-mode-vi') return copyBinding(parsed.value, call);
  const left: string[] = [];
  const lines: string[][] = [];
  const within: Given[] = [];
  for (const command of parsed.value) {
    const read = readCommand(command, call, 0);
    if (!read.ok) return read;
    lines.push(read.value.words);
    within.push(...read.value.within);
    if (read.value.changed !== undefined) left.push(read.value.changed);
  }
  // What the prefix sends is not known when the line is read: alone it is what the person has chosen, behind other keys it could be the end of a line.
  const sent = within.filter(({ command: { name } }) => name === 'send-keys' || name === 'send-prefix');
  if (call.context.file && sent.length > 1 && sent.some(({ command: { name } }) => name === 'send-prefix'))
    return { ok: false, sentence: `It sends a prefix together with other keys, which could run a line. ${AT_THE_PROMPT}` };
  const changed = left.length > 0 ? { changed: [...new Set(left)].join(' ') } : {};
  return { ok: true, value: { line: quoteCommands(lines), ...changed, ...(within.some(hasText) ? { hasText: true as const } : {}) } };
}

/** Of a line of a file that is refused. */
const AT_THE_PROMPT = 'Give bind-key at the prompt, if you want it.';

interface Given {
  readonly command: Command;
  readonly args: Arguments;
}

/** Words, and values but a target's: keys of send-keys are none. */
function hasText({ command, args }: Given): boolean {
  if (command.name === 'send-keys') return args.has('l') || args.words.some((word) => !isNamed(word));
  return args.words.length > 0 || Object.keys(command.args.values ?? {}).some((flag) => flag !== 't' && args.value(flag) !== undefined);
}

interface ReadCommand {
  readonly words: string[];
  /** It, and the commands within it. */
  readonly within: readonly Given[];
  readonly changed?: string;
}

function readCommand([name = '', ...rest]: readonly string[], call: Pick<Call, 'context' | 'find'>, depth: number): Result<ReadCommand> {
  if (depth > MOST_NESTED) return { ok: false, sentence: 'Commands are nested too deep here.' };
  const found = call.find(name);
  if (!found.ok) return found;
  const command = found.value;
  const here = withoutFolder(command, rest);
  const args = parseArguments(command, here.words);
  if (!args.ok) return args;
  const within: Given[] = [{ command, args: args.value }];
  const inner = innerLine(command, args.value);
  if (inner !== undefined) {
    const parsed = parseLine(inner);
    if (!parsed.ok) return parsed;
    for (const each of parsed.value) {
      const read = readCommand(each, call, depth + 1);
      if (!read.ok) return read;
      within.push(...read.value.within);
    }
  }
  const refused = call.context.file ? ofFile(command, args.value) : undefined;
  if (refused !== undefined) return { ok: false, sentence: refused };
  return { ok: true, value: { words: [command.name, ...here.words], within, ...(here.left ? { changed: here.left } : {}) } };
}

/** A command, and those within it: what a question, a prompt or a key of it would run later. */
export function commandsWithin(words: readonly string[], call: Pick<Call, 'context' | 'find'>): Result<readonly Given[]> {
  const read = readCommand(words, call, 0);
  return read.ok ? { ok: true, value: read.value.within } : read;
}

/** `-c "#{pane_current_path}"` is what a new pane does here by itself; a format is no folder. */
function withoutFolder(command: Command, words: readonly string[]): { readonly words: readonly string[]; readonly left?: string } {
  if (command.needs !== 'session.open') return { words };
  const at = words.findIndex((word, index) => (word === '-c' && /#\{/.test(words[index + 1] ?? '')) || /^-c.*#\{/.test(word));
  if (at < 0) return { words };
  const kept = [...words.slice(0, at), ...words.slice(at + (words[at] === '-c' ? 2 : 1))];
  return { words: kept, left: 'A new pane begins in the folder of the one that it was opened from, without -c.' };
}

/** The line that a command runs later, if it does. */
function innerLine({ name }: Command, { words }: Arguments): string | undefined {
  if (name === 'confirm-before') return lineOfWords(words);
  if (name === 'command-prompt') return words[0] === undefined || /^(?:%%|%1)$/.test(words[0].trim()) ? undefined : fillTemplate(words[0], '1');
  return name === 'bind-key' && words.length > 1 ? lineOfWords(words.slice(1)) : undefined;
}

function ofFile(command: Command, args: Arguments): string | undefined {
  const { name, needs } = command;
  if (!ofFiles.has(needs)) return `A file binds no key to ${name}. ${AT_THE_PROMPT}`;
  if (needs === 'session.open' && args.words.length > 0)
    return `It starts a program by a key that a file has bound. Give bind-key at the prompt, if you want it: a file does not say what runs here.`;
  if (name === 'command-prompt' && (args.value('p') !== undefined || args.value('I') !== undefined))
    return `It asks in words of the file (-p), or has a line ready (-I), by a key that a file has bound. ${AT_THE_PROMPT}`;
  if (name === 'set-buffer' || (name === 'paste-buffer' && args.value('s') !== undefined))
    return `It has text of the file for a shell, by a key that a file has bound. ${AT_THE_PROMPT}`;
  if (name === 'set-option' || name === 'set-window-option') return prefixOfFile(args);
  if (name !== 'send-keys') return undefined;
  const typed = args.has('l') ? args.words[0] : args.words.find((word) => !isChord(word));
  return typed === undefined ? undefined : `It types "${typed.slice(0, 40)}" into a shell by a key that a file has bound. ${AT_THE_PROMPT}`;
}

/** A key that is no character: one with ctrl or alt, or with a name. */
const isNamed = (word: string): boolean => /^(?:C-|M-|[A-Z]\w)/.test(normalizeKey(word) ?? '');

/**
 * A key that enters no text, and ends no line. Not C-x and C-e, which open an editor together, nor what runs a line or a help in zsh (M-a, M-h, M-?), nor a
 * character with ctrl and alt: bash's shell-expand-line is one.
 */
function isChord(word: string): boolean {
  const key = normalizeKey(word);
  return key !== undefined && isNamed(word) && !/(?:^|-)Space$|^C-(?:S-)?[xe]$|^C-M-(?:S-)?.$|^M-[ah?]$/iu.test(key) && !endsLine(key);
}

/** tmux's actions of copy mode that are here one that does nearly the same, and what differs. */
const nearly: readonly (readonly [pattern: RegExp, action: (...parts: readonly (string | undefined)[]) => string, changed: string])[] = [
  [/^copy-pipe(-end-of-line|-line)?(-and-cancel|-no-clear)?$/, (_, what = '-selection', then = '') => `copy${what}${then}`, 'It copies to the clipboard.'],
  [/^search-(forward|backward)-(?:incremental|text)$/, (_, way) => `search-${way}`, 'The search is typed below.'],
];

/** What asks for its word itself, and so needs no prompt around it. */
const asking: ReadonlySet<string> = new Set<CopyAction>([
  'search-forward',
  'search-backward',
  'jump-forward',
  'jump-backward',
  'jump-to-forward',
  'jump-to-backward',
  'goto-line',
]);

const ONE_THING = 'In copy mode a key does one thing of copy mode: send-keys -X and its name.';

function copyBinding(commands: readonly (readonly string[])[], { find }: Pick<Call, 'find'>, within?: 'a prompt'): Result<BoundLine> {
  const [[name = '', ...words] = []] = commands;
  const found = find(name);
  if (commands.length > 1 || !found.ok) return { ok: false, sentence: ONE_THING };
  const args = parseArguments(found.value, words);
  if (!args.ok) return args;
  const template = args.value.words[0];
  if (found.value.name === 'command-prompt' && template !== undefined && !within) {
    const parsed = parseLine(fillTemplate(template, '1'));
    return parsed.ok ? copyBinding(parsed.value, { find }, 'a prompt') : parsed;
  }
  if (found.value.name !== 'send-keys' || !args.value.has('X')) return { ok: false, sentence: ONE_THING };
  const [wanted = '', ...more] = args.value.words;
  const count = args.value.value('N') ?? '1';
  if (!/^[1-9]\d{0,3}$/.test(count)) return { ok: false, sentence: `"${count.slice(0, 40)}" is no number of times: it must be 1 to 9999.` };
  const near = nearly.find(([pattern]) => pattern.test(wanted));
  const action = near ? near[1](...near[0].exec(wanted)!) : wanted;
  if (!Object.hasOwn(copyActions, action)) return { ok: false, sentence: `Copy mode has no "${wanted.slice(0, 40)}" here.` };
  const asks = within !== undefined && asking.has(action);
  const piped = more.length > 0 && wanted.startsWith('copy-') ? 'The program behind it is not run.' : '';
  if (more.length > 0 && !piped && !asks) return { ok: false, sentence: `"${wanted}" takes nothing behind it here.` };
  const changed = [near?.[2], piped, asks && !near ? 'It asks in its own way.' : ''].filter(Boolean).join(' ');
  return { ok: true, value: { line: copyLine(action as CopyAction, Number(count)), ...(changed ? { changed } : {}) } };
}
