import { defaultOptions, findOption, flatOptions, setOption as set, withOptions } from '../options.ts';
import type { State } from '../state/model.ts';
import { endsLine, normalizeKey } from '../keys/names.ts';
import { type Arguments, type Call, type Command, type CommandOutcome, client, done, refuse } from './command.ts';

/** Flags of tmux's, for the two commands that set an option. */
export const setFlags = 'FUagopqsuw';

/** A prefix that a file sets is a key that its keys may send (send-prefix): why it may not be this one. */
export function prefixOfFile({ words: [name = '', text = ''] }: Pick<Arguments, 'words'>): string | undefined {
  const row = findOption(name);
  const key = normalizeKey(text);
  if (!row.ok || row.value.type !== 'key' || key === undefined || !endsLine(key)) return undefined;
  return `A file does not make ${key} the ${row.value.name}: sent to a shell it could run a line. Give set-option at the prompt, if you want it.`;
}

export function setOne({ state, args, context }: Call): CommandOutcome {
  const [name = '', text] = args.words;
  const { options } = state.client;
  const ofFile = context.file ? prefixOfFile(args) : undefined;
  if (ofFile !== undefined) return refuse(state, ofFile);
  if (SYNCHRONIZE.startsWith(name) && name.length > 3) return synchronize(state, args, text);
  const row = findOption(name);
  if (!row.ok) return args.has('q') ? done(state) : refuse(state, row.sentence);
  const put = (next: typeof options): CommandOutcome => done({ ...state, client: { ...state.client, options: next } });
  const before = flatOptions(options)[row.value.name as keyof ReturnType<typeof flatOptions>];
  if (args.has('u') || args.has('U')) return put(withOptions(options, { [row.value.name]: row.value.default }));
  if (args.has('a')) return refuse(state, `${row.value.name} is one value: there is nothing to append to.`);
  const standard = flatOptions(defaultOptions)[row.value.name as keyof ReturnType<typeof flatOptions>];
  if (args.has('o') && before !== standard) return args.has('q') ? done(state) : refuse(state, `${row.value.name} is set already.`);
  if (text === undefined && row.value.type !== 'flag') return refuse(state, `${row.value.name} needs a value.`);
  const changed = set(options, row.value.name, text ?? (before === true ? 'off' : 'on'));
  return changed.ok ? put(changed.value) : refuse(state, changed.sentence);
}

/** tmux's option of a window. Here it is no value that stands somewhere: each time somebody looks at the list of panes first, and the lock ends it. */
const SYNCHRONIZE = 'synchronize-panes';

function synchronize(state: State, args: Arguments, text: string | undefined): CommandOutcome {
  if (args.has('u') || args.has('U')) return client(state, { action: 'synchronize', on: false });
  if (text === undefined) return client(state, { action: 'synchronize' });
  if (!/^(?:on|off|yes|no|1|0)$/i.test(text)) return refuse(state, `${SYNCHRONIZE} must be on or off, not "${text}".`);
  return client(state, { action: 'synchronize', on: /^(?:on|yes|1)$/i.test(text) });
}

export const setOption: Command = {
  name: 'set-option',
  alias: 'set',
  needs: 'session.use',
  target: 'none',
  args: { flags: setFlags, values: { t: 'target' }, words: ['option', '[value]'] },
  help: 'Sets an option until Wardmux ends. -u brings its default back, -o leaves one that is set, -q says nothing of one that is not here; an option that is on or off changes without a value. -g, -s, -w, -p and -t are accepted and make no difference: there is one value for all. synchronize-panes asks first, with a list of the panes of this window, and ends at the lock.',
  examples: ['set-option repeat-time 800', 'set-option -g prefix C-a', 'set-option mouse off', 'set-option -u mouse', 'set-option synchronize-panes on'],
  run: setOne,
};
