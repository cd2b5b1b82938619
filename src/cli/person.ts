/** An unlocked person for a command: the passphrase comes from a descriptor or the terminal, and the command's door is asked. */
import type { Permission } from '../access/index.ts';
import type { OpenIdentity } from '../people/identity.ts';
import type { OpenInstallation } from '../services/installation.ts';
import { unlockPerson as unlock } from '../services/unlock.ts';
import { PassphraseInputError, promptPassphrase, readPassphraseFd } from '../terminal/passphrase.ts';
import { pass } from './door.ts';
import type { CliIo } from './io.ts';

export interface PersonOptions {
  readonly person?: string;
  readonly passphraseFd?: number;
}

/**
 * @param needs what it is opened for: whoever may not do that gets nothing. The caller destroys the identity.
 * @throws UnlockError, StorageFault, LedgerError, UnknownPerson, PassphraseInputError, Refusal
 */
export function unlockPerson(
  site: OpenInstallation,
  { person, passphraseFd }: PersonOptions,
  needs: Permission,
  io: Pick<CliIo, 'talk' | 'now'>,
): Promise<OpenIdentity> {
  return unlock(site, {
    person,
    ask: async ({ name }) => {
      const typed = passphraseFd === undefined ? await promptPassphrase(`Passphrase of ${name}: `) : await readPassphraseFd(passphraseFd);
      if (typed.length === 0) throw new PassphraseInputError('empty', 'No passphrase was given. Nothing was tried.');
      return typed;
    },
    admit: (standing, enter) => pass(needs, standing, enter),
    // A script has nobody whom one could ask; and who is just proving it needs no asking.
    remind: passphraseFd === undefined && needs !== 'audit-key.prove' ? (sentence) => io.talk(`note: ${sentence}`) : undefined,
    now: io.now,
  });
}
