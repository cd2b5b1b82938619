/** What a command is: one literal a file in this folder. Parser, help, documents and tests are made from these. */
import type { Permission } from '../../access/permissions.ts';
import type { ClassRules } from '../../types/classes.ts';
import type { Result } from '../layout.ts';
import type { Change, Effect } from '../state/effects.ts';
import type { Pane, State, Window } from '../state/model.ts';

/** Flags and values as tmux(1) writes them in a command's usage. */
export interface ArgumentSpec {
  /** Letters of flags without a value: 'bdfhv'. */
  readonly flags?: string;
  /** Letters of flags with a value, and what the value is: {t: 'target-pane'}. */
  readonly values?: Readonly<Record<string, string>>;
  /** Names of words after the flags: '[adjustment]' may be missing, 'key ...' repeats. */
  readonly words?: readonly string[];
}

export interface Arguments {
  has(flag: string): boolean;
  value(flag: string): string | undefined;
  readonly words: readonly string[];
}

export interface Context {
  /** Where the command was given; the active pane when undefined or gone. */
  readonly pane?: number | undefined;
  /**
   * The classes whose text the line is: that of the pane where it is given, found when it is read, whatever its commands close; and of what another
   * line has opened (a question, a prompt) those of that line before, whatever is in front by then.
   */
  readonly from?: readonly string[];
  /** Name of the program that a pane without a command starts: the person's shell. */
  readonly program: string;
  /** What the policy says of classes of sessions. Left out: there is the one that the first session has, and nothing crosses. */
  readonly classes?: ClassRules;
  /** The line stands in a file, which any program of the account could have written: a key that it binds may do less (bound-line.ts). */
  readonly file?: true;
  /** It is given at a command line (wardmux CMD): a list goes there, and what the line opens goes to the window. */
  readonly commandLine?: true;
  /** Asks whether somebody may do it: why not, as a sentence, or undefined where they may. */
  readonly refused: (needs: Permission) => string | undefined;
}

export interface CommandOutcome extends Change {
  /** It was done, and not quite as it was asked for: `message` says what differs. */
  readonly changed?: true;
  /** For the person: an answer, or why nothing was done. */
  readonly message?: string;
  /** Lines that were asked for: they are `message` too. */
  readonly printed?: readonly string[];
  /** The command was refused, and `message` says why. */
  readonly failed?: true;
}

/** What a command is given to run with. */
export interface Call {
  readonly state: State;
  readonly args: Arguments;
  readonly context: Context;
  /** A command by what somebody has written, for one that holds others. */
  readonly find: (word: string) => Result<Command>;
  /** All of them, by name. */
  readonly commands: readonly Command[];
}

export interface WindowCall extends Call {
  readonly window: Window;
}

export interface PaneCall extends WindowCall {
  readonly pane: Pane;
}

interface Described {
  readonly name: string;
  readonly alias?: string;
  /** What whoever gives it needs (src/access). */
  readonly needs: Permission;
  readonly args: ArgumentSpec;
  /** The flag that names the target, where it is not -t. Without such a flag in `args` the target is where the command was given. */
  readonly targetFlag?: string;
  /** One or two sentences. */
  readonly help: string;
  readonly examples: readonly string[];
  /** True for commands that tmux does not have. */
  readonly own?: true;
  /** Whether it carries or shows what is typed or copied: a command line cannot give it, because its words pass main in the clear. */
  readonly content?: (args: Arguments) => boolean;
}

/** `target` is what a command acts on: it is found before the command runs, and one that is not there is refused (run.ts). */
export type Command = Described &
  (
    | { readonly target: 'none'; run(call: Call): CommandOutcome }
    | { readonly target: 'window'; run(call: WindowCall): CommandOutcome }
    | { readonly target: 'pane'; run(call: PaneCall): CommandOutcome }
    /** It opens this band of the page, by its name in renderer/workspace/bands, and does nothing else. With a pane as target it is about that. */
    | { readonly target: 'none' | 'pane'; readonly opens: string }
  );

export function done(state: State, effects: readonly Effect[] = [], message?: string): CommandOutcome {
  return message === undefined ? { state, effects } : { state, effects, message };
}

/** Nothing changes; the person gets these lines. */
export function print(state: State, lines: readonly string[]): CommandOutcome {
  return { state, effects: [], printed: lines, ...(lines.length > 0 ? { message: lines.join('\n') } : {}) };
}

/** Nothing changes; the person reads why. */
export function refuse(state: State, sentence: string): CommandOutcome {
  return { state, effects: [], message: sentence, failed: true };
}

export function client(state: State, action: Extract<Effect, { kind: 'client' }>['action']): CommandOutcome {
  return { state, effects: [{ kind: 'client', action }] };
}

/** Usage in tmux's form: split-window [-bdfhv] [-l size] [-t target-pane] [shell-command ...] */
export function usage(command: Pick<Command, 'name' | 'args'>): string {
  return `${command.name} ${usageOf(command.args)}`.trimEnd();
}

/** The same without the name. */
export function usageOf({ flags, values = {}, words = [] }: ArgumentSpec): string {
  return [...(flags ? [`[-${flags}]`] : []), ...Object.entries(values).map(([flag, name]) => `[-${flag} ${name}]`), ...words].join(' ');
}
