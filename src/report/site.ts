/** What every report is made from. */
import { mismatch } from '../people/pinned.ts';
import { readPerson } from '../people/person.ts';
import type { PersonRecord } from '../people/types.ts';
import type { Home } from '../storage/home.ts';
import type { LedgerAt } from './history.ts';

export interface ReportSite {
  readonly home: Home;
  readonly installation: string;
  /** As the policy of then, or else of now, calls it. */
  readonly workstation: string;
  /** ISO 8601 UTC: the moment that is reported on. */
  readonly at: string;
  /** When the report was made, ISO 8601 UTC. */
  readonly made: string;
  /** Of Wardmux. */
  readonly software: string;
  readonly past: LedgerAt;
}

/** The facts under a report's title. */
export function headOf({ installation, workstation, at, made, software, past }: ReportSite): (readonly [string, string])[] {
  return [
    ['Workstation', `${workstation} (${installation})`],
    ['As of', at],
    ['From', `the ledger up to event ${past.head.size} (root ${past.head.root})`],
    ['Made', `${made}, Wardmux ${software}`],
    ...(past.outOfOrder > 0
      ? ([
          ['Note', `${past.outOfOrder} later events carry a time before this moment: the clock was set, or they were entered late. They are not counted here.`],
        ] as const)
      : []),
  ];
}

/** The same for programs. */
export const jsonHeadOf = ({ installation, workstation, at, made, software, past }: ReportSite) => ({
  installation,
  workstation,
  at,
  made,
  software,
  ledger: { size: past.head.size, root: past.head.root },
  outOfOrder: past.outOfOrder,
});

/** Somebody's record, as far as the ledger of then vouches for it: a file of today says nothing of a day on which another one counted. */
export function recordAt(
  { home, past }: ReportSite,
  id: string,
): { readonly record: PersonRecord | undefined; readonly slots: PersonRecord['slots'] | undefined } {
  let record: PersonRecord | undefined;
  try {
    record = readPerson(home, id);
  } catch {
    // What cannot be read vouches for nothing.
  }
  const differs = record ? mismatch(record, past.facts.person(id)) : 'missing';
  return { record: differs === undefined || differs === 'slots' ? record : undefined, slots: differs === undefined ? record?.slots : undefined };
}

/** Where a record of that day is not there any more. */
export const NOT_KEPT = 'not known: the record of that day is not kept';
