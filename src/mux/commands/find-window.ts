import { sessionOf } from '../state/query.ts';
import { selectWindow } from '../state/windows.ts';
import { type Command, done, refuse } from './command.ts';

export const findWindow: Command = {
  name: 'find-window',
  alias: 'findw',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'CNTZi', words: ['text'] },
  help: 'Goes to the window whose name holds a text, or one of whose programs does; where there are several it lists them. What panes show is not searched here: search does, and recordings. -i takes large and small letters alike; -C, -N, -T and -Z make no difference.',
  examples: ['find-window logs', 'find-window -i VIM'],
  run({ state, args }) {
    const fold = (text: string): string => (args.has('i') ? text.toLowerCase() : text);
    const text = fold(args.words[0] ?? '');
    const { windows } = sessionOf(state);
    const found = windows.filter(({ name, panes }) => [name, ...panes.map(({ program }) => program)].some((each) => fold(each).includes(text)));
    const [only] = found;
    if (!only) return refuse(state, `No window here has "${text}" in its name or its programs.`);
    if (found.length === 1) return done(selectWindow(state, only.id));
    return done(state, [], `Several windows have "${text}": ${found.map(({ index, name }) => `${index} ${name}`).join(', ')}.`);
  },
};
