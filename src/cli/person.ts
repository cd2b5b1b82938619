/** An unlocked person for a command: the passphrase comes from a descriptor or the terminal, and the command's door is asked. */
import type { OpenIdentity } from '../people/identity.ts';
import type { OpenInstallation } from '../services/installation.ts';
import { unlockPerson as unlock, type UnlockRequest } from '../services/unlock.ts';
import { PassphraseInputError, promptPassphrase, readPassphraseFd } from '../terminal/passphrase.ts';
import { needed, pass, whileAsking } from './door.ts';
import type { CliIo } from './io.ts';

export interface PersonOptions {
  readonly person?: string;
  readonly passphraseFd?: number;
  /** Whose passphrase is asked for where nobody is named: `your` where it is left out. */
  readonly whose?: string;
}

/**
 * It is opened for what the row of the command that runs says: whoever may not do that gets nothing. The caller destroys the identity.
 * @param standing where they stand then; as after any unlock, unless given.
 * @throws UnlockError, StorageFault, LedgerError, UnknownPerson, PassphraseInputError, Refusal
 */
export function unlockPerson(
  site: OpenInstallation,
  { person, passphraseFd, whose }: PersonOptions,
  io: Pick<CliIo, 'talk' | 'now'>,
  standing?: UnlockRequest['standing'],
): Promise<OpenIdentity> {
  const request: UnlockRequest = {
    person,
    ask: async (asked) => {
      const typed =
        passphraseFd === undefined
          ? await promptPassphrase(asked ? `Passphrase of ${asked.name}: ` : whose ? `Passphrase of ${whose}: ` : 'Your passphrase: ')
          : await readPassphraseFd(passphraseFd);
      if (typed.length === 0) throw new PassphraseInputError('empty', 'No passphrase was given. Nothing was tried.');
      return typed;
    },
    admit: pass,
    standing,
    tell: (sentence) => io.talk(`note: ${sentence}`),
    // A script has nobody whom one could ask; and who is just proving it needs no asking.
    remind: passphraseFd === undefined && needed() !== 'audit-key.prove' ? (sentence) => io.talk(`note: ${sentence}`) : undefined,
    now: io.now,
  };
  return whileAsking(() => unlock(site, request));
}
