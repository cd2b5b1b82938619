import { type Command, print, refuse, usageOf } from './command.ts';
import { expandOver } from './format.ts';

export const listCommands: Command = {
  name: 'list-commands',
  alias: 'lscm',
  needs: 'command.give',
  target: 'none',
  args: { values: { F: 'format' }, words: ['[command]'] },
  help: 'Lists the commands with their arguments, or one. -F says in which format: command_list_name, command_list_alias, command_list_usage.',
  examples: ['list-commands', 'list-commands split-window', "list-commands -F '#{command_list_name}'"],
  run({ state, args, find, commands }) {
    const [word] = args.words;
    const one = word === undefined ? undefined : find(word);
    if (one && !one.ok) return refuse(state, one.sentence);
    const format = args.value('F') ?? '#{command_list_name}#{?command_list_alias, (#{command_list_alias}),} #{command_list_usage}';
    const lines = (one ? [one.value] : commands).map((command) =>
      expandOver(format, (name) => ({ command_list_name: command.name, command_list_alias: command.alias, command_list_usage: usageOf(command.args) })[name]),
    );
    return print(
      state,
      lines.map((text) => text.trimEnd()),
    );
  },
};
