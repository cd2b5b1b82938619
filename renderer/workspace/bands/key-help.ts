/** The key tables as the bands show them: one row for keys that do the same. */
import { copyActions, type CopyKeys } from '../../../src/mux/keys/copy-table.ts';
import { listKeys, type HelpRow as Bound } from '../../../src/mux/keys/list.ts';
import { keyLabel } from '../../../src/mux/keys/names.ts';
import { actionOf, bindings, copyTable, type KeyChange } from '../../../src/mux/keys/tables.ts';
import { copyKey, keyRows, type KeyRow, type groups } from '../../../src/mux/keys/table.ts';

export interface HelpRow {
  readonly keys: string;
  readonly label: string;
}

/** Rows of the help, with keys that do the same in all directions on one row. `short`: the preset layouts too. */
export function helpRows(table: KeyRow['table'], group: (typeof groups)[number], short = false, rows: readonly KeyRow[] = keyRows): HelpRow[] {
  const meaning = ({ key, keyLabel: name, line, label }: Bound): string => {
    if (/^(?:ctrl-|alt-)?[↑↓←→]$/.test(name) && label.startsWith('pane ')) return 'go to a pane';
    if (/^window \d$/.test(label)) return 'go to window';
    return short && line.startsWith('select-layout ') && key.startsWith('M-') ? 'seven fixed layouts' : label;
  };
  return merge(
    listKeys(table, rows)
      .filter((row) => row.group === group)
      .map((row) => ({ keys: row.keyLabel, label: meaning(row) }))
      .concat(table === 'root' && group === 'Read' ? [{ keys: keyLabel(copyKey.key), label: copyKey.label }] : []),
  );
}

/** Keys of copy mode as somebody has them, those of one action on one row. */
export function copyHelp(mode: CopyKeys, changes: readonly KeyChange[] = []): HelpRow[] {
  const rows = bindings(changes).filter(({ table }) => table === copyTable(mode));
  return merge(rows.map(({ key, line }) => ({ keys: keyLabel(key), label: copyActions[actionOf(line)!.action] })));
}

function merge(rows: readonly HelpRow[]): HelpRow[] {
  const merged = new Map<string, string[]>();
  for (const { keys, label } of rows) merged.set(label, [...(merged.get(label) ?? []), keys]);
  return [...merged].map(([label, keys]) => ({ keys: shorten(keys), label }));
}

function shorten(keys: readonly string[]): string {
  if (keys.length === 10 && keys.every((key) => /^\d$/.test(key))) return '0…9';
  const digits = keys.map((key) => /^(?:alt-)?\d$/.exec(key)?.[0].at(-1)).join('');
  if (digits === '123456789') return `${keys[0]}…9`;
  if (keys.length === 7 && keys.every((key) => /^alt-\d$/.test(key))) return 'alt-1…7';
  const prefix = /^(ctrl-|alt-)?/.exec(keys[0]!)![0];
  if (keys.length === 4 && keys.every((key) => key.startsWith(prefix) && '↑↓←→'.includes(key.slice(prefix.length)))) return `${prefix}←↑↓→`;
  return keys.join(' ');
}
