/** Runs inside a mount namespace of its own, on a small disk: argv is its folder. Prints what happened as JSON. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openHome } from '../../src/storage/index.ts';
import { writeAtomic } from '../../src/disk/atomic.ts';
import { FileSecretStore } from '../../src/storage/secret-store.ts';
import { openBackoff } from '../../src/people/backoff-key.ts';
import { firstRun } from '../../src/services/installation/first-run.ts';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { asOperator } from '../../src/people/active.fixture.ts';
import { NOTHING_MORE, readPerson, unlockWithPassphrase } from '../../src/people/person.ts';
import { fillDisk, remount } from '../support/small-disk.ts';

const disk = process.argv[2]!;
const passphrase = Buffer.from('kettle orbit willow prairie stamp');
const said: Record<string, unknown> = {};
const words = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
    return 'done';
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { code, message };
  }
};
const run = (name: string) =>
  firstRun({
    home: join(disk, name),
    name: 'Ada',
    passphrase,
    auditKeyPath: join(disk, `${name}.json`),
    chooseStore: async (made) => ({ store: new FileSecretStore(made.secrets) }),
    kdf: newScryptParameters(),
  });
const unlock = async (): Promise<void> => {
  const counters = await openBackoff(home);
  counters.begin(person.id, 'passphrase');
  (await unlockWithPassphrase(asOperator(readPerson(home, person.id)!), passphrase, NOTHING_MORE)).destroy();
  counters.succeeded(person.id);
};
const guess = async (): Promise<void> => {
  const counters = await openBackoff(home);
  for (let n = 0; n < 5; n++) counters.begin(person.id, 'passphrase');
  counters.begin(person.id, 'passphrase');
};

const { home, person } = await run('first');
const other = openHome(join(disk, 'second'));
const before = readFileSync(home.policy, 'utf8');
fillDisk(disk);
said['fullWrite'] = await words(() => writeAtomic(home.policy, 'x'.repeat(8192)));
said['fullKept'] = readFileSync(home.policy, 'utf8') === before;
said['fullFirstRun'] = await words(() => run('second'));
said['fullLeft'] = [...readdirSync(other.folder, { recursive: true, withFileTypes: true })].filter((entry) => entry.isFile()).map((entry) => entry.name);
said['fullUnlock'] = await words(unlock);
said['fullGuess'] = await words(guess);
rmSync(join(disk, 'filler'));
said['afterwards'] = await words(() => run('second'));
remount(disk, 'ro');
said['readOnlyWrite'] = await words(() => writeAtomic(home.policy, 'new'));
said['readOnlyHome'] = await words(() => openHome(join(disk, 'third')));
said['readOnlyOpen'] = await words(() => openHome(home.folder));
said['readOnlyUnlock'] = await words(unlock);
said['readOnlyGuess'] = await words(guess);
console.log(JSON.stringify(said));
