import { type Command, refuse } from './command.ts';
import { crossInto } from './crossing.ts';

export const pasteBuffer: Command = {
  name: 'paste-buffer',
  alias: 'pasteb',
  needs: 'session.use',
  content: () => true,
  target: 'pane',
  args: { flags: 'dp', values: { b: 'buffer-name', s: 'separator', t: 'target-pane' } },
  help: 'Pastes a buffer of this class into a pane: -b names it; without a name it is the one that was copied last, else the clipboard. Control and hidden characters are taken out, and several lines are shown before they go. -d deletes the buffer once it was pasted, -s puts something else between lines than an end of line. -p is taken for granted: a program that asks for bracketed paste gets it.',
  examples: ['paste-buffer', 'paste-buffer -b buffer0', "paste-buffer -d -s ' '"],
  run({ state, args, context, window, pane }) {
    const [buffer, separator] = [args.value('b'), args.value('s')];
    if (pane.state !== 'live') return refuse(state, 'No program is running in this pane.');
    const action = {
      action: 'paste' as const,
      pane: pane.id,
      ...(buffer === undefined ? {} : { buffer }),
      ...(separator === undefined ? {} : { separator }),
      ...(args.has('d') ? { deletes: true as const } : {}),
    };
    // The separator is text of the line, and the buffer is one of the class in front.
    return crossInto(state, context, window, { state, effects: [{ kind: 'client', action }] });
  },
};
