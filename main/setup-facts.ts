/** What the first run's page proposes and has to say before anything is written. */
import { homedir, hostname } from 'node:os';
import { chooseSecretStore, newInstallationId, type Home } from '../src/storage/index.ts';
import { sentenceOf } from '../src/types/sentence.ts';
import { mountedMedia } from '../src/disk/media.ts';
import { auditKeyPlace, type AuditKeyPlace } from '../src/services/policy/audit-key.ts';

/** On a removable medium where one is mounted; else in the person's home, to be moved off the machine. */
export function defaultAuditKey(env: Readonly<Record<string, string | undefined>>): AuditKeyPlace {
  return auditKeyPlace(mountedMedia(), env['HOME'] || homedir(), hostname());
}

export interface SecretStoreFacts {
  readonly name: string;
  /** Weaker than the system's own secret store. */
  readonly weaker: boolean;
  readonly sentence: string;
}

/** Where the installation's signing key will be kept, and how weak that is. */
export async function secretStoreFacts(home: Home): Promise<SecretStoreFacts> {
  const chosen = await chooseSecretStore(home, newInstallationId()).catch((error: unknown) => sentenceOf(error));
  // Said before anything is typed; what is made then is refused, until the keyring is unlocked and answers.
  if (typeof chosen === 'string') return { name: 'secret-service', weaker: true, sentence: chosen };
  const { store, reason } = chosen;
  if (store.name === 'secret-service')
    return { name: store.name, weaker: false, sentence: "The signing key of this workstation goes into the system's secret store." };
  return {
    name: store.name,
    weaker: true,
    sentence: `The signing key of this workstation goes into a file that only this account can read, because there is no system secret store here${reason ? ` (${reason.replace(/\.$/, '')})` : ''}. A program of the same account could sign in its name.`,
  };
}
