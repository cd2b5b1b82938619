/** A command of `wardmux`: one literal a file. Parser, help and documentation come from it. */
import type { Command } from 'commander';
import type { CliNeeds } from './door.ts';
import type { CliIo } from './io.ts';

export interface CliCommand {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What whoever calls it needs (src/access). */
  readonly needs: CliNeeds;
  /** Lines for people who want to know more. */
  readonly description?: string;
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /**
   * Declares arguments and options, and sets the action.
   * @param done takes the exit status.
   */
  readonly declare: (command: Command, io: CliIo, done: (status: number) => void) => void;
}
