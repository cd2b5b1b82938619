/** The table of commands, made from all.ts. */
import type { Result } from '../layout.ts';
import { absentByBeginning, absentCommand } from './absent.ts';
import * as all from './all.ts';
import type { Command } from './command.ts';

/** By name. */
export const commands: readonly Command[] = Object.values<Command>(all).toSorted((one, other) => (one.name < other.name ? -1 : 1));

/** A command by its name, its alias, or the beginning of its name where that is only one's. Of one that only tmux has it is said that Wardmux does not. */
export function findCommand(word: string): Result<Command> {
  const exact = commands.find((command) => command.name === word || command.alias === word);
  if (exact) return { ok: true, value: exact };
  const missing = absentCommand(word);
  if (missing !== undefined) return { ok: false, sentence: missing };
  const matches = word === '' ? [] : commands.filter((command) => command.name.startsWith(word));
  const [only] = matches;
  if (only && matches.length === 1) return { ok: true, value: only };
  if (matches.length > 1) return { ok: false, sentence: `"${word}" could be ${matches.map((command) => command.name).join(', ')}. Write more of it.` };
  return { ok: false, sentence: absentByBeginning(word) ?? `There is no command "${word}".` };
}
