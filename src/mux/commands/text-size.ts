import { type Command, client, refuse } from './command.ts';

const sizes = ['larger', 'smaller', 'standard'] as const;

export const textSize: Command = {
  name: 'text-size',
  own: true,
  needs: 'command.give',
  target: 'none',
  args: { words: ['larger|smaller|standard'] },
  help: 'Makes the text of this window larger or smaller, or as large as the screen asks for.',
  examples: ['text-size larger'],
  run({ state, args }) {
    const text = sizes.find((size) => size === args.words[0]);
    return text ? client(state, { action: 'display', text }) : refuse(state, `The text can be ${sizes.join(', ')}, not "${args.words[0]}".`);
  },
};
