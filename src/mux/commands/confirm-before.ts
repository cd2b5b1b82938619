import { type Command, client } from './command.ts';
import { classesOf } from './crossing.ts';
import { expandFormat } from './format.ts';
import { lineOfWords } from '../syntax/quote.ts';

export const confirmBefore: Command = {
  name: 'confirm-before',
  alias: 'confirm',
  needs: 'session.use',
  target: 'pane',
  args: { values: { p: 'prompt' }, words: ['command', '[argument ...]'] },
  help: 'Asks first, and runs the command only on a clear yes.',
  examples: ['confirm-before kill-window', 'confirm-before -p "Close pane #P?" kill-pane'],
  run({ state, args, context, window, pane }) {
    const command = lineOfWords(args.words);
    const prompt = args.value('p') ?? `Run ${command}?`;
    return client(state, {
      action: 'open',
      band: 'confirm',
      words: { prompt: expandFormat(prompt, state, { window, pane }), command },
      from: classesOf(state, context),
    });
  },
};
