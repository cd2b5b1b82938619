/** `wardmux policy accept`: takes a changed policy.json into force. */
import { acceptPolicy, differenceText, policyInForce, proposalSentence } from '../../policy/index.ts';
import { nothingToDo } from '../door.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { openInstallation, policyOf, withLedger } from '../../services/installation.ts';
import { type PersonOptions, unlockPerson } from '../person.ts';
import { jsonText, printable, type CliIo } from '../io.ts';
import { personOptions } from '../options.ts';

async function accept(options: PersonOptions & { json?: boolean }, io: CliIo): Promise<number> {
  const site = await openInstallation(io);
  const { home } = site;
  const { proposal, sha256 } = await policyOf(site);
  if (!proposal) {
    if (options.json) await io.out(jsonText({ sha256, previousSha256: sha256, differences: [] }));
    io.talk(`${home.policy} is the policy in force. There is nothing to accept.`);
    nothingToDo();
    return exit.done;
  }
  if (proposal.kind !== 'changed') throw new CliError('failed', proposalSentence(home, proposal));
  const { differences } = proposal;
  // What is accepted is shown before anybody gives a passphrase for it.
  if (!options.json)
    await io.out(`${differences.map((difference) => printable(differenceText(difference))).join('\n') || 'The policy says the same in other words.'}\n`);
  const identity = await unlockPerson(site, options, io);
  try {
    const { person } = identity;
    await withLedger(
      site,
      async ({ ledger }) => {
        // What was shown was compared with the policy in force then.
        if (policyInForce(home, ledger.facts).sha256 !== sha256)
          throw new CliError('failed', 'Another policy came into force meanwhile. Look at the difference again.');
        await acceptPolicy(home, ledger, proposal, person.id);
      },
      identity,
    );
  } finally {
    identity.destroy();
  }
  if (options.json) await io.out(jsonText({ sha256: proposal.sha256, previousSha256: sha256, differences }));
  io.talk('The policy is in force. A running app takes it for the next shell or unlock; recordings that run keep the one that they began under.');
  return exit.done;
}

export const policy: CliCommand = {
  name: 'policy',
  needs: { accept: 'policy.accept' },
  summary: 'Takes a changed policy.json into force, with your passphrase.',
  description:
    'policy.json is a wish until somebody who may has accepted it: a program that writes into it changes nothing, neither who can open recordings nor when the screen locks. What was accepted, when and by whom is in the ledger.',
  examples: [
    ['wardmux policy accept', 'shows what changed, asks for your passphrase'],
    ['wardmux policy accept --passphrase-fd 3 3< FILE', 'for scripts; FILE holds the passphrase'],
  ],
  declare: (command, io, done) => {
    personOptions(command.command('accept'))
      .description('Shows what differs from the policy in force, and takes it into force.')
      .option('--json', 'print digests and differences as JSON')
      .action(async (options: PersonOptions & { json?: boolean }) => done(await accept(options, io)));
  },
};
