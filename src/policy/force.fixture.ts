/** For tests: takes what stands in policy.json into force, as somebody who may would. */
import { openLedger } from '../services/installation/open-ledger.ts';
import { homePaths, requireInstallation } from '../storage/index.ts';
import { acceptPolicy, policyInForce } from './force.ts';

export async function acceptAsItStands(folder: string): Promise<void> {
  const home = homePaths(folder);
  const { ledger } = await openLedger(home, requireInstallation(home));
  try {
    const { proposal } = policyInForce(home, ledger.facts);
    if (proposal?.kind !== 'changed') throw new Error('there is no changed policy to accept');
    await acceptPolicy(home, ledger, proposal, ledger.facts.people()[0]!);
  } finally {
    await ledger.close();
  }
}
