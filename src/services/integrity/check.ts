/**
 * A look at the program's files, and at those of the policy and the data folder that the ledger has by their digests: what is not as it was signed for. Nothing
 * is believed because it lies there: the list of the program's files counts because somebody who may has signed its digest, which the ledger has.
 */
import { hash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readSmall } from '../../disk/atomic.ts';
import { listName, lookAtProgram, readList, type Program } from '../../integrity/baseline.ts';
import { byBytes, compareLists, type Difference } from '../../integrity/list.ts';
import { programFolder } from '../../integrity/program.ts';
import type { BaselineFacts } from '../../ledger/baseline-facts.ts';
import type { AuditEntry } from '../../ledger/events.ts';
import type { LedgerFacts } from '../../ledger/facts.ts';
import { PersonRefused } from '../../people/pinned.ts';
import type { Home } from '../../storage/index.ts';
import { Refusal } from '../../types/refusal.ts';
import { DAY_MS } from '../../types/units.ts';
import { MOST_NAMED_FILES } from '../../types/words.ts';
import { changedRecords } from '../people/person.ts';

interface LookParts {
  readonly home: Home;
  readonly facts: Pick<LedgerFacts, 'integrity' | 'policies' | 'people' | 'person'>;
  /** Where the program lies. Default: the one that runs. */
  readonly folder?: string | undefined;
  /** Its version. Default: of the one that runs. */
  readonly version?: string;
  /** Waited for behind each piece that is read. */
  readonly pause?: () => Promise<unknown>;
}

/** What a look came to. */
export interface Look {
  /** What was signed for; null where nobody has signed for any files. */
  readonly baseline: BaselineFacts | null;
  /** As it lies there; a sentence where it cannot be looked at. */
  readonly program: Program | string;
  /** In the order of their parts and paths. */
  readonly differences: readonly Difference[];
  /** Another version runs than the one that was signed for, or a clone was built anew. */
  readonly updated: boolean;
  /** SHA-256 of all that is said of the differences. */
  readonly found: string;
}

const foundOf = (differences: readonly Difference[]): string =>
  hash('sha256', differences.map(({ part, how, path, expected, found }) => `${JSON.stringify([part, how, path, expected, found])}\n`).join(''), 'hex');
/** Of a look that found nothing. */
const NOTHING = foundOf([]);

/** @throws StorageFault, LedgerError where the data folder cannot be read */
export async function lookAtIntegrity({ home, facts, folder, version, pause = () => nextTurn() }: LookParts): Promise<Look> {
  const { baseline } = facts.integrity;
  const program = await programOf(folder, version, pause);
  const differences = [...programDifferences(home, baseline, program), ...(await dataDifferences(home, facts, pause))];
  const other = baseline !== null && typeof program !== 'string' && program.sha256 !== baseline.sha256;
  const updated = other && (baseline.checkout || program.version !== baseline.version);
  return { baseline, program, differences, updated, found: foundOf(differences) };
}

async function programOf(folder: string | undefined, version: string | undefined, pause: () => Promise<unknown>): Promise<Program | string> {
  try {
    return await lookAtProgram(folder ?? programFolder(), pause, version);
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

function programDifferences(home: Home, baseline: BaselineFacts | null, program: Program | string): readonly Difference[] {
  if (!baseline) return [];
  const list = readList(home, baseline.sha256);
  const path = listName(baseline.sha256);
  const lost: Difference[] = typeof list === 'string' ? [{ part: 'list', how: list, path, ours: path, expected: baseline.sha256, found: null }] : [];
  // Somebody has signed for files, so that they can be looked at: what says now that they cannot is a finding, and not a reason to be silent.
  if (typeof program === 'string')
    return [...lost, { part: 'program', how: 'unreadable', path: 'the program', ours: undefined, expected: baseline.sha256, found: null }];
  if (program.sha256 === baseline.sha256) return lost;
  if (typeof list !== 'string') return compareLists(list, program.files);
  // Which file it is nobody can say without the list: that it is another program, its digest does.
  return [...lost, { part: 'program', how: 'changed', path: 'the program', ours: undefined, expected: baseline.sha256, found: program.sha256 }];
}

/** Files that lie under their own SHA-256, by folder. */
const byDigest = [
  ['alert-notes', 'alertNotes', /^([0-9a-f]{64})\.json$/],
  ['disclosures', 'disclosures', /^([0-9a-f]{64})\.json$/],
] as const;

async function dataDifferences(home: Home, facts: LookParts['facts'], pause: () => Promise<unknown>): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  const take = (part: 'policy' | 'data', path: string, expected: string | null, how: Difference['how'], digest: string | null = null): void =>
    void found.push({ part, how, path, ours: path, expected, found: digest });
  for (const sha256 of new Set(facts.policies)) {
    await pause();
    const digest = digestOf(join(home.policies, `${sha256}.json`));
    if (digest !== sha256) take('policy', `policies/${sha256}.json`, sha256, digest === undefined ? 'missing' : 'changed', digest ?? null);
  }
  for (const { id, error } of changedRecords(home, facts))
    take('data', `people/${id}.json`, null, error instanceof PersonRefused && error.reason === 'missing' ? 'missing' : 'changed');
  for (const [name, place, pattern] of byDigest) {
    const names = namesIn(home[place]);
    if (!names) take('data', name, null, 'missing');
    for (const file of names ?? []) {
      const [, sha256] = pattern.exec(file) ?? [];
      if (sha256 === undefined) continue;
      await pause();
      const digest = digestOf(join(home[place], file));
      // Gone between the two: nobody has to keep it.
      if (digest !== undefined && digest !== sha256) take('data', `${name}/${file}`, sha256, 'changed', digest);
    }
  }
  return found;
}

/** In the order of their bytes; undefined where the folder is gone, or is none. */
function namesIn(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder).toSorted(byBytes);
  } catch {
    return undefined;
  }
}

