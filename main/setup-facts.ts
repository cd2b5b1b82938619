/** What the first run's page proposes and has to say before anything is written. */
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { chooseSecretStore, newInstallationId, type Home } from '../src/storage/index.ts';

/** In the person's home, named after the machine: to be moved off it. */
export function defaultAuditKeyPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['HOME'] || homedir(), `wardmux-audit-key-${hostname()}.json`);
}

/** Where the installation's signing key will be kept, and how weak that is. */
export async function secretStoreFacts(home: Home): Promise<{ name: string; weaker: boolean; sentence: string }> {
  const { store, reason } = await chooseSecretStore(home, newInstallationId());
  if (store.name === 'secret-service')
    return { name: store.name, weaker: false, sentence: "The signing key of this workstation goes into the system's secret store." };
  return {
    name: store.name,
    weaker: true,
    sentence: `The signing key of this workstation goes into a file that only this account can read, because there is no system secret store here${reason ? ` (${reason.replace(/\.$/, '')})` : ''}. A program of the same account could sign in its name.`,
  };
}
