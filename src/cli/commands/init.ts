import { Option } from 'commander';
import type { CliCommand } from '../command.ts';
import { descriptor } from '../options.ts';
import { runInit, type InitOptions } from '../../job/init.ts';
import { DEFAULT_PRESET, presetNames } from '../../policy/index.ts';

export const init: CliCommand = {
  name: 'init',
  needs: 'installation.create',
  summary: 'The first run without a window: installation, person, passphrase, audit key.',
  description:
    'Run it once for a data folder; a second run is refused and changes nothing. The audit key opens every recording: move its file off this workstation.',
  examples: [
    ['wardmux init --name "Ada Example" --audit-key-out audit-key.json', 'asks for the passphrase on the terminal'],
    [
      'wardmux init --name "Ada Example" --passphrase-fd 3 --audit-key-out audit-key.json 3< FILE',
      'for scripts; FILE holds the passphrase and is readable by you only',
    ],
  ],
  declare: (command, io, done) => {
    command
      .requiredOption('--name <NAME>', 'your name, as colleagues know it')
      .option(
        '--audit-key-out <FILE>',
        'where the audit key goes: a new file, to be kept off this workstation; else a removable medium that is mounted, or your home folder',
      )
      .addOption(new Option('--passphrase-fd <N>', 'read the passphrase from this file descriptor').argParser(descriptor))
      .addOption(
        new Option('--preset <NAME>', `what the policy begins with; see: wardmux policy show --preset NAME (default: ${DEFAULT_PRESET})`).choices(presetNames),
      )
      .option('--json', 'print the result as JSON')
      .option('--replace-installation', 'give up the installation that this account has had in this folder, which is not there any more')
      .addOption(new Option('--secret-store <WHERE>', "keep this installation's keys in files, not in the login keyring, for good").choices(['file']))
      .action(async (options: InitOptions) => {
        const pending: Promise<void>[] = [];
        const status = await runInit(options, {
          env: io.env,
          out: (text) => void pending.push(io.out(text)),
          talk: (text) => io.talk(text.replace(/\n$/, '')),
        });
        await Promise.all(pending);
        done(status);
      });
  },
};
