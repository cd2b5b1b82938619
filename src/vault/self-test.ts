/** The part of the self-test that needs no key of the installation: it reads the whole ledger, for which main, which has a lease to renew, has no time. */
import { setTimeout as wait } from 'node:timers/promises';
import { keylessChecks } from '../selftest/keyless.ts';
import { lookAtPermissions } from '../selftest/permissions.ts';
import type { Finding } from '../selftest/finding.ts';
import type { KeylessName } from '../selftest/rows.ts';
import { tryControls } from '../selftest/run.ts';
import { openInstallation } from '../services/installation/installation.ts';
import type { TreeHead } from '../types/head.ts';

/** @param folder the data folder. @throws StorageFault where there is no installation that could be opened */
export async function tryKeyless(
  folder: string,
): Promise<{ readonly tried: readonly (Finding & { readonly name: KeylessName })[]; readonly head: TreeHead | null }> {
  const seen = lookAtPermissions(folder);
  const site = await openInstallation({ env: { WARDMUX_HOME: folder } });
  const { checks, head } = keylessChecks(site, seen, { now: Date.now, wait: (ms) => wait(ms), talk: () => undefined });
  const tried = await tryControls(checks);
  return { tried, head: head() };
}
