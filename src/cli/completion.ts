/** Completion for shells, made from the table of commands: which words may stand where. Pure; the scripts run nothing of ours when a key is pressed. */
import { Command } from 'commander';
import type { Command as WindowCommand } from '../mux/commands/command.ts';
import type { CliCommand } from './command.ts';
import type { CliIo } from './io.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Word {
  readonly word: string;
  readonly help: string;
}

/** What may stand behind some words: commands below them, options, and the choices of an argument; and of each option that takes one, its choices. */
export interface Place {
  /** Words before it, without `wardmux`: "hold set"; empty at the beginning. */
  readonly path: string;
  readonly words: readonly Word[];
  /** No command is below it. */
  readonly isLast: boolean;
  /** By the option; empty where whatever is written will do, a file too. */
  readonly values: readonly (readonly [option: string, choices: readonly string[]])[];
}

/** Every place, the first one first. Nothing is run: commands are declared, and no more. @param ofWindow those that are given to the window */
export function placesOf(commands: readonly CliCommand[], ofWindow: readonly WindowCommand[]): Place[] {
  const program = new Command('wardmux').enablePositionalOptions();
  for (const { name, summary, declare } of commands) {
    const command = program.command(name).description(summary);
    declare(command, {} as CliIo, () => {});
  }
  const [first, ...others] = placesBelow(program, '');
  const named = ofWindow.map(({ name, help }): Word => ({ word: name, help: firstSentence(help) }));
  return [{ ...first!, words: [...first!.words, ...named] }, ...others, ...ofWindow.map(placeOfWindow)];
}

/** Its flags, behind our own options. */
function placeOfWindow({ name, args: { flags = '', values = {} } }: WindowCommand): Place {
  const taking = Object.entries(values).map(([flag, what]): Word => ({ word: `-${flag}`, help: what }));
  const own: readonly Word[] = [
    { word: '--person', help: 'who you are' },
    { word: '--passphrase-fd', help: 'read the passphrase from this file descriptor' },
    { word: '--help', help: 'what it does, and examples' },
  ];
  const words = [...[...flags].map((flag): Word => ({ word: `-${flag}`, help: '' })), ...taking, ...own];
  const takers = [...taking.map(({ word }) => word), '--person', '--passphrase-fd'].map((option) => [option, []] as const);
  return { path: name, words, isLast: true, values: takers };
}

function placesBelow(command: Command, path: string): Place[] {
  const below = command.commands.map((each): Word => ({ word: each.name(), help: firstSentence(each.description()) }));
  const options = command.options.filter(({ hidden }) => !hidden);
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices.map((word): Word => ({ word, help: '' })));
  const words = [
    ...below,
    ...choices,
    ...options.map(({ long, short, description }): Word => ({ word: long ?? short ?? '', help: firstSentence(description) })),
    { word: '--help', help: 'what it does, and examples' },
  ];
  const values = options.flatMap(({ long, short, required, optional, argChoices = [] }): (readonly [string, readonly string[]])[] =>
    required || optional ? [long, short].flatMap((name) => (name ? [[name, argChoices] as const] : [])) : [],
  );
  return [
    { path, words, values, isLast: below.length === 0 },
    ...command.commands.flatMap((each) => placesBelow(each, path ? `${path} ${each.name()}` : each.name())),
  ];
}

function firstSentence(text: string): string {
  return text
    .split('\n')[0]!
    .replace(/[:.](?: .*)?$/, '')
    .slice(0, 80);
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** Words of a case, so that a shell takes none for a pattern. */
const cases = (texts: readonly string[]): string => texts.map(quoted).join('|');
/** Fish has two letters to escape in a single quote, and no other way to write one. */
const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", `\\'`)}'`;

export const scripts: Readonly<Record<Shell, (places: readonly Place[]) => string>> = {
  bash: (places) => `# Completion of wardmux for bash: source <(wardmux completion bash)
_wardmux() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
      ${cases(pathsOf(places))}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case "$path $prev" in
${valueCases(places, (choices) => `COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$cur"))`)}
  esac
  case $path in
${places.map(({ path, words }) => `    ${quoted(path)}) COMPREPLY=($(compgen -W ${quoted(words.map(({ word }) => word).join(' '))} -- "$cur")) ;;`).join('\n')}
  esac
}
complete -o default -F _wardmux wardmux
`,
  zsh: (places) => `#compdef wardmux
# Completion of wardmux for zsh: source <(wardmux completion zsh), behind compinit; or as _wardmux in a folder of $fpath.
_wardmux() {
  local prev=\${words[CURRENT-1]} place= i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "\${place:+$place }\${words[i]}" in
      ${cases(pathsOf(places))}) place="\${place:+$place }\${words[i]}" ;;
    esac
  done
  case "$place $prev" in
${valueCases(places, (choices) => `compadd -- ${choices.map(quoted).join(' ')}`, '_files')}
  esac
  case $place in
${places.map(({ path, words }) => `    ${quoted(path)}) found=(${words.map(({ word, help }) => quoted(help ? `${word}:${help}` : word)).join(' ')}) ;;`).join('\n')}
  esac
  _describe wardmux found || _files
}
(( $+functions[compdef] )) && compdef _wardmux wardmux
`,
  fish: (places) => `# Completion of wardmux for fish: wardmux completion fish | source
function __wardmux_words
    set -l before (commandline -opc)
    set -l place
    for word in $before[2..-1]
        set -l deeper (string join ' ' -- $place $word)
        switch "$deeper"
            case ${pathsOf(places).map(fishQuoted).join(' ')}
                set place $place $word
        end
    end
    set place (string join ' ' -- $place)
    switch "$place $before[-1]"
${places.flatMap((place) => place.values.map((value) => fishValue(place.path, value))).join('\n')}
    end
    switch "$place"
${places.map(fishPlace).join('\n')}
    end
end
complete -c wardmux -e
complete -c wardmux -f -a '(__wardmux_words)'
`,
};

const pathsOf = (places: readonly Place[]): string[] => places.flatMap(({ path }) => (path ? [path] : []));

/** Behind an option that takes something: its choices, or what \`otherwise\` offers. */
function valueCases(places: readonly Place[], offer: (choices: readonly string[]) => string, otherwise = ''): string {
  return places
    .flatMap(({ path, values }) =>
      values.map(([option, choices]) => `    ${quoted(`${path} ${option}`)}) ${choices.length > 0 ? offer(choices) : otherwise || ':'}; return ;;`),
    )
    .join('\n');
}

const fishFiles = '__fish_complete_path (commandline -ct)';

function fishValue(path: string, [option, choices]: Place['values'][number]): string {
  const offer = choices.length > 0 ? `printf '%s\\n' ${choices.map(fishQuoted).join(' ')}` : fishFiles;
  return `        case ${fishQuoted(`${path} ${option}`)}\n            ${offer}\n            return`;
}

/** Where no command is below, files are offered too. */
function fishPlace({ path, words, isLast }: Place): string {
  const offer = `printf '%s\\t%s\\n' ${words.map(({ word, help }) => `${fishQuoted(word)} ${fishQuoted(help)}`).join(' ')}`;
  return `        case ${fishQuoted(path)}\n            ${offer}${isLast ? `\n            ${fishFiles}` : ''}`;
}
