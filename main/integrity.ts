/** Enters what the process that goes through the ledger has found of the program's files: it has no key, and says nothing of another list than the one that is signed for. */
import type { AuditParentInput } from '../src/audit/service.ts';
import { findingEntries, type Findings } from '../src/services/integrity/check.ts';
import { Refusal } from '../src/types/refusal.ts';
import type { InstalledHolder } from './installed.ts';
import type { Journal } from './journal.ts';

export interface IntegrityParts {
  readonly installed: Pick<InstalledHolder, 'require'>;
  readonly journal: Pick<Journal, 'enter'>;
}

/** @returns what takes a finding. It throws a Refusal where it is about another list, or the ledger does not take it. */
export const enterFindings =
  ({ installed, journal }: IntegrityParts) =>
  async (found: AuditParentInput<'files'>): Promise<void> => {
    const { ledger } = installed.require();
    await ledger.refresh();
    if (ledger.facts.integrity.baseline?.sha256 !== found.check.sha256) throw new Refusal('other-list', 'Other files were accepted meanwhile.');
    for (const entry of findingEntries(found as Findings))
      if (!(await journal.enter(entry))) throw new Refusal('not-entered', 'The ledger does not take it now.');
  };
