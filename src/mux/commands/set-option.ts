import { setOption as set } from '../options.ts';
import { type Command, done, refuse } from './command.ts';

export const setOption: Command = {
  name: 'set-option',
  alias: 'set',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'gpsw', words: ['option', 'value'] },
  help: 'Sets an option until Wardmux ends. -g, -s, -w and -p are accepted and make no difference: there is one value for all.',
  examples: ['set-option repeat-time 800', 'set-option -g prefix C-a', 'set-option mouse off'],
  run({ state, args }) {
    const options = set(state.client.options, args.words[0] ?? '', args.words[1] ?? '');
    return options.ok ? done({ ...state, client: { ...state.client, options: options.value } }) : refuse(state, options.sentence);
  },
};
