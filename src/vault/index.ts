/** The door of the room for everybody but the vault host. */
export { backoffPath, waitWords, type BackoffStatus } from './backoff.ts';
export { UnlockError, VaultError } from './errors.ts';
export { firstRun, refuseSecondRun, type FirstRunInput, type FirstRunResult } from './first-run.ts';
export type { OpenIdentity } from './identity.ts';
export { normalisePassphrase, passphraseMin, type PassphraseJudgement } from './passphrase.ts';
export { addPerson, createPerson, listPeople, personPath, readPerson, savePerson, unlockWithPassphrase } from './person.ts';
export type * from './types.ts';
