/** Data folders as the first run leaves them, for tests that begin behind it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { firstRun, type FirstRunInput, type FirstRunResult } from '../../src/services/installation/first-run.ts';
import { FileSecretStore } from '../../src/storage/secret-store.ts';

/** The passphrase of the first person. */
export const firstWords = 'kettle orbit willow prairie stamp';

/** A folder of a test's own. It goes with the whole run of tests (temporary-folder.ts), so nobody has to take it away. */
export const ownFolder = (): string => mkdtempSync(join(tmpdir(), 'wm-'));

/**
 * The first run of Ada Example in this process. The data folder is `home` below `place`, and the audit key `audit.json` beside it, where `more`
 * does not say otherwise. Its secrets are in files, and the passphrase costs the least that is allowed. The identity is open.
 */
export const firstHome = (place: string, more: Partial<FirstRunInput> = {}): Promise<FirstRunResult> =>
  firstRun({
    home: join(place, 'home'),
    name: 'Ada Example',
    passphrase: Buffer.from(firstWords),
    auditKeyPath: join(place, 'audit.json'),
    chooseStore: async ({ secrets }) => ({ store: new FileSecretStore(secrets) }),
    kdf: newScryptParameters(),
    ...more,
  });
