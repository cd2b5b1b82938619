import { type Command, client, refuse } from './command.ts';
import { themes } from '../../types/words.ts';

export const theme: Command = {
  name: 'theme',
  own: true,
  needs: 'command.give',
  target: 'none',
  args: { words: ['dark|light|system'] },
  help: 'Makes this window dark or light, or as the system is.',
  examples: ['theme light'],
  run({ state, args }) {
    const wanted = themes.find((name) => name === args.words[0]);
    return wanted ? client(state, { action: 'display', theme: wanted }) : refuse(state, `The themes are ${themes.join(', ')}, not "${args.words[0]}".`);
  },
};
