/**
 * What a key may stand for. A line that is bound is read when it is bound, so that a key never says later that it cannot be read. Where it comes from a
 * file, which any program of the account could have written, it may not do what nobody sees coming: start a program, type text, or ask for more than
 * one's own windows and the lock.
 */
import type { Permission } from '../../access/permissions.ts';
import { type CopyAction, copyActions } from '../keys/copy-table.ts';
import { normalizeKey } from '../keys/names.ts';
import { type TableName, copyLine } from '../keys/tables.ts';
import type { Result } from '../layout.ts';
import { lineOfWords, quoteCommands } from '../syntax/quote.ts';
import { parseArguments } from './arguments.ts';
import type { Arguments, Call, Command } from './command.ts';
import { fillTemplate, parseLine } from './lexer.ts';

export interface BoundLine {
  readonly line: string;
  /** What is not as it was asked for. */
  readonly changed?: string;
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
  for (const command of parsed.value) {
    const read = readCommand(command, call, 0);
    if (!read.ok) return read;
    lines.push(read.value.words);
    if (read.value.changed !== undefined) left.push(read.value.changed);
  }
  return { ok: true, value: { line: quoteCommands(lines), ...(left.length > 0 ? { changed: [...new Set(left)].join(' ') } : {}) } };
}

interface ReadCommand {
  readonly words: string[];
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
  const inner = innerLine(command, args.value);
  if (inner !== undefined) {
    const parsed = parseLine(inner);
    if (!parsed.ok) return parsed;
    for (const each of parsed.value) {
      const read = readCommand(each, call, depth + 1);
      if (!read.ok) return read;
    }
  }
  const refused = call.context.file ? ofFile(command, args.value) : undefined;
  if (refused !== undefined) return { ok: false, sentence: refused };
  return { ok: true, value: { words: [command.name, ...here.words], ...(here.left ? { changed: here.left } : {}) } };
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
  if (!ofFiles.has(needs)) return `A file binds no key to ${name}. Give bind-key at the prompt, if you want it.`;
  if (needs === 'session.open' && args.words.length > 0)
    return `It starts a program by a key that a file has bound. Give bind-key at the prompt, if you want it: a file does not say what runs here.`;
  if (name !== 'send-keys') return undefined;
  const typed = args.has('l') ? args.words[0] : args.words.find((word) => !isChord(word));
  return typed === undefined
    ? undefined
    : `It types "${typed.slice(0, 40)}" into a shell by a key that a file has bound. Give bind-key at the prompt, if you want it.`;
}

/** A key that enters no text and no line. */
function isChord(word: string): boolean {
  const key = normalizeKey(word);
  return key !== undefined && /^(?:C-|M-|[A-Z]\w)/.test(key) && !/(?:^|-)(?:Enter|Space)$|^C-[jmoxe]$/.test(key);
}

/** tmux's actions of copy mode that are here one that does nearly the same, and what differs. */
const nearly: readonly (readonly [pattern: RegExp, action: CopyAction, changed: string])[] = [
  [/^copy-(?:pipe|selection)(?:-and-cancel|-no-clear)?$/, 'copy-selection-and-cancel', 'It copies to the clipboard and leaves copy mode.'],
  [/^copy-(?:pipe-)?end-of-line(?:-and-cancel)?$/, 'copy-end-of-line', 'It copies to the clipboard and leaves copy mode.'],
  [/^search-forward-incremental$/, 'search-forward', 'The search is typed below.'],
  [/^search-backward-incremental$/, 'search-backward', 'The search is typed below.'],
];

function copyBinding(commands: readonly (readonly string[])[], { find }: Pick<Call, 'find'>): Result<BoundLine> {
  const [[name = '', ...words] = []] = commands;
  const found = find(name);
  const at = words.indexOf('-X');
  if (commands.length > 1 || !found.ok || found.value.name !== 'send-keys' || at < 0)
    return { ok: false, sentence: 'In copy mode a key does one thing of copy mode: send-keys -X and its name.' };
  const [wanted = '', ...more] = words.slice(at + 1);
  if (Object.hasOwn(copyActions, wanted) && more.length === 0) return { ok: true, value: { line: copyLine(wanted as CopyAction) } };
  const near = nearly.find(([pattern]) => pattern.test(wanted));
  if (!near && !Object.hasOwn(copyActions, wanted)) return { ok: false, sentence: `Copy mode has no "${wanted.slice(0, 40)}" here.` };
  const piped = more.length > 0 && wanted.startsWith('copy-') ? ' The program behind it is not run.' : '';
  if (more.length > 0 && piped === '') return { ok: false, sentence: `"${wanted}" takes nothing behind it here.` };
  return { ok: true, value: { line: copyLine(near?.[1] ?? (wanted as CopyAction)), changed: `${near?.[2] ?? ''}${piped}`.trim() } };
}
