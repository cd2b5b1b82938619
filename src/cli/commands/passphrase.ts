/** `wardmux passphrase change|recover`: another passphrase, with the one before or with a recovery code. */
import { Option } from 'commander';
import { askNewPassphrase } from '../../job/new-passphrase.ts';
import { appendEvent, factsOf, openInstallation, policyOf, type OpenInstallation } from '../../services/installation/installation.ts';
import { choosePerson } from '../../services/people/person.ts';
import { recover as recoverWith, setPassphrase } from '../../services/people/slots.ts';
import { promptPassphrase, readPassphraseFd } from '../../terminal/passphrase.ts';
import type { PersonRecord } from '../../people/types.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { jsonText, type CliIo } from '../io.ts';
import { descriptor, personOptions } from '../options.ts';
import { unlockPerson, type PersonOptions } from '../person.ts';

interface ChangeOptions extends PersonOptions {
  readonly newPassphraseFd?: number;
  readonly json?: boolean;
}
type RecoverOptions = Omit<ChangeOptions, 'passphraseFd'> & { readonly codeFd?: number };

/** Asked for twice. The caller wipes it. */
async function newPassphrase(site: OpenInstallation, { name }: PersonRecord, io: CliIo): Promise<Buffer> {
  const { policy } = await policyOf(site);
  return askNewPassphrase({ name, workstation: policy.workstation.name }, (text) => io.talk(text.replace(/\n$/, '')), { question: 'New passphrase: ' });
}

async function change(options: ChangeOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  // A descriptor may keep a command waiting for ever: no identity is open meanwhile.
  const given = options.newPassphraseFd === undefined ? undefined : await readPassphraseFd(options.newPassphraseFd);
  const identity = await unlockPerson(site, options, io).catch((error: unknown) => {
    given?.fill(0);
    throw error;
  });
  let typed = given;
  try {
    typed ??= await newPassphrase(site, identity.person, io);
    const { slot, previous = null } = await setPassphrase(site, identity, { typed, now: new Date(io.now()) });
    if (options.json) await io.out(jsonText({ person: identity.person.id, slot, previous }));
    else await io.out('The new passphrase opens your recordings from now on, and the one before opens nothing any more.\n');
    io.talk('An old copy of the people folder still opens with the old passphrase: where that is known to others, destroy such copies.');
    return exit.done;
  } finally {
    typed?.fill(0);
    identity.destroy();
  }
}

async function recover(options: RecoverOptions, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const person = await choosePerson(site.home, await factsOf(site), options.person, (entry) => appendEvent(site, entry));
  const code = options.codeFd === undefined ? await promptPassphrase(`Recovery code of ${person.name}: `) : await readPassphraseFd(options.codeFd);
  let typed: Buffer | undefined;
  try {
    typed = await (options.newPassphraseFd === undefined ? newPassphrase(site, person, io) : readPassphraseFd(options.newPassphraseFd));
    const { slot, previous = null } = await recoverWith(site, person, code.toString('utf8'), { typed, now: new Date(io.now()) });
    if (options.json) await io.out(jsonText({ person: person.id, slot, code: previous }));
    else await io.out('The new passphrase opens your recordings from now on. The code is used up; every passphrase and passkey that you had before is gone.\n');
    io.talk('Enrol your passkeys anew in the window (:key-slots), and tell whoever audits this workstation what was lost.');
    return exit.done;
  } finally {
    code.fill(0);
    typed?.fill(0);
  }
}

const newFd = (): Option =>
  new Option('--new-passphrase-fd <N>', 'read the new passphrase from this file descriptor instead of the terminal').argParser(descriptor);

export const passphrase: CliCommand = {
  name: 'passphrase',
  needs: { change: 'vault.slot.change', recover: 'identity.unlock' },
  summary: 'Changes your passphrase, or sets a new one with a recovery code.',
  description:
    'The new passphrase is durable and in the ledger before the old one is gone; a crash leaves the one or the other, never both and never none (wardmux person slots says when it was made). Recordings are not touched: a passphrase is a way to their key. Its rules and its cost are those of the first run.',
  examples: [
    ['wardmux passphrase change', 'asks for the one that you have, and twice for the new one'],
    ['wardmux passphrase change --passphrase-fd 3 --new-passphrase-fd 4 3< FILE 4< NEW', 'for scripts; the files are readable by you only'],
    ['wardmux passphrase recover', 'asks for a code of your printed sheet'],
  ],
  declare: (command, io, done) => {
    personOptions(command.command('change'))
      .description('Puts a new passphrase in the place of the one that you give.')
      .addOption(newFd())
      .option('--json', 'print the ids of the new and the old key slot as JSON')
      .action(async (options: ChangeOptions) => done(await change(options, io)));
    command
      .command('recover')
      .description('Uses up a recovery code for a new passphrase. Passphrases and passkeys of before are gone then; other codes stay.')
      .option('--person <ID>', 'who you are, where several people share this installation')
      .addOption(new Option('--code-fd <N>', 'read the code from this file descriptor instead of the terminal').argParser(descriptor))
      .addOption(newFd())
      .option('--json', 'print the ids of the new key slot and of the code as JSON')
      .action(async (options: RecoverOptions) => done(await recover(options, io)));
  },
};
