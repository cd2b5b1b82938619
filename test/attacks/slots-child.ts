/** Changes a passphrase and is killed on the way. `argv`: the data folder, the present passphrase, the new one, and where: `staged` or `entered`. */
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { changePassphrase } from '../../src/people/change.ts';
import { NOTHING_MORE, unlockWithPassphrase } from '../../src/people/person.ts';
import { enterStaged, readPinned, stageChange } from '../../src/people/pinned.ts';
import { openInstallation, withLedger } from '../../src/services/installation/installation.ts';

const [home, present = '', next = '', where] = process.argv.slice(2);
const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still here');
};

const site = await openInstallation({ env: { WARDMUX_HOME: home } });
await withLedger(site, async ({ ledger }) => {
  const [id] = ledger.facts.people();
  const identity = await unlockWithPassphrase(readPinned(site.home, ledger.facts, id!), Buffer.from(present), NOTHING_MORE);
  const staged = await stageChange(site.home, site.installation.id, identity, ledger.facts.person(id!), () =>
    changePassphrase(identity, Buffer.from(next), new Date().toISOString(), newScryptParameters()),
  );
  if (where === 'staged') die();
  // In the ledger, and before the new record has its name.
  const append: typeof ledger.append = (entry, { before } = {}) => ledger.append(entry, { ...(before ? { before } : {}), after: die });
  await enterStaged(site.home, { facts: ledger.facts, installation: ledger.installation, append }, id!, staged);
});