/** Null of what is no plain file or cannot be read; undefined where there is nothing. */
function digestOf(path: string): string | null | undefined {
  try {
    const bytes = readSmall(path);
    return bytes && hash('sha256', bytes, 'hex');
  } catch {
    return null;
  }
}

/** What of a look is entered. */
export interface Findings {
  readonly check: Extract<AuditEntry, { readonly action: 'integrity.check' }>['detail'];
  readonly differs: readonly Extract<AuditEntry, { readonly action: 'integrity.differs' }>['detail'][];
  readonly updated: Extract<AuditEntry, { readonly action: 'program.updated' }>['detail'] | null;
}

/**
 * What a look says that the ledger does not have yet: another finding than the last one that was entered, or that it is a day ago.
 * @param now milliseconds since the epoch. @returns undefined where there is nothing to enter: the same was found, or nobody has signed for any files.
 */
export function findingsOf(
  { baseline, program, differences, updated, found }: Look,
  { check }: LookParts['facts']['integrity'],
  now: number,
): Findings | undefined {
  if (!baseline) return undefined;
  const since = now - Date.parse((check ?? baseline).time);
  // An event of the installation's key alone: one that says two things at once is not believed.
  const told = check && (check.differences === 0) === (check.found === NOTHING) ? check.found : undefined;
  const isNews = (check ? told : NOTHING) !== found;
  if (!isNews && since >= 0 && since < DAY_MS) return undefined;
  const detail = { sha256: baseline.sha256, files: typeof program === 'string' ? 0 : program.files.length, differences: differences.length, found };
  if (!isNews) return { check: detail, differs: [], updated: null };
  // Of an update nearly every file is another one: that it is one says more than their names.
  // Files that were only added never push out of sight what was changed.
  const others = updated ? differences.filter(({ part }) => part !== 'program') : differences;
  const named = [...others.filter(({ how }) => how !== 'added'), ...others.filter(({ how }) => how === 'added')];
  return {
    check: detail,
    differs: named.slice(0, MOST_NAMED_FILES).map(({ part, how, ours, expected, found: digest }) => ({
      part,
      how,
      ...(ours === undefined ? {} : { file: ours }),
      ...(expected === null ? {} : { expected }),
      ...(digest === null ? {} : { found: digest }),
    })),
    updated:
      updated && typeof program !== 'string'
        ? {
            from: baseline.version,
            to: program.version,
            checkout: baseline.checkout,
            files: differences.filter(({ part }) => part === 'program').length,
            sha256: program.sha256,
          }
        : null,
  };
}

/** The events of it, in their order: the check last, so that what could not be entered whole is found again. */
export const findingEntries = ({ check, differs, updated }: Findings): readonly AuditEntry[] => [
  ...differs.map((detail): AuditEntry => ({ action: 'integrity.differs', detail })),
  ...(updated ? [{ action: 'program.updated', detail: updated } as const] : []),
  { action: 'integrity.check', outcome: check.differences === 0 ? 'success' : 'failure', detail: check },
];
