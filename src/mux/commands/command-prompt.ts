import { type Command, client, refuse } from './command.ts';
import { expandFormat } from './format.ts';
import { currentPane } from './targets.ts';

export const commandPrompt: Command = {
  name: 'command-prompt',
  args: { values: { I: 'input', p: 'prompt' }, words: ['[template]'] },
  help: 'Asks for a line and runs it as a command. With a template the answer takes the place of %% in it, as one word.',
  examples: ['command-prompt', `command-prompt -I "#W" "rename-window -- '%%'"`],
  run(state, args, context) {
    const target = currentPane(state, context);
    if (!target.ok) return refuse(state, target.sentence);
    const expand = (text: string): string => expandFormat(text, state, target.value);
    const template = args.words[0] ?? '%%';
    const prompt = args.value('p') ?? (args.words[0] === undefined ? ':' : (template.split(/\s/)[0] ?? ':'));
    return client(state, { action: 'command-prompt', prompt: expand(prompt), initial: expand(args.value('I') ?? ''), template });
  },
};
