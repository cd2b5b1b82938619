/** The table of events as it stands in docs/format.md: made from the rows, so that the page cannot drift from them. */
import { eventTable } from '../../../src/ledger/events.ts';
import type { FieldType } from '../../../src/ledger/table/row.ts';

function typeText(type: FieldType): string {
  return typeof type === 'string' ? type : type.join(', ');
}

/** Markdown rows: action, person, outcome, fields with their types. */
export function eventTableText(): string {
  const lines = eventTable.map(({ action, person, outcome, fields, help }) => {
    const detail = Object.entries(fields).map(([name, type]) => `\`${name}\` (${typeText(type)})`);
    return `| \`${action}\` | ${person} | ${outcome} | ${detail.join('; ') || '-'} | ${help} |`;
  });
  return ['| action | person | outcome | detail | meaning |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}
