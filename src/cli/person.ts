/** An unlocked person for a command: the passphrase comes from a descriptor or the terminal, and the command's door is asked. */
import { isSealed } from '../access/index.ts';
import type { OpenIdentity } from '../people/identity.ts';
import { factsOf, type OpenInstallation } from '../services/installation/installation.ts';
import { meant } from '../services/people/person.ts';
import { unlockPerson as unlock, type UnlockRequest } from '../services/people/unlock.ts';
import { PassphraseInputError, promptPassphrase, readPassphraseFd, swallowTyped } from '../terminal/passphrase.ts';
import { CliError } from './exit.ts';
import { needed, pass, whileAsking } from './door.ts';
import type { CliIo } from './io.ts';

export interface PersonOptions {
  readonly person?: string;
  readonly passphraseFd?: number;
  /** Whose passphrase is asked for where nobody is named: `your` where it is left out. */
  readonly whose?: string;
}

/** Who does it, and who agrees where that takes two. */
export interface TwoPeople extends PersonOptions {
  readonly second?: string;
  readonly secondPassphraseFd?: number;
}

/** Whom an admin means by an id or a name: also somebody who cannot come in. */
export async function somebody(site: OpenInstallation, who: string): Promise<string> {
  const facts = await factsOf(site);
  return meant(site.home, facts, who);
}

/** A script that has nobody to give the second passphrase is not asked for the first one. @param why a sentence without its end. @throws CliError */
export function requireSecondFd({ passphraseFd, secondPassphraseFd }: TwoPeople, why: string): void {
  if (passphraseFd !== undefined && secondPassphraseFd === undefined)
    throw new CliError('failed', `${why}: a second one has to agree. Give their passphrase with --second-passphrase-fd. Nothing was changed.`);
}

/** Whoever agrees, let in for the same as who asks. The caller destroys the identity. @param why as a part of a sentence. @throws as unlockPerson */
export function unlockSecond(
  site: OpenInstallation,
  { second, secondPassphraseFd }: TwoPeople,
  why: string,
  io: Pick<CliIo, 'talk' | 'now'>,
): Promise<OpenIdentity> {
  io.talk(`A second person has to agree, ${why}.`);
  const options = {
    whose: 'the second person',
    ...(second ? { person: second } : {}),
    ...(secondPassphraseFd === undefined ? {} : { passphraseFd: secondPassphraseFd }),
  };
  return unlockPerson(site, options, io);
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
    sealed: isSealed(needed()),
    whileStopped: needed() === 'stop.lift' ? 'lifts' : undefined,
    standing,
    tell: (sentence) => io.talk(`note: ${sentence}`),
    // A script has nobody whom one could ask; and who is just proving it needs no asking.
    remind: passphraseFd === undefined && needed() !== 'audit-key.prove' ? (sentence) => io.talk(`note: ${sentence}`) : undefined,
    now: io.now,
  };
  return whileAsking(() => swallowTyped(() => unlock(site, request)));
}
