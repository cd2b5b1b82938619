import { type Command, client } from './command.ts';

export const showBuffer: Command = {
  name: 'show-buffer',
  alias: 'showb',
  needs: 'session.use',
  content: () => true,
  target: 'none',
  args: { values: { b: 'buffer-name' } },
  help: 'Shows what a buffer of this class has: the one that was copied last, or the one that -b names.',
  examples: ['show-buffer', 'show-buffer -b buffer0'],
  run({ state, args }) {
    const buffer = args.value('b');
    return client(state, { action: 'buffer', deed: 'show', ...(buffer === undefined ? {} : { buffer }) });
  },
};
