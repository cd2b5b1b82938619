/** docs/wardmux-commands.7: the commands of the window as a page for man(1); made from their table (man-pages(7), groff_man(7)). */
import { usage } from '../../../src/mux/commands/command.ts';
import { commands } from '../../../src/mux/commands/index.ts';
import { ownCommands } from '../../../src/cli/commands/index.ts';
import { exitTable } from '../../../src/cli/exit.ts';
import { tagged } from './man.ts';

/** Statuses that `wardmux CMD` ends with. */
const ends: readonly string[] = ['done', 'failed', 'notRunning', 'notUnlocked', 'impostor', 'locked'];

/** The page in the man macros. */
export function commandsManPage(): string {
  const rows = commands.map((command) => {
    const { alias, help, content, name } = command;
    const where = ownCommands.includes(name)
      ? 'In the window alone: the command line has its own.'
      : content
        ? 'In the window alone: it carries or shows what is typed or copied.'
        : '';
    return tagged(usage(command), [help, ...(alias === undefined ? [] : [`Alias: ${alias}.`]), ...(where === '' ? [] : [where])]);
  });
  const statuses = exitTable.filter(({ name }) => ends.includes(name)).map(({ status, help }) => tagged(String(status), [help]));
  return `.\\" Made from src/mux/commands/ and src/cli/exit.ts; do not edit it. UPDATE_DOCS=1 with test/docs/made.test.ts makes it anew.
.TH WARDMUX\\-COMMANDS 7 "" Wardmux "Wardmux manual"
.ad l
.nh
.SH NAME
wardmux\\-commands \\- commands of the window, and how a command line gives them
.SH SYNOPSIS
.B wardmux
.I command
.RB [ \\-\\-person
.IR WHO ]
.RB [ \\-\\-passphrase\\-fd
.IR N ]
.RI [ word ...]
.SH DESCRIPTION
What a command of tmux means there it means here; docs/differences.md says what differs.
In the window they are typed after the prefix and a colon.
.PP
At a command line each is given to the running, unlocked app.
It asks for the passphrase of whoever is in the window, proves that to the app, and is an event of the ledger: who and which command, and none of its words.
Several are one call, with a semicolon as a word of its own between them.
Lists and what
.B display\\-message \\-p
says go to standard output.
.SH COMMANDS
${rows.join('\n')}
.SH EXIT STATUS
${statuses.join('\n')}
.SH SEE ALSO
.BR tmux (1),
.BR wardmux\\-events (7)
`;
}
