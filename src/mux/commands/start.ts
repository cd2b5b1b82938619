/** What a command that opens a pane starts: words after the flags, or the person's shell. */
import type { Start } from '../state/model.ts';
import type { Arguments, Context } from './command.ts';

/** Whether a line holds text for what is opened: a command, a folder, or the name of a window or session, which a format (#W) hands on. */
export const givesText = (args: Arguments): boolean => args.words.length > 0 || ['c', 'n', 's'].some((flag) => args.value(flag) !== undefined);

/** One word is a line for /bin/sh, as in tmux; several are a program and its arguments. `cwdFrom` is the pane whose folder is kept. */
export function startOf(args: Arguments, context: Context, cwdFrom: number | undefined): Start {
  const [first, ...more] = args.words;
  const command = first === undefined ? [] : more.length === 0 ? ['/bin/sh', '-c', first] : [first, ...more];
  const program = first === undefined ? context.program : (/[^/\s]+(?=\s|$)/.exec(first.trim())?.[0] ?? context.program);
  const cwd = args.value('c');
  return { program, command, ...(cwd !== undefined ? { cwd } : cwdFrom !== undefined ? { cwdFrom } : {}) };
}
