import { type Command, client } from './command.ts';
import { expandFormat } from './format.ts';

export const displayMessage: Command = {
  name: 'display-message',
  alias: 'display',
  needs: 'session.use',
  target: 'pane',
  args: { values: { t: 'target-pane' }, words: ['[message]'] },
  help: 'Shows a message. #S, #I, #W, #P and #D stand for session, window number, window name, pane number and pane id.',
  examples: ['display-message', 'display-message "window #I, pane #P"'],
  run({ state, args, window, pane }) {
    const recording = pane.recording === null ? 'no recording yet' : `recording ${pane.recording}`;
    const text = args.words[0] ?? `#S, window #I #W, pane #P (#D), ${pane.state}, ${recording}`;
    return client(state, { action: 'message', text: expandFormat(text, state, { window, pane }) });
  },
};
