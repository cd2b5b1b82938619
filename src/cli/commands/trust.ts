/** `wardmux trust`: the public keys that an auditor pins. */
import { allowedSigners, trustText } from '../../export/trust.ts';
import type { CliCommand } from '../command.ts';
import { exit } from '../exit.ts';
import { openInstallation, trustOf } from '../installation.ts';

export const trust: CliCommand = {
  name: 'trust',
  summary: 'Prints the public keys of this installation, for an auditor to keep outside any bundle.',
  examples: [
    ['wardmux trust > trust.json', 'for wardmux verify and verify.py'],
    ['wardmux trust --allowed-signers > signers', 'for ssh-keygen -Y verify'],
  ],
  declare: (command, io, done) => {
    command.option('--allowed-signers', 'print them as OpenSSH’s allowed_signers').action(async (options: { allowedSigners?: boolean }) => {
      const facts = trustOf(openInstallation(io));
      await io.out(options.allowedSigners ? allowedSigners(facts) : trustText(facts));
      done(exit.done);
    });
  },
};
