import { type Command, client } from './command.ts';

export const deleteBuffer: Command = {
  name: 'delete-buffer',
  alias: 'deleteb',
  needs: 'session.use',
  target: 'none',
  args: { values: { b: 'buffer-name' } },
  help: 'Forgets a buffer of this class: the one that was copied last, or the one that -b names. The clipboard stays as it is.',
  examples: ['delete-buffer', 'delete-buffer -b buffer0'],
  run({ state, args }) {
    const buffer = args.value('b');
    return client(state, { action: 'buffer', deed: 'delete', ...(buffer === undefined ? {} : { buffer }) });
  },
};
