/** What the prompt offers for what was typed: the key tables and the command table, as one list. */
import type { Permission } from '../../../src/access/index.ts';
import { absentCommand } from '../../../src/mux/commands/absent.ts';
import { commands, findCommand } from '../../../src/mux/commands/index.ts';
import { commandNeeds } from '../../../src/mux/commands/run.ts';
import { listKeys } from '../../../src/mux/keys/list.ts';
import { keyRows, type KeyRow } from '../../../src/mux/keys/table.ts';

export interface Offer {
  readonly line: string;
  readonly help: string;
  readonly key: string;
  /** It is no whole line yet: a word that the command needs is missing. */
  readonly lacks?: true;
}

/** The first sentence of a command's help, written as the labels of the keys are. */
function oneClause(help: string): string {
  const sentence = help.split('. ')[0]!.replace(/\.$/, '');
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** Commands that begin with, or hold, what was typed. `prefix` is the label of the prefix key: keys first, because they say what a person would press. `may`: what somebody may not do is not offered. */
export function offers(typed: string, prefix: string, may: (needs: Permission) => boolean, rows: readonly KeyRow[] = keyRows): readonly Offer[] {
  const word = typed.trim().toLowerCase();
  const bound: Offer[] = listKeys('prefix', rows)
    .filter((row) => !row.line.startsWith('command-prompt') && !row.line.startsWith('confirm-before'))
    .map((row) => ({ line: row.line, help: row.label, key: `${prefix} ${row.keyLabel}` }));
  const others: Offer[] = commands
    .filter((command) => !bound.some((row) => row.line === command.name))
    .flatMap(({ name, help, args: { words: [first = '[]'] = [] } }): Offer[] => {
      const row = { line: name, help: oneClause(help), key: '' };
      if (first.startsWith('[')) return [row];
      // One word of a few: each is a line that can be run.
      return first.includes('|') ? first.split('|').map((word) => ({ ...row, line: `${name} ${word}` })) : [{ ...row, lacks: true }];
    });
  const all = [...bound, ...others].filter(({ line }) => commandNeeds(line).every(may));
  const begins = all.filter((row) => row.line.startsWith(word));
  const holds = all.filter((row) => !row.line.startsWith(word) && (row.line.includes(word) || row.help.toLowerCase().includes(word)));
  return word ? [...begins, ...holds] : all;
}

/** True where the line begins with a command that is there, or with one of which it is known why it is not: what was typed is what is meant. */
export function isCommand(typed: string): boolean {
  const [name = ''] = typed.trim().split(/[\s;]/);
  return findCommand(name).ok || absentCommand(name) !== undefined;
}
