/** `wardmux completion`: what a shell needs to complete a command line of this command. */
import { Argument } from 'commander';
import type { CliCommand } from '../command.ts';
import { placesOf, scripts, shells, type Shell } from '../completion.ts';
import { exit } from '../exit.ts';
import { windowCommands } from '../window-command.ts';
import { everyCommand, ownCommands } from './index.ts';

export const completion: CliCommand = {
  name: 'completion',
  needs: 'evidence.read',
  summary: 'Prints the completion of this command for bash, zsh or fish.',
  description: 'The script has every command and option in it. Nothing of Wardmux is run while somebody types.',
  examples: [
    ['wardmux completion bash > ~/.local/share/bash-completion/completions/wardmux', 'for bash, from the next shell on'],
    ['wardmux completion fish > ~/.config/fish/completions/wardmux.fish', 'for fish'],
    ['wardmux completion zsh > ~/.zfunc/_wardmux', 'for zsh, with ~/.zfunc in $fpath'],
  ],
  declare: (command, io, done) => {
    command.addArgument(new Argument('<SHELL>', 'bash, zsh or fish').choices(shells)).action(async (shell: Shell) => {
      await io.out(scripts[shell](placesOf(await everyCommand(), windowCommands(ownCommands))));
      done(exit.done);
    });
  },
};
