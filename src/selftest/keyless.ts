/** The controls that are tried without any key of the installation: by a command, and for the window by the process that the lock ends, because main has a lease to renew. */
import { factsOf, type OpenInstallation } from '../services/installation/installation.ts';
import { lookAtIntegrity } from '../services/integrity/check.ts';
import { verifyLedger, type VerifyEdges } from '../services/ledger/verify.ts';
import type { TreeHead } from '../types/head.ts';
import { tryCipher } from './cipher.ts';
import { tryLedger } from './ledger.ts';
import { tryLock } from './lock.ts';
import { permissionsFinding, type PermissionsSeen } from './permissions.ts';
import { programFinding } from './program.ts';
import { tryRecovery } from './recovery.ts';
import type { KeylessName } from './rows.ts';
import type { Checks } from './run.ts';

export interface KeylessChecks {
  readonly checks: Pick<Checks, KeylessName>;
  /** Of the ledger, once it was verified; null where it did not hold. */
  readonly head: () => TreeHead | null;
}

/** @param seen of the data folder, before anything of ours opened it. */
export function keylessChecks(site: OpenInstallation, seen: PermissionsSeen, edges: VerifyEdges): KeylessChecks {
  let head: TreeHead | null = null;
  return {
    head: () => head,
    checks: {
      lock: () => tryLock(),
      cipher: () => tryCipher(),
      ledger: () =>
        tryLedger({
          folder: site.home.ledger,
          key: site.noteKey,
          verify: async () => {
            const found = await verifyLedger(site, {}, edges);
            if (found.reading.faults.length === 0) head = found.reading.tree.head();
            // Where heads are kept outside has a row of its own.
            return found.code === 'not-anchored' ? { ...found, good: true } : found;
          },
        }),
      permissions: () => permissionsFinding(seen),
      program: async () => programFinding(await lookAtIntegrity({ home: site.home, facts: await factsOf(site) })),
      recovery: () => tryRecovery(),
    },
  };
}
