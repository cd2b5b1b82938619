import { type Command, client } from './command.ts';
import { classesOf } from './crossing.ts';
import { expandFormat } from './format.ts';
import { quoteWord } from './lexer.ts';

export const confirmBefore: Command = {
  name: 'confirm-before',
  alias: 'confirm',
  needs: 'session.use',
  target: 'pane',
  args: { values: { p: 'prompt' }, words: ['command', '[argument ...]'] },
  help: 'Asks first, and runs the command only on a clear yes.',
  examples: ['confirm-before kill-window', 'confirm-before -p "Close pane #P?" kill-pane'],
  run({ state, args, context, window, pane }) {
    // One word is a whole command line; several are a command's words, quoted again.
    const command = args.words.length === 1 ? (args.words[0] ?? '') : args.words.map((word) => (word === ';' ? word : quoteWord(word))).join(' ');
    const prompt = args.value('p') ?? `Run ${command}?`;
    return client(state, {
      action: 'open',
      band: 'confirm',
      words: { prompt: expandFormat(prompt, state, { window, pane }), command },
      from: classesOf(state, context),
    });
  },
};
