import { filterPaste } from '../paste.ts';
import { sessionOf } from '../state/query.ts';
import { type Command, refuse } from './command.ts';
import { crossInto } from './crossing.ts';

/** What can be typed in a target, and is not taken for a flag. */
const NAME = /^[A-Za-z0-9_.][\w.-]{0,39}$/;

export const setBuffer: Command = {
  name: 'set-buffer',
  alias: 'setb',
  needs: 'session.use',
  content: () => true,
  target: 'none',
  args: { flags: 'a', values: { b: 'buffer-name', n: 'new-buffer-name' }, words: ['[data]'] },
  help: 'Puts text into a new buffer of this class, or into the one that -b names; -a behind what it has. -n gives a buffer another name: one with a name of yours is pasted by that name alone, and stays until it is deleted.',
  examples: ["set-buffer 'df -h'", "set-buffer -b disk 'df -h'", 'set-buffer -b buffer0 -n disk'],
  run({ state, args, context }) {
    const [buffer, name] = [args.value('b'), args.value('n')];
    const [data] = args.words;
    for (const given of [buffer, name]) if (given !== undefined && !NAME.test(given)) return refuse(state, NO_NAME);
    if ((name === undefined) === (data === undefined)) return refuse(state, 'set-buffer takes either text, or -n with a new name.');
    const of = buffer === undefined ? {} : { buffer };
    if (name !== undefined) return { state, effects: [{ kind: 'client', action: { action: 'buffer', deed: 'rename', text: name, ...of } }] };
    const text = filterPaste(data!).text;
    if (!text) return refuse(state, 'There is no text in it.');
    const deed = args.has('a') ? 'append' : 'set';
    return crossInto(state, context, sessionOf(state), { state, effects: [{ kind: 'client', action: { action: 'buffer', deed, text, ...of } }] });
  },
};

const NO_NAME = 'A name of a buffer has letters, digits, dots, hyphens and underscores, 40 at most.';
