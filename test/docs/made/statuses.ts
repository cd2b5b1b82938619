/** The table of exit statuses in README.md. */
import { exitTable } from '../../../src/cli/exit.ts';

/** What other tables have, and the status that it stands before. */
const others: readonly (readonly [statuses: string, meaning: string, before: number])[] = [
  ['10–44', '`verify`: one for each kind of failure ([the list](docs/format.md#verification)).', 50],
  ['125–127', '`record`: could not be recorded, cannot be run, not found; else it exits as the command does.', 130],
];

export function statusesTable(): string[] {
  const rows = exitTable.flatMap(({ status, help }) => [
    ...others.filter(([, , before]) => before === status).map(([statuses, meaning]) => `| ${statuses} | ${meaning} |`),
    `| ${status} | ${help} |`,
  ]);
  return ['| status | meaning |', '| --- | --- |', ...rows];
}
