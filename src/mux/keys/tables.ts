/**
 * The key tables as somebody has them: the default ones, with what bind-key and unbind-key have changed. One list for all four tables, so that a key of
 * copy mode is bound, listed and shown as any other is.
 */
import type { Result } from '../layout.ts';
import { type CopyAction, type CopyKeys, copyActions, copyRows } from './copy-table.ts';
import { parseSyntax } from '../syntax/parse.ts';
import { quoteCommands } from '../syntax/quote.ts';
import { normalizeKey } from './names.ts';
import { type KeyRow, keyRows } from './table.ts';

export const tableNames = ['root', 'prefix', 'copy-mode', 'copy-mode-vi'] as const;
export type TableName = (typeof tableNames)[number];

/** What one key of one table does now, in the place of what it did. */
export interface KeyChange {
  readonly table: TableName;
  readonly key: string;
  /** Command line; null: the key does nothing. */
  readonly line: string | null;
  readonly repeat?: true | undefined;
  /** Words of whoever bound it (bind-key -N). */
  readonly note?: string | undefined;
  /** Of a line that has text in it: the classes that whoever bound it had in front of them. The text goes where they may (commands/crossing.ts). */
  readonly from?: readonly string[];
}

export interface Binding {
  readonly table: TableName;
  readonly key: string;
  readonly line: string;
  readonly repeat: boolean;
  readonly label: string;
}

/** How a key of copy mode is written as a command. */
export const copyLine = (action: CopyAction, count = 1): string => `send-keys ${count === 1 ? '' : `-N ${count} `}-X ${action}`;
export const copyTable = (mode: CopyKeys): TableName => (mode === 'vi' ? 'copy-mode-vi' : 'copy-mode');

/** The action of copy mode that a line stands for, and how often it is done; undefined for any other line. */
export function actionOf(line: string): BoundAction | undefined {
  const [, count = '1', action = ''] = /^send-keys (?:-N (\d{1,4}) )?-X ([a-z-]+)$/.exec(line) ?? [];
  return Object.hasOwn(copyActions, action) ? { action: action as CopyAction, count: Number(count) } : undefined;
}

export interface BoundAction {
  readonly action: CopyAction;
  readonly count: number;
}

const defaults: readonly Binding[] = [
  ...keyRows.map(({ table, key, line, repeat, label }): Binding => ({ table, key, line, repeat: repeat === true, label })),
  ...copyRows.map(({ mode, key, action }): Binding => ({ table: copyTable(mode), key, line: copyLine(action), repeat: false, label: copyActions[action] })),
];

/** Every key that does something, by table. */
export function bindings(changes: readonly KeyChange[]): readonly Binding[] {
  const left = defaults.filter((row) => !changes.some((change) => change.table === row.table && change.key === row.key));
  const bound = changes.flatMap(({ table, key, line, repeat, note }): Binding[] =>
    line === null ? [] : [{ table, key, line, repeat: repeat === true, label: note ?? shortLine(line) }],
  );
  return [...left, ...bound].toSorted((one, other) => tableNames.indexOf(one.table) - tableNames.indexOf(other.table));
}

/** The rows of the prefix and root tables, those that somebody bound in a group of their own. */
export function changedRows(changes: readonly KeyChange[]): readonly KeyRow[] {
  if (changes.length === 0) return keyRows;
  const left = keyRows.filter((row) => !changes.some((change) => change.table === row.table && change.key === row.key));
  const bound = changes.flatMap(({ table, key, line, repeat, note }): KeyRow[] => {
    if (line === null || (table !== 'prefix' && table !== 'root')) return [];
    return [{ table, key, line, label: note ?? shortLine(line), group: 'Yours', ...(repeat ? { repeat } : {}) }];
  });
  return [...left, ...bound];
}

/** As the help has room for. */
function shortLine(line: string): string {
  return line.length <= 24 ? line : `${line.slice(0, 23)}…`;
}

/** What a key does in copy mode, as somebody has it; undefined where it does nothing. */
export function copyActionOf(mode: CopyKeys, key: string, changes: readonly KeyChange[]): BoundAction | undefined {
  const change = changes.find((each) => each.table === copyTable(mode) && each.key === key);
  if (change) return change.line === null ? undefined : actionOf(change.line);
  const row = copyRows.find((each) => each.mode === mode && each.key === key);
  return row && { action: row.action, count: 1 };
}

/** One change more; an older one of the same key goes, and so does one that is the default again. */
export function withChange(changes: readonly KeyChange[], change: KeyChange): readonly KeyChange[] {
  const others = changes.filter(({ table, key }) => table !== change.table || key !== change.key);
  const before = defaults.find(({ table, key }) => table === change.table && key === change.key);
  const same = before
    ? asRead(before.line) === asRead(change.line ?? '') && before.repeat === (change.repeat === true) && change.note === undefined
    : change.line === null;
  return same ? others : [...others, change];
}

/** A line in the one spelling that the words it is read as have. */
function asRead(line: string): string {
  const parsed = parseSyntax(line, 'a line');
  return parsed.ok ? quoteCommands(parsed.commands.map(({ words }) => words)) : line;
}

/** Keys that the page takes before any table is asked: the lock, and the two that know the selection and the clipboard. */
const ours: Readonly<Record<string, string>> = { 'C-S-l': 'locks, from everywhere', 'C-S-c': 'copies what is selected', 'C-S-v': 'pastes' };

/** Every key of a table does nothing, but those that the page takes before. */
export function withoutTable(changes: readonly KeyChange[], table: TableName): readonly KeyChange[] {
  const keys = new Set(bindings(changes).flatMap((row) => (row.table === table && ours[row.key] === undefined ? [row.key] : [])));
  return [...keys].reduce((now, key) => withChange(now, { table, key, line: null }), changes);
}

/** A key that may be bound in a table, in its one spelling. */
export function bindableKey(text: string, table: TableName): Result<string> {
  const key = normalizeKey(text);
  if (key === undefined)
    return { ok: false, sentence: /Mouse|Wheel|Click/.test(text) ? 'What the mouse does is not bound here.' : `There is no key "${text}".` };
  if (ours[key] !== undefined) return { ok: false, sentence: `${key} ${ours[key]}, and cannot be bound.` };
  // What is typed all day must reach the program that it is typed for.
  if (table === 'root' && !/^(?:[CM]-|S-\w{2}|F\d|PPage|NPage)/.test(key))
    return {
      ok: false,
      sentence: `In the root table ${key} would be taken from every program. Bind a key with ctrl or alt, or a function key, or bind it after the prefix.`,
    };
  return { ok: true, value: key };
}
