import { type Command, done, refuse } from './command.ts';

const deeds = ['extend', 'end'] as const;

export const breakGlass: Command = {
  name: 'break-glass',
  needs: 'break-glass.extend',
  own: true,
  target: 'none',
  args: { words: ['extend | end'] },
  help: 'Of the emergency that you are in: extends it once, by 60 minutes, or ends it now, with its shells. It is broken at the lock page.',
  examples: ['break-glass extend', 'break-glass end'],
  run: ({ state, args }) => {
    const what = deeds.find((deed) => deed === args.words[0]);
    return what ? done(state, [{ kind: 'emergency', what }]) : refuse(state, 'Say what: break-glass extend, or break-glass end.');
  },
};
