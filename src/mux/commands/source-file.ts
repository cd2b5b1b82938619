import type { Command } from './command.ts';

export const sourceFile: Command = {
  name: 'source-file',
  alias: 'source',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'Fnqv', words: ['[path]'] },
  help: 'Takes what can be taken of a file of tmux’s commands: ~/.tmux.conf, or a .conf file below ~/.tmux or ~/.config/tmux. Options and keys are set, nothing is run, and each line that is not taken is said with why (wardmux config check lists all). It is sealed with your windows and done again at each start, as it was when you took it.',
  examples: ['source-file', 'source-file ~/.config/tmux/tmux.conf'],
  run({ state, args }) {
    return { state, effects: [{ kind: 'source', path: args.words[0] ?? '~/.tmux.conf' }] };
  },
};
