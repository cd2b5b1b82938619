/** The key tables as help: rows for the which-key band, for list-keys and for the documents. */
import { keyLabel } from './names.ts';
import { type Group, type KeyRow, groups, keyRows } from './table.ts';

export interface HelpRow {
  readonly key: string;
  /** For people: ctrl-↑ */
  readonly keyLabel: string;
  readonly line: string;
  readonly label: string;
  readonly group: Group;
  readonly repeat: boolean;
}

/** Every row of one table, by group in the fixed order, else in the order of the table. */
export function listKeys(table: KeyRow['table'] = 'prefix', rows: readonly KeyRow[] = keyRows): HelpRow[] {
  return rows
    .filter((row) => row.table === table)
    .map((row) => ({ key: row.key, keyLabel: keyLabel(row.key), line: row.line, label: row.label, group: row.group, repeat: row.repeat === true }))
    .sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
}
