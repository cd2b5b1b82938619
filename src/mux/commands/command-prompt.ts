import { type Command, client } from './command.ts';
import { classesOf } from './crossing.ts';
import { expandFormat } from './format.ts';
import { currentPane } from './targets.ts';

export const commandPrompt: Command = {
  name: 'command-prompt',
  needs: 'command.give',
  target: 'none',
  args: { values: { I: 'input', p: 'prompt' }, words: ['[template]'] },
  help: 'Asks for a line and runs it as a command. With a template the answer takes the place of %% in it, as one word.',
  examples: ['command-prompt', `command-prompt -I "#W" "rename-window -- '%%'"`],
  run({ state, args, context }) {
    // Whoever opens no shells has no pane either, and commands all the same.
    const here = currentPane(state, context);
    const expand = (text: string): string => (here.ok ? expandFormat(text, state, here.value) : text);
    const template = args.words[0] ?? '%%';
    const prompt = args.value('p') ?? (args.words[0] === undefined ? ':' : (template.split(/\s/)[0] ?? ':'));
    return client(state, {
      action: 'open',
      band: 'prompt',
      words: { prompt: expand(prompt), initial: expand(args.value('I') ?? ''), template },
      from: classesOf(state, context),
    });
  },
};
