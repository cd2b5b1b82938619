/** What the prompt offers for what was typed: the key tables and the command table, as one list. */
import { commands } from '../../../src/mux/commands/index.ts';
import { listKeys } from '../../../src/mux/keys/list.ts';

export interface Offer {
  readonly line: string;
  readonly help: string;
  readonly key: string;
}

/** The first sentence of a command's help, written as the labels of the keys are. */
function oneClause(help: string): string {
  const sentence = help.split('. ')[0]!.replace(/\.$/, '');
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** Commands that begin with, or hold, what was typed. `prefix` is the label of the prefix key: keys first, because they say what a person would press. */
export function offers(typed: string, prefix: string): readonly Offer[] {
  const word = typed.trim().toLowerCase();
  const bound: Offer[] = listKeys('prefix')
    .filter((row) => !row.line.startsWith('command-prompt') && !row.line.startsWith('confirm-before'))
    .map((row) => ({ line: row.line, help: row.label, key: `${prefix} ${row.keyLabel}` }));
  const others: Offer[] = commands
    .filter((command) => !bound.some((row) => row.line === command.name))
    .map((command) => ({ line: command.name, help: oneClause(command.help), key: '' }));
  const all = [...bound, ...others];
  const begins = all.filter((row) => row.line.startsWith(word));
  const holds = all.filter((row) => !row.line.startsWith(word) && (row.line.includes(word) || row.help.toLowerCase().includes(word)));
  return word ? [...begins, ...holds] : all;
}
