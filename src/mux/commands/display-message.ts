import { type Command, client, print } from './command.ts';
import { expandFormat } from './format.ts';

export const displayMessage: Command = {
  name: 'display-message',
  alias: 'display',
  needs: 'session.use',
  target: 'pane',
  args: { flags: 'p', values: { t: 'target-pane' }, words: ['[message]'] },
  help: 'Shows a message, or prints it with -p. It is a format of tmux’s: #S, #I, #W, #P and #D stand for session, window number, window name, pane number and pane id, #{window_flags} and its kin for what else is known of windows without their text.',
  examples: ['display-message', 'display-message "window #I, pane #P"', "display-message -p '#{pane_id} #{window_layout}'"],
  run({ state, args, window, pane }) {
    const recording = pane.recording === null ? 'no recording yet' : `recording ${pane.recording}`;
    const text = args.words[0] ?? `#S, window #I #W, pane #P (#D), ${pane.state}, ${recording}`;
    const said = expandFormat(text, state, { window, pane });
    return args.has('p') ? print(state, [said]) : client(state, { action: 'message', text: said });
  },
};
